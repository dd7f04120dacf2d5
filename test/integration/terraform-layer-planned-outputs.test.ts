import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EvaluatedMap } from '../../actions/terraform-layer/hcl/value.js';
import { stateIdentity } from '../../actions/terraform-layer/stacks/state-identity.js';
import { keyExpression } from '../../actions/terraform-layer/terraform/state-override.js';
import { layerRuns } from '../support/layer-runs.js';
import {
  place,
  readState,
  rootModule,
  stateBucket,
  stateKeys,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const layers = layerRuns();

/** A repository that is committed, so that what a run leaves in it is seen. */
async function repository(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await writeRepository(layers.emulator, {
    ...files,
    '.gitignore': '.terraform/\n.terraform.lock.hcl\n',
  });
  git(root, 'init', '--quiet');
  git(root, 'add', '--all');
  git(root, '-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--quiet', '-m', 'x');
  return root;
}

function git(root: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });
}

async function run(
  workspace: string,
  command: string,
  inputs: Readonly<Record<string, string>> = {},
): Promise<LayerStep> {
  const environment = command === 'apply' ? { environment: 'dev' } : {};
  const before = git(workspace, 'status', '--porcelain', '--ignored=no');
  const step = await layers.run(workspace, command, { ...environment, ...inputs });
  expect(git(workspace, 'status', '--porcelain', '--ignored=no')).toBe(before);
  expect(step.leftBehind).toEqual([]);
  expect((await stateKeys(layers.emulator)).filter((key) => key.endsWith('.tflock'))).toEqual([]);
  return step;
}

const data = (name: string, output: string): string =>
  `data.terraform_remote_state.${name}.outputs.${output}`;

/** One resource that holds a value, and an output with it. */
function holds(value: string, output = 'value'): string {
  return `resource "terraform_data" "it" {
  input = ${value}
}
output "${output}" {
  value = terraform_data.it.input
}`;
}

const first = place('01-first', 'dev');
const second = place('02-second', 'dev');
const third = place('03-third', 'dev');
const chain = {
  [first]: rootModule('dev', 'first', [], holds('"one"')),
  [second]: rootModule('dev', 'second', ['first'], holds(`"\${${data('first', 'value')}}, two"`)),
  [third]: rootModule('dev', 'third', ['second'], holds(`"\${${data('second', 'value')}}, three"`)),
};

