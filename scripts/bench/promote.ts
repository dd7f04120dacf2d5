/**
 * Throughput and API calls of promotions by the built bundle, between two registries of the
 * emulator on this machine: the first, the second (all is there), and a tag inside one repository.
 * Wall time is that of the whole step with the start of node and of its sessions.
 *
 * Usage: tsx scripts/bench/promote.ts [layers] [megabytes of each]
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { runPush } from '../../test/support/ecr-push.js';
import {
  createRepository,
  ecrOf,
  pushableImage,
  registryClient,
} from '../../test/support/ecr-registry.js';
import { startTestEmulator, type TestEmulator } from '../../test/support/emulator.js';
import { costOf, tellCalls } from './step-cost.js';

const [layerCount = 6, layerMegabytes = 25] = process.argv.slice(2).map(Number);
const repository = 'shop/service-a';

async function main(): Promise<void> {
  const emulator = await startTestEmulator();
  try {
    const digest = await pushSource(emulator);
    await createRepository(ecrOf(emulator), repository);
    const source = `123456789012.dkr.ecr.us-east-1.amazonaws.com/${repository}@${digest}`;
    await measure(emulator, 'first', { source, tags: 'v1' }, 'promoted');
    await measure(emulator, 'second, all is there', { source, tags: 'v1' }, 'kept');
    const retag = { source: `${repository}:v1`, tags: 'v2' };
    await measure(emulator, 'a tag inside one repository', retag, 'promoted');
  } finally {
    await emulator.stop();
  }
}

/** Pushes an image of layers that do not compress to another region; returns its digest. */
async function pushSource(emulator: TestEmulator): Promise<string> {
  const ecr = ecrOf(emulator, { region: 'us-east-1' });
  const uri = await createRepository(ecr, repository);
  const registry = await registryClient(ecr, uri.slice(0, uri.indexOf('/')));
  const layer = (): Buffer => randomBytes(layerMegabytes * 1e6);
  const more = Array.from({ length: layerCount - 1 }, layer);
  const image = pushableImage([], { layers: [layer(), ...more] });
  const pushed = await registry.push(repository, 'v1', image);
  if (!pushed.ok) throw new Error(`the image was not taken: ${pushed.status}`);
  return image.digest;
}

async function measure(
  emulator: TestEmulator,
  title: string,
  inputs: Readonly<Record<string, string>>,
  outcome: string,
): Promise<void> {
  const workspace = await mkdtemp(join(await realpath(emulator.directory), 'workspace-'));
  const cost = await costOf(emulator, outcome, async () => {
    const given = { command: 'promote', repository, ...inputs };
    return (await runPush(emulator, { workspace, inputs: given })).step;
  });
  const { seconds, totalCalls, log } = cost;
  const megabytes = log.includes(': sent, ') ? layerCount * layerMegabytes : 0;
  const rate =
    megabytes === 0 ? '' : `, ${megabytes} MB at ${(megabytes / seconds).toFixed(0)} MB/s`;
  console.log(`${title}: ${seconds.toFixed(1)} s on the wall${rate}, ${totalCalls} calls`);
  tellCalls(cost);
}

await main();
