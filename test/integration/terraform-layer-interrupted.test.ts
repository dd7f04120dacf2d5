/**
 * Applies of ten stacks that are stopped at random moments. `CHAOS_ROUNDS` says how often each way
 * is tried (3, so that each interruption comes once), `CHAOS_SEED` repeats a run; the seed stands in
 * each test's title.
 */
import { writeFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { sdkConfig, startTestEmulator, type TestEmulator } from '../support/emulator.js';
import {
  createStateBucket,
  killBelow,
  mainProcess,
  place,
  readState,
  rootModule,
  runLayer,
  sidecarKeys,
  stateKeys,
  terraformProcess,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const rounds = Number(process.env['CHAOS_ROUNDS'] ?? 3);
const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 100_000);

let emulator: TestEmulator;
let workspace: string;
/** Where each terraform_data leaves a mark in the world: `<stack>.<resource>`. */
let marks: string;
/** How long an apply takes that nobody stops. */
let milliseconds: number;

beforeAll(async () => {
  emulator = await startTestEmulator();
  marks = path.join(emulator.directory, 'marks');
  await clean();
  workspace = await writeRepository(emulator, tenStacks());
  const began = performance.now();
  const whole = await apply();
  milliseconds = performance.now() - began;
  expect(new Set(Object.values(whole.statuses))).toEqual(new Set(['applied']));
});
afterAll(() => emulator.stop());

async function clean(): Promise<void> {
  await emulator.reset();
  await createStateBucket(emulator);
  await rm(marks, { recursive: true, force: true });
  await mkdir(marks);
}

/** Two that others read, two with AWS resources, and six of Terraform's own. */
function tenStacks(): Record<string, string> {
  const names = ['01-a', '01-b', '02-c', '02-d', '02-e', '02-f', '03-g', '03-h', '03-i', '03-j'];
  return Object.fromEntries(
    names.map((layer) => {
      const name = layer.slice(3);
      const reads = layer.startsWith('01') ? [] : [layer.startsWith('02') ? 'a' : 'b'];
      const body = name === 'c' || name === 'h' ? parameters(name) : marked(name);
      return [place(layer, 'dev'), rootModule('dev', name, reads, body)];
    }),
  );
}

function marked(name: string): string {
  const resource = (index: number): string => `resource "terraform_data" "r${index}" {
  ${index === 0 ? '' : `depends_on = [terraform_data.r${index - 1}]`}
  provisioner "local-exec" {
    command = "echo > ${marks}/${name}.r${index}; sleep 0.2"
  }
}`;
  return [0, 1, 2].map(resource).join('\n');
}

function parameters(name: string): string {
  return `resource "aws_ssm_parameter" "this" {
  count = 3
  name  = "/${name}/$\{count.index}"
  type  = "String"
  value = "x"
}`;
}

function apply(rest: Partial<Parameters<typeof runLayer>[1]> = {}): Promise<LayerStep> {
  const inputs = { command: 'apply', environment: 'dev', parallelism: '2' };
  return runLayer(emulator, { workspace, inputs, ...rest });
}

interface State {
  readonly resources: readonly {
    readonly name: string;
    readonly type: string;
    readonly instances: readonly { readonly attributes: { readonly id: string } }[];
  }[];
}

/** Every state, by stack; reading one that is damaged throws. */
async function states(): Promise<ReadonlyMap<string, State>> {
  const keys = (await stateKeys(emulator)).filter((key) => key.endsWith('.tfstate'));
  const found = await Promise.all(
    keys.map(
      async (key) => [path.basename(key, '.tfstate'), await readState(emulator, key)] as const,
    ),
  );
  return new Map(found as (readonly [string, State])[]);
}

/** Ids of the parameters that the states have. */
async function knownParameters(): Promise<ReadonlySet<string>> {
  const resources = [...(await states()).values()].flatMap((state) => state.resources);
  return new Set(
    resources
      .filter(({ type }) => type === 'aws_ssm_parameter')
      .flatMap(({ instances }) => instances.map(({ attributes }) => attributes.id)),
  );
}

/** Names of the parameters that exist. */
async function existingParameters(): Promise<readonly string[]> {
  const ssm = new SSMClient(sdkConfig(emulator));
  const { Parameters: found = [] } = await ssm.send(new DescribeParametersCommand({}));
  return found.map(({ Name: name = '' }) => name);
}

async function locksLeft(): Promise<readonly string[]> {
  return (await stateKeys(emulator)).filter((key) => key.endsWith('.tflock'));
}

async function journalsLeft(): Promise<readonly string[]> {
  return (await sidecarKeys(emulator)).filter((key) => key.endsWith('/journal'));
}

async function expectEmptyPlan(): Promise<void> {
  const plan = await runLayer(emulator, { workspace, inputs: { command: 'plan', layers: 'all' } });
  expect(new Set(Object.values(plan.statuses))).toEqual(new Set(['unchanged']));
  expect(await journalsLeft()).toEqual([]);
}

/** A share of the time that an apply takes, the same for the same seed and round. */
function chance(round: number, salt: number): number {
  let mixed = (seed * 2_654_435_761 + round * 40_503 + salt * 97) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0;
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

const everyRound = Array.from({ length: rounds }, (_, round) => round);

/** `cancel` is a cancelled job: SIGINT, then SIGTERM, and each alone is one signal and no more. */
const interruptions = ['SIGINT', 'SIGTERM', 'cancel'] as const;

/** Three rounds one after another try all of them; the seed says which comes first. */
const interrupted = everyRound.map((round) => ({
  round,
  how: interruptions[(seed + round) % interruptions.length] ?? 'cancel',
}));

const title = `interrupted by $how at a random moment (seed ${seed}, round $round)`;
it.each(interrupted)(title, async ({ round, how }) => {
  await clean();
  const controller = new AbortController();
  const timer = setTimeout(
    () => {
      if (how === 'cancel') controller.abort();
      else killBelow(workspace, mainProcess, how);
    },
    chance(round, 1) * milliseconds,
  );
  const { leftBehind } = await apply({ signal: controller.signal });
  clearTimeout(timer);
  expect(leftBehind).toEqual([]);
  expect(await locksLeft()).toEqual([]);
  const found = await states();
  for (const mark of await readdir(marks)) {
    const [stack = '', resource = ''] = mark.split('.');
    expect(found.get(stack)?.resources.map(({ name }) => name)).toContain(resource);
  }
  const known = await knownParameters();
  for (const name of await existingParameters()) expect(known).toContain(name);

  const again = await apply();
  expect(Object.values(again.statuses).filter((status) => status === 'failed')).toEqual([]);
  await expectEmptyPlan();
});

it.each(everyRound)(`killed at a random moment (seed ${seed}, round %i)`, async (round) => {
  await clean();
  const kill = async (): Promise<void> => {
    await delay(chance(round, 2) * milliseconds);
    const who = chance(round, 3);
    if (who < 0.67) killBelow(workspace, mainProcess);
    if (who >= 0.33) killBelow(workspace, terraformProcess);
  };
  const [{ leftBehind }] = await Promise.all([apply(), kill()]);
  expect(leftBehind).toEqual([]);
  expect(await locksLeft()).toEqual([]);
  await states();

  const known = await knownParameters();
  const lost = (await existingParameters()).filter((name) => !known.has(name));
  const again = await apply();
  const blocks = importBlocks(again.log);
  expect([...blocks.values()].flat().sort()).toEqual([...lost].sort());
  const files = [...blocks].map(([stack, ids]) => adopt(stack, ids));
  if (files.length > 0) await apply();
  for (const file of files) await rm(file);
  await expectEmptyPlan();
});

/** Ids of the orphans that a log names with their blocks, by stack. */
function importBlocks(log: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [, id = ''] of log.matchAll(/^ *import \{\n *to = .*\n *id = "(.*)"\n *\}/gm)) {
    const stack = id.split('/')[1] ?? '';
    const ids = found.get(stack) ?? [];
    if (!ids.includes(id)) ids.push(id);
    found.set(stack, ids);
  }
  return found;
}

/** Puts the blocks beside a stack's configuration; returns the file. */
function adopt(stack: string, ids: readonly string[]): string {
  const layer = stack === 'c' ? '02-c' : '03-h';
  const file = path.join(workspace, path.dirname(place(layer, 'dev')), 'imports.tf');
  const block = (id: string): string =>
    `import {\n  to = aws_ssm_parameter.this[${id.split('/')[2] ?? ''}]\n  id = "${id}"\n}\n`;
  writeFileSync(file, ids.map(block).join(''));
  return file;
}