describe('a plan reckons with the outputs that its upstreams will have', () => {
  it('where none of them exists yet, through a whole chain', async () => {
    const { step, statuses } = await run(await repository(chain), 'plan');
    expect(step.conclusion).toBe('success');
    expect(new Set(Object.values(statuses))).toEqual(new Set(['changes']));
    expect(step.summary).toContain('one, two, three');
    expect(await stateKeys(layers.emulator)).toEqual([]);
  });

  it('where an output changes, and only on the stacks that the change reaches', async () => {
    const root = await repository({
      ...chain,
      [place('04-other', 'dev')]: rootModule('dev', 'other', ['first'], holds('"mine"')),
    });
    expect((await run(root, 'apply')).step.conclusion).toBe('success');
    await writeFile(
      path.join(root, first),
      rootModule('dev', 'first', [], holds('"uno"') + '\noutput "more" {\n  value = 1\n}'),
    );
    const { step, statuses, log } = await run(root, 'plan');
    expect(statuses).toEqual({
      '01-first/dev': 'changes',
      '02-second/dev': 'changes',
      '03-third/dev': 'changes',
      '04-other/dev': 'unchanged',
    });
    expect(step.summary).toContain('uno, two, three');
    expect(log.match(/planning against the planned outputs/g)).toHaveLength(2);
    expect(await readState(layers.emulator, 'dev/third.tfstate')).toMatchObject({
      outputs: { value: { value: 'one, two, three' } },
    });
  });

  it('where a reader uses an output that its upstream only adds now', async () => {
    const root = await repository(chain);
    await run(root, 'apply');
    await writeFile(
      path.join(root, first),
      rootModule('dev', 'first', [], holds('"one"') + '\noutput "added" {\n  value = "new"\n}'),
    );
    await writeFile(
      path.join(root, second),
      rootModule('dev', 'second', ['first'], holds(data('first', 'added'))),
    );
    const { step, statuses } = await run(root, 'plan');
    expect(step.conclusion).toBe('success');
    expect(statuses['02-second/dev']).toBe('changes');
    expect(step.summary).toContain('new, three');
  });

  it('where they are known only after apply: they are unknown, and no stand-in is shown', async () => {
    const random = `resource "terraform_data" "it" {
  input            = "x"
  triggers_replace = "CHANGES"
}
output "value" {
  value = terraform_data.it.id
}`;
    const root = await repository({
      ...chain,
      [first]: rootModule('dev', 'first', [], random),
    });
    await run(root, 'apply');
    await writeFile(
      path.join(root, first),
      rootModule('dev', 'first', [], random.replace('CHANGES', 'again')),
    );
    const { step, statuses, log } = await run(root, 'plan');
    expect(new Set(Object.values(statuses))).toEqual(new Set(['changes']));
    expect(step.summary).toContain('known after apply');
    expect(step.summary + log).not.toContain('infra_actions_planned_outputs');
    const stacks = JSON.parse(step.outputs['stacks'] ?? '') as { readonly add: number }[];
    expect(stacks[1]).toMatchObject({ add: 0 });
  });

  it('by a reader module that several upstreams share, in directories with spaces', async () => {
    const module = `variable "name" {
  type = string
}
data "terraform_remote_state" "this" {
  backend = "s3"
  config = {
    bucket = "${stateBucket}"
    # the layer's own key
    key    = "dev/\${var.name}.tfstate"
    region = "eu-west-1"
  }
  defaults = {
    fallback = "by default"
  }
}
output "all" {
  value = data.terraform_remote_state.this.outputs
}
output "file" {
  value = file("\${path.module}/text file.txt")
}`;
    const reader = `module "a" {
  source = "../../../../my modules/reader"
  name   = "a"
}
module "b" {
  source = "../../../../my modules/reader"
  name   = "b"
}
${holds('"${module.a.all.value}, ${module.b.all.value}, ${module.b.all.fallback}, ${module.a.file}"')}`;
    const [a, b, both] = [place('01 a', 'dev'), place('01 b', 'dev'), place('02 both', 'dev')];
    const root = await repository({
      [a]: rootModule('dev', 'a', [], holds('"a one"')),
      [b]: rootModule('dev', 'b', [], holds('"b one"')),
      [both]: rootModule('dev', 'both', [], reader),
      'my modules/reader/main.tf': module,
      'my modules/reader/text file.txt': 'text',
    });
    expect((await run(root, 'plan')).step.summary).toContain('a one, b one, by default, text');
    expect((await run(root, 'apply')).step.conclusion).toBe('success');
    await writeFile(path.join(root, b), rootModule('dev', 'b', [], holds('"b two"')));
    const { step, statuses } = await run(root, 'plan');
    expect(statuses).toEqual({
      '01 a/dev': 'unchanged',
      '01 b/dev': 'changes',
      '02 both/dev': 'changes',
    });
    expect(step.summary).toContain('a one, b two, by default, text');
  });

  it('and waits where a value itself is needed', async () => {
    const counted = `resource "terraform_data" "many" {
  count = length(${data('first', 'value')})
}`;
    const { step, statuses } = await run(
      await repository({
        [first]: rootModule(
          'dev',
          'first',
          [],
          'resource "terraform_data" "it" {}\noutput "value" {\n  value = terraform_data.it.id\n}',
        ),
        [second]: rootModule('dev', 'second', ['first'], counted),
      }),
      'plan',
    );
    expect(step.conclusion).toBe('success');
    expect(statuses['02-second/dev']).toBe('waiting');
  });

  it('keeps sensitive outputs out of sight', async () => {
    const secret = 'output "value" {\n  value     = "hunter2-of-the-plan"\n  sensitive = true\n}';
    const { step, log, statuses } = await run(
      await repository({
        [first]: rootModule('dev', 'first', [], secret),
        [second]: rootModule(
          'dev',
          'second',
          ['first'],
          `resource "terraform_data" "it" {\n  input = ${data('first', 'value')}\n}`,
        ),
      }),
      'plan',
    );
    expect(statuses['02-second/dev']).toBe('changes');
    expect(step.summary + log + JSON.stringify(step.outputs)).not.toContain('hunter2');
  });
});

