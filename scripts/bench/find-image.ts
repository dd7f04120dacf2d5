/**
 * Time of a step that builds the example service and pushes it, and of one that finds the image of
 * the same content (`skip-if-exists`), with buildah against the emulator. The example is one static
 * program: the least that a build can take. Takes turns, each time with another content.
 *
 * Usage: tsx scripts/bench/find-image.ts [rounds]
 */
import { mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { containersRequirement, containersStore } from '../../test/support/containers-store.js';
import { committedService, makeRepository, runPush } from '../../test/support/ecr-push.js';
import { startTestEmulator, type TestEmulator } from '../../test/support/emulator.js';
import { costOf, type StepCost } from './step-cost.js';

const [rounds = 3] = process.argv.slice(2).map(Number);
const repository = 'shop/service-a';

async function main(): Promise<void> {
  const requirement = await containersRequirement('buildah');
  if (!requirement.met) {
    console.log(`left out: it needs ${requirement.reason}`);
    return;
  }
  const emulator = await startTestEmulator();
  try {
    await makeRepository(emulator, repository);
    const built: StepCost[] = [];
    const found: StepCost[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const directory = await mkdtemp(join(await realpath(emulator.directory), 'round-'));
      const env = { HOME: directory, ...(await containersStore(directory)) };
      const files = { round: String(round) };
      const workspace = await committedService(directory, { files });
      built.push(await measure(emulator, workspace, env, `a${round}`, 'pushed'));
      found.push(await measure(emulator, workspace, env, `b${round}`, 'found'));
    }
    tell('built and pushed', built);
    tell('found by its content', found);
  } finally {
    await emulator.stop();
  }
}

function measure(
  emulator: TestEmulator,
  workspace: string,
  env: Readonly<Record<string, string>>,
  tags: string,
  outcome: string,
): Promise<StepCost> {
  const inputs = { repository, tags, engine: 'buildah', 'skip-if-exists': 'true' };
  return costOf(
    emulator,
    outcome,
    async () => (await runPush(emulator, { workspace, env, inputs })).step,
  );
}

function tell(title: string, costs: readonly StepCost[]): void {
  const seconds = costs.map((cost) => cost.seconds).toSorted((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)] ?? NaN;
  const calls = costs[0]?.totalCalls ?? 0;
  console.log(`${title}: ${median.toFixed(1)} s (median of ${costs.length}), ${calls} calls`);
}

await main();
