/**
 * Time of a step that builds the example service and pushes it, and of one that finds the image of
 * the same content (`skip-if-exists`), with buildah against the emulator. The example is one static
 * program: the least that a build can take. Takes turns, each time with another content.
 *
 * Usage: tsx scripts/bench/find-image.ts [rounds]
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containersRequirement, containersStore } from '../../test/support/containers-store.js';
import { makeRepository, runPush, serviceWorkspace } from '../../test/support/ecr-push.js';
import { startTestEmulator, type TestEmulator } from '../../test/support/emulator.js';

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
    const built: Cost[] = [];
    const found: Cost[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const directory = await mkdtemp(join(await realpath(emulator.directory), 'round-'));
      const env = { HOME: directory, ...(await containersStore(directory)) };
      const workspace = await committed(directory, round);
      built.push(await measure(emulator, workspace, env, `a${round}`, 'pushed'));
      found.push(await measure(emulator, workspace, env, `b${round}`, 'found'));
    }
    tell('built and pushed', built);
    tell('found by its content', found);
  } finally {
    await emulator.stop();
  }
}

async function committed(directory: string, round: number): Promise<string> {
  const workspace = await serviceWorkspace(directory);
  await writeFile(join(workspace, '.dockerignore'), '.git\n');
  await writeFile(join(workspace, 'round'), String(round));
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  for (const args of [
    ['add', '--all'],
    [...identity, 'commit', '--quiet', '--message', 'Round'],
  ]) {
    execFileSync('git', args, { cwd: workspace });
  }
  return workspace;
}

interface Cost {
  readonly seconds: number;
  readonly calls: number;
}

async function measure(
  emulator: TestEmulator,
  workspace: string,
  env: Readonly<Record<string, string>>,
  tags: string,
  outcome: string,
): Promise<Cost> {
  await emulator.control('DELETE', 'calls');
  const startedMs = performance.now();
  const { step, log } = await runPush(emulator, {
    workspace,
    env,
    inputs: { repository, tags, engine: 'buildah', 'skip-if-exists': 'true' },
  });
  const seconds = (performance.now() - startedMs) / 1000;
  if (step.outputs['outcome'] !== outcome) {
    throw new Error(`the push was to end as ${outcome}:\n${log}`);
  }
  const calls = Object.values(await emulator.calls()).reduce((sum, count) => sum + count, 0);
  return { seconds, calls };
}

function tell(title: string, costs: readonly Cost[]): void {
  const seconds = costs.map((cost) => cost.seconds).toSorted((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)] ?? NaN;
  const calls = costs[0]?.calls ?? 0;
  console.log(`${title}: ${median.toFixed(1)} s (median of ${costs.length}), ${calls} calls`);
}

await main();