describe('the identity of a state', () => {
  const cases: readonly (readonly [type: string, config: EvaluatedMap, workspace?: string])[] = [
    ['s3', { bucket: 'b', key: 'a/k.tfstate' }],
    ['s3', { bucket: 'b', key: 'k' }, 'dev'],
    ['s3', { bucket: 'b', key: 'k', workspace_key_prefix: 'w' }, 'dev'],
    ['s3', { bucket: 'b', key: 'k', workspace_key_prefix: null }, 'dev'],
    ['local', { path: '/states/x.tfstate' }],
    ['local', { workspace_dir: '/states/d' }, 'dev'],
    ['gcs', { bucket: 'b' }],
    ['gcs', { bucket: 'b', prefix: 'p/q' }, 'dev'],
    ['azurerm', { storage_account_name: 'a', container_name: 'c', key: 'k' }],
    ['azurerm', { container_name: 'c', key: 'k' }, 'dev'],
    ['remote', { organization: 'o', workspaces: { name: 'n' } }],
    ['remote', { hostname: 'h', organization: 'o', workspaces: { prefix: 'p-' } }, 'dev'],
    ['remote', { organization: 'o', workspaces: [{ name: 'n' }] }],
  ];

  it('is worked out by Terraform as by the graph', async () => {
    const root = await writeRepository(layers.emulator, {
      'main.tf': cases
        .map(([type, config, workspace], index) => {
          const selected = workspace === undefined ? undefined : JSON.stringify(workspace);
          const key = keyExpression(JSON.stringify(type), JSON.stringify(config), selected);
          return `output "o${index}" {\n  value = ${key}\n}\n`;
        })
        .join('\n'),
    });
    const terraform = (...args: readonly string[]): string =>
      execFileSync('terraform', [`-chdir=${root}`, ...args], { encoding: 'utf8' });
    terraform('init', '-input=false');
    terraform('apply', '-auto-approve');
    const outputs = JSON.parse(terraform('output', '-json')) as Record<string, { value: string }>;
    const workedOut = cases.map((_, index) => outputs[`o${index}`]?.value);
    const expected = cases.map(([type, config, workspace = 'default']) => {
      const list = config['workspaces'];
      const flat = Array.isArray(list) ? { ...config, workspaces: { name: 'n' } } : config;
      const identity = stateIdentity(type, flat, workspace, '/');
      return identity.ok ? identity.key : undefined;
    });
    expect(workedOut).toEqual(expected);
  });
});

describe('an apply', () => {
  it('brings up a whole new environment in one run, and the plan after it is empty', async () => {
    const root = await repository(chain);
    const applied = await run(root, 'apply');
    expect(new Set(Object.values(applied.statuses))).toEqual(new Set(['applied']));
    expect((await run(root, 'plan')).step.outputs['has-changes']).toBe('false');
  });

  it('plans readers that nobody asked for where an output really changed', async () => {
    const root = await repository(chain);
    await run(root, 'apply');
    await writeFile(path.join(root, first), rootModule('dev', 'first', [], holds('"uno"')));
    const { statuses } = await run(root, 'apply', { layers: '01-first' });
    expect(statuses).toEqual({
      '01-first/dev': 'applied',
      '02-second/dev': 'applied',
      '03-third/dev': 'applied',
    });
  });

  it('tries again what passes by itself', async () => {
    const impatient = (text: string): string =>
      text.replace('use_lockfile = true', 'use_lockfile = true\n    max_retries  = 1');
    const root = await repository(
      Object.fromEntries(Object.entries(chain).map(([name, text]) => [name, impatient(text)])),
    );
    await layers.emulator.addFaults({
      service: 's3',
      operation: 'ListObjectsV2',
      kind: 'throttle',
      times: 2,
    });
    const { step, statuses, log } = await run(root, 'apply');
    expect(step.conclusion).toBe('success');
    expect(new Set(Object.values(statuses))).toEqual(new Set(['applied']));
    expect(log).toMatch(/init is tried again in \d\.\d s \(2 of 4\): .*SlowDown/);
  });

  it('leaves them alone where it did not', async () => {
    const root = await repository(chain);
    await run(root, 'apply');
    await writeFile(
      path.join(root, first),
      rootModule('dev', 'first', [], holds('"one"') + '\nresource "terraform_data" "more" {}'),
    );
    const { statuses } = await run(root, 'apply', { layers: '01-first' });
    expect(statuses).toEqual({ '01-first/dev': 'applied' });
  });
});
