/**
 * What a reviewable plan costs, of 8 and of 30 stacks with the AWS provider (three SSM parameters
 * each, in a chain of 1, 2, 5 and more): the whole bundle with discovery, plans, JSON where it is
 * needed, outputs and summary, against the floor: plain `init`, `plan` and `show -json` of each
 * stack, as many at once, in no order. Cold: no `.terraform` and no plugin cache at the start.
 * Runs in the emulator; needs a built bundle.
 *
 * Usage: plan.ts [--stacks 8,30] [--rounds 1] [--parallelism 2]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import PQueue from 'p-queue';
import { startEmulator } from '../../emulator/index.js';
import { terraformEnvironment } from '../terraform-environment.js';
import { writePlanStacks } from './plan-stacks.js';

const bundle = path.join(import.meta.dirname, '../../actions/terraform-layer/dist/main/index.js');

interface Cost {
  readonly wallSeconds: number;
  /** The largest single process: the bundle itself, Terraform, or a provider. */
  readonly peakMegabytes: number;
  /** The bundle's own process; undefined for the floor. */
  readonly ownMegabytes: number | undefined;
}

interface Bench {
  readonly root: string;
  readonly directories: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly parallelism: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stacks: { type: 'string', default: '8,30' },
      rounds: { type: 'string', default: '1' },
      parallelism: { type: 'string', default: '2' },
    },
  });
  const directory = await mkdtemp(path.join(tmpdir(), 'bench-plan-'));
  const emulator = await startEmulator({ directory: path.join(directory, 'emulator') });
  try {
    const { TF_CLI_CONFIG_FILE: config } = await terraformEnvironment();
    for (const count of values.stacks.split(',').map(Number)) {
      const root = path.join(directory, `stacks-${count}`);
      const bench: Bench = {
        root,
        directories: await writePlanStacks(root, count),
        environment: {
          ...ownEnvironment(),
          ...emulator.terraformEnvironment(),
          ...(config === undefined ? {} : { TF_CLI_CONFIG_FILE: config }),
          CHECKPOINT_DISABLE: '1',
        },
        parallelism: Number(values.parallelism),
      };
      // The stacks of each size have the same names.
      await emulator.reset();
      await applyAll(bench);
      for (const changed of [false, true]) {
        const title = `${count} stacks, ${changed ? 'all' : 'nothing'} changed`;
        console.log(await compare(bench, changed, Number(values.rounds), title));
      }
    }
  } finally {
    await emulator.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Both take turns, so that they meet the same machine. */
async function compare(
  bench: Bench,
  changed: boolean,
  rounds: number,
  title: string,
): Promise<string> {
  const environment = { ...bench.environment, TF_VAR_value: changed ? 'new' : 'old' };
  const subject = { ...bench, environment };
  const ours: Cost[] = [];
  const floor: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await clean(bench);
    floor.push(await plainPlans(subject));
    await clean(bench);
    ours.push(await reviewablePlan(subject, changed ? bench.directories.length : 0));
  }
  const [mine, plain] = [median(ours), median(floor)];
  const target = changed ? 0.85 : 0.55;
  return [
    `${title}: ${seconds(mine.wallSeconds)}`,
    `plain ${seconds(plain.wallSeconds)}`,
    `ratio ${(mine.wallSeconds / plain.wallSeconds).toFixed(2)} (target ${target})`,
    `peak of one process ${mine.peakMegabytes} MB (plain ${plain.peakMegabytes} MB)`,
    `the bundle itself ${mine.ownMegabytes ?? 0} MB`,
  ].join(', ');
}

