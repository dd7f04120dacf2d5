/**
 * Throughput, API calls and memory of promotions by the built bundle, between two registries of the
 * emulator on this machine: the first, the second (all is there), and a tag inside one repository;
 * then layers of other sizes, of which none may need more memory. Wall time is that of the whole
 * step with the start of node and of its sessions, memory the most that its process ever had.
 *
 * Usage: tsx scripts/bench/promote.ts [layers×megabytes of each]...
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { counted } from '../../actions/shared/counted.js';
import { runPush } from '../../test/support/ecr-push.js';
import {
  createRepository,
  ecrOf,
  pushableImage,
  registryClient,
} from '../../test/support/ecr-registry.js';
import { startTestEmulator, type TestEmulator } from '../../test/support/emulator.js';
import { costOf, tellCalls } from './step-cost.js';

/** An image's layers, all of one size. */
interface Layers {
  readonly count: number;
  readonly megabytes: number;
}

const [first = '6x25', ...others] =
  process.argv.length > 2 ? process.argv.slice(2) : ['6x25', '1x512'];
const repository = 'shop/service-a';

async function main(): Promise<void> {
  const emulator = await startTestEmulator();
  try {
    const layers = layersOf(first);
    const source = await prepare(emulator, layers);
    const base = await measure(
      emulator,
      `first, ${told(layers)}`,
      { source, tags: 'v1' },
      'promoted',
      layers,
    );
    await measure(emulator, 'second, all is there', { source, tags: 'v1' }, 'kept');
    const retag = { source: `${repository}:v1`, tags: 'v2' };
    await measure(emulator, 'a tag inside one repository', retag, 'promoted');
    for (const other of others.map(layersOf)) {
      const most = await measureOther(emulator, other);
      if (most > base * 1.5)
        throw new Error(`${told(other)} need more memory: layers are held whole`);
    }
  } finally {
    await emulator.stop();
  }
}

/** `6x25` is six layers of 25 MB. */
function layersOf(text: string): Layers {
  const [count = NaN, megabytes = NaN] = text.split(/[x×]/).map(Number);
  return { count, megabytes };
}

function told({ count, megabytes }: Layers): string {
  return `${counted(count, 'layer')} of ${megabytes} MB`;
}

/** The emulator keeps layers in memory: what was measured before goes first. */
async function measureOther(emulator: TestEmulator, layers: Layers): Promise<number> {
  await emulator.reset();
  const source = await prepare(emulator, layers);
  return measure(emulator, told(layers), { source, tags: 'v1' }, 'promoted', layers);
}

/** Pushes an image of layers that do not compress to another region, and makes where it goes to; returns the source. */
async function prepare(emulator: TestEmulator, { count, megabytes }: Layers): Promise<string> {
  const ecr = ecrOf(emulator, { region: 'us-east-1' });
  const uri = await createRepository(ecr, repository);
  const registry = await registryClient(ecr, uri.slice(0, uri.indexOf('/')));
  const layer = (): Buffer => randomBytes(megabytes * 1e6);
  const more = Array.from({ length: count - 1 }, layer);
  const image = pushableImage([], { layers: [layer(), ...more] });
  const pushed = await registry.push(repository, 'v1', image);
  if (!pushed.ok) throw new Error(`the image was not taken: ${pushed.status}`);
  await createRepository(ecrOf(emulator), repository);
  return `123456789012.dkr.ecr.us-east-1.amazonaws.com/${repository}@${image.digest}`;
}

/** Returns the most memory of the step, in MiB. */
async function measure(
  emulator: TestEmulator,
  title: string,
  inputs: Readonly<Record<string, string>>,
  outcome: string,
  layers?: Layers,
): Promise<number> {
  const workspace = await mkdtemp(join(await realpath(emulator.directory), 'workspace-'));
  const memory = join(workspace, 'memory.txt');
  const cost = await costOf(emulator, outcome, async () => {
    const given = { command: 'promote', repository, ...inputs };
    return (await runPush(emulator, { workspace, inputs: given, env: recordingMemory(memory) }))
      .step;
  });
  const { seconds, totalCalls, log } = cost;
  const megabytes =
    layers !== undefined && log.includes(': sent, ') ? layers.count * layers.megabytes : 0;
  const rate =
    megabytes === 0 ? '' : `, ${megabytes} MB at ${(megabytes / seconds).toFixed(0)} MB/s`;
  const most = (await mostMemoryKilobytes(memory)) / 1024;
  console.log(
    `${title}: ${seconds.toFixed(1)} s on the wall${rate}, ${most.toFixed(0)} MiB of memory, ${totalCalls} calls`,
  );
  tellCalls(cost);
  return most;
}

/**
 * Has each node process of the step write its most memory, and which one it was, to a file. Linux
 * counts it for each program (proc(5), `VmHWM`); `ru_maxrss` begins with that of who started it.
 */
function recordingMemory(file: string): Readonly<Record<string, string>> {
  const preload = `import { appendFileSync, readFileSync } from 'node:fs';
    process.on('exit', () => {
      const [, most] = /^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
      appendFileSync(${JSON.stringify(file)}, process.argv[1] + ' ' + most + '\\n');
    });`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
}

/** Of the main step's process. */
async function mostMemoryKilobytes(file: string): Promise<number> {
  const main = /main\/index\.js (\d+)$/m.exec(await readFile(file, 'utf8'))?.[1];
  if (main === undefined) throw new Error('the step recorded no memory');
  return Number(main);
}

await main();