/** The action as a step of a job would run it. */
async function reviewablePlan(bench: Bench, changing: number): Promise<Cost> {
  const temporary = await mkdtemp(path.join(bench.root, '..', 'runner-'));
  const files = Object.fromEntries(
    ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'].map((name) => [
      name,
      path.join(temporary, name),
    ]),
  );
  for (const file of Object.values(files)) await writeFile(file, '');
  const began = performance.now();
  const ended = await run(process.execPath, [bundle], bench.root, {
    ...bench.environment,
    ...files,
    GITHUB_WORKSPACE: bench.root,
    RUNNER_TEMP: temporary,
    INPUT_COMMAND: 'plan',
    INPUT_PARALLELISM: String(bench.parallelism),
  });
  const wallSeconds = (performance.now() - began) / 1000;
  if (ended.exitCode !== 0) throw new Error(`the plan failed:\n${ended.stdout}`);
  const outputs = await readFile(files['GITHUB_OUTPUT'] ?? '', 'utf8');
  const seen = outputs.split('"status":"changes"').length - 1;
  if (seen !== changing) throw new Error(`${seen} stacks change, not ${changing}:\n${outputs}`);
  await rm(temporary, { recursive: true, force: true });
  return { wallSeconds, peakMegabytes: ended.peakMegabytes, ownMegabytes: ended.ownMegabytes };
}

/** What a script without any thought of order would do. */
async function plainPlans(bench: Bench): Promise<Cost> {
  const queue = new PQueue({ concurrency: bench.parallelism });
  let peakMegabytes = 0;
  const began = performance.now();
  await Promise.all(
    bench.directories.map((directory) =>
      queue.add(async () => {
        for (const args of [
          ['init', '-input=false'],
          ['plan', '-input=false', '-out=plan.tfplan'],
          ['show', '-json', 'plan.tfplan'],
        ]) {
          const ended = await run('terraform', args, directory, bench.environment);
          if (ended.exitCode !== 0) throw new Error(`${args[0]} failed:\n${ended.stdout}`);
          peakMegabytes = Math.max(peakMegabytes, ended.peakMegabytes);
        }
      }),
    ),
  );
  const wallSeconds = (performance.now() - began) / 1000;
  return { wallSeconds, peakMegabytes, ownMegabytes: undefined };
}

async function applyAll({ directories, environment }: Bench): Promise<void> {
  for (const directory of directories) {
    for (const args of [
      ['init', '-input=false'],
      ['apply', '-input=false', '-auto-approve'],
    ]) {
      const ended = await run('terraform', args, directory, {
        ...environment,
        TF_VAR_value: 'old',
      });
      if (ended.exitCode !== 0) throw new Error(`${args[0]} failed:\n${ended.stdout}`);
    }
  }
}

async function clean({ directories }: Bench): Promise<void> {
  for (const directory of directories) {
    await rm(path.join(directory, '.terraform'), { recursive: true, force: true });
    await rm(path.join(directory, '.terraform.lock.hcl'), { force: true });
    await rm(path.join(directory, 'plan.tfplan'), { force: true });
  }
}

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly peakMegabytes: number;
  readonly ownMegabytes: number;
}

/** Runs a program, and looks at the memory of it and of what it starts, 20 times a second. */
async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = spawn(command, [...args], {
    cwd,
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const peaks = { all: 0, own: 0 };
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    for (const id of await processTree(child.pid ?? 0)) {
      const megabytes = await peakOf(id);
      peaks.all = Math.max(peaks.all, megabytes);
      if (id === child.pid) peaks.own = Math.max(peaks.own, megabytes);
    }
  };
  const timer = setInterval(() => {
    looking ??= look().finally(() => (looking = undefined));
  }, 50);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(timer);
  await looking;
  return {
    exitCode,
    stdout: Buffer.concat(chunks).toString('utf8'),
    peakMegabytes: peaks.all,
    ownMegabytes: peaks.own,
  };
}

/** A process and all below it (proc(5), `task/*` and `children`); empty where there is no /proc. */
async function processTree(id: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${id}/task/${id}/children`, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const children = text.split(' ').filter((part) => part !== '');
  const below = await Promise.all(children.map((child) => processTree(Number(child))));
  return [id, ...below.flat()];
}

/** Most memory that a process has had so far (proc(5), `VmHWM`). */
async function peakOf(id: number): Promise<number> {
  const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
}

function ownEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || /^(AWS_|TF_(?!CLI_CONFIG_FILE)|INPUT_|GITHUB_)/.test(name)
      ? []
      : [[name, value] as const],
  );
  return Object.fromEntries(kept);
}

function median(costs: readonly Cost[]): Cost {
  const sorted = costs.toSorted((left, right) => left.wallSeconds - right.wallSeconds);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('no rounds');
  return middle;
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

await main();
