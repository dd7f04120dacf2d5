import {
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlannedState } from '../../../actions/terraform-layer/terraform/planned-state.js';
import {
  outputsBeforePlan,
  readPlannedOutputs,
  stateFileOf,
  withoutPlaceholders,
} from '../../../actions/terraform-layer/terraform/planned-state.js';
import { makeScratchCopy } from '../../../actions/terraform-layer/terraform/scratch-copy.js';
import { planJson } from '../../support/schedule.js';
import { load, s3Backend, s3RemoteState } from '../../support/stacks.js';

let base: string;
let root: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), 'scratch-copy-')));
  root = path.join(base, 'repository');
  await mkdir(root);
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
}

const directory = 'layers/02 app/environments/dev';

async function copy(upstreams: readonly PlannedState[]) {
  const { stacks } = await load(tree);
  const stack = stacks.find((candidate) => candidate.directory === directory);
  if (stack === undefined) throw new Error('no stack');
  const place = await mkdtemp(path.join(base, 'place-'));
  const made = await makeScratchCopy({
    root,
    stack,
    dataDirectory: path.join(root, directory, '.terraform'),
    upstreams,
    place,
  });
  return { ...made, tree: path.join(place, 'tree'), place };
}

const reads = (name: string): string =>
  s3RemoteState(name, `dev/${name}.tfstate`) +
  `output "o" {\n  value = data.terraform_remote_state.${name}.outputs.x\n}\n`;
const tree = {
  'layers/01 base/environments/dev/main.tf': s3Backend('dev/base.tfstate'),
  [`${directory}/main.tf`]: s3Backend('dev/app.tfstate') + reads('base'),
  [`${directory}/files/policy.json`]: '{}',
  [`${directory}/.terraform/modules/modules.json`]: '{}',
  [`${directory}/.terraform/terraform.tfstate`]: '{}',
  [`${directory}/.terraform.lock.hcl`]: '# lock',
  'shared/text.txt': 'text',
};
const upstream: PlannedState = {
  readers: [{ directory, name: 'base' }],
  stateKeys: ['s3://states/dev/base.tfstate'],
  outputs: readPlannedOutputs(planJson({ x: { after: 'new' } })),
};

describe('a scratch copy', () => {
  it('copies what is written beside, and links the rest', async () => {
    await write(tree);
    const { tree: copied, directory: place, dataDirectory } = await copy([upstream]);
    expect(place).toBe(path.join(copied, directory));
    expect(await readFile(path.join(place, 'files/policy.json'), 'utf8')).toBe('{}');
    expect(await realpath(path.join(place, 'files/policy.json'))).toBe(
      path.join(place, 'files/policy.json'),
    );
    expect(await readlink(path.join(copied, 'shared'))).toBe(path.join(root, 'shared'));
    expect(await readFile(path.join(place, '.terraform.lock.hcl'), 'utf8')).toBe('# lock');
    expect(dataDirectory).toBe(path.join(place, '.terraform'));
    expect(await readlink(path.join(dataDirectory, 'modules'))).toBe(
      path.join(root, directory, '.terraform/modules'),
    );
  });

  it('writes nothing into the repository, through a link to a module neither', async () => {
    await write({
      ...tree,
      'real/reader/main.tf': reads('base'),
      [`${directory}/module.tf`]: 'module "m" {\n  source = "../../../../modules/reader"\n}\n',
    });
    await symlink(path.join(root, 'real'), path.join(root, 'modules'));
    const { tree: copied } = await copy([
      {
        ...upstream,
        readers: [...upstream.readers, { directory: 'modules/reader', name: 'base' }],
      },
    ]);
    const name = 'zzzz_infra_actions_planned_outputs_override.tf';
    await expect(readFile(path.join(root, 'real/reader', name))).rejects.toThrow('ENOENT');
    expect(await readFile(path.join(copied, 'modules/reader', name), 'utf8')).toContain(
      'data "terraform_remote_state" "base"',
    );
  });

  it('keeps states to their owner', async () => {
    await write(tree);
    const { place } = await copy([upstream]);
    const state = JSON.parse(await readFile(path.join(place, '0.tfstate'), 'utf8')) as unknown;
    expect(state).toMatchObject({ version: 4, outputs: { x: { value: 'new', type: 'string' } } });
  });

  it('has a value that no plan knows only where one is needed', async () => {
    await write(tree);
    const standIns = async (outputs: PlannedState['outputs']): Promise<string> => {
      const made = await copy([{ ...upstream, outputs }]);
      return readFile(path.join(made.directory, 'infra_actions_planned_outputs.tf'), 'utf8');
    };
    expect(await standIns(upstream.outputs)).not.toContain('timestamp()');
    expect(await standIns('unknown')).toContain('timestamp()');
  });
});

describe('planned outputs', () => {
  const json = planJson({
    known: { before: 'a', after: 'b' },
    same: { before: 'a', after: 'a' },
    unknown: { before: 'a' },
    secret: { after: 'hunter2', sensitive: true },
    gone: { before: 'a', after: null },
  });

  it('are known, unknown, or none', () => {
    const outputs = readPlannedOutputs(json);
    expect(outputs.get('known')).toMatchObject({ changes: true, value: { json: 'b' } });
    expect(outputs.get('same')).toMatchObject({ changes: false, value: { json: 'a' } });
    expect(outputs.get('unknown')).toEqual({ changes: true, value: undefined });
    expect(outputs.get('secret')).toMatchObject({ value: { sensitive: true } });
    expect(outputs.get('gone')).toMatchObject({ value: null });
    expect([...outputsBeforePlan(json).keys()]).toEqual(['known', 'same', 'unknown', 'gone']);
  });

  it('are unknown as a whole where a part is', () => {
    const outputs = readPlannedOutputs({
      output_changes: {
        x: { actions: ['create'], after: { a: 1 }, after_unknown: { b: [false, true] } },
      },
    });
    expect(outputs.get('x')?.value).toBeUndefined();
  });

  it('make a state without what is unknown or none', () => {
    const state = JSON.parse(stateFileOf(readPlannedOutputs(json))) as { outputs: object };
    expect(Object.keys(state.outputs)).toEqual(['known', 'same', 'secret']);
    expect(state.outputs).toMatchObject({ secret: { sensitive: true } });
  });

  it('leave no trace of what stood in for them', () => {
    const name = 'infra_actions_planned_outputs';
    const placeholder = {
      address: `module.m.terraform_data.${name}`,
      type: 'terraform_data',
      name,
    };
    const kept = { address: 'terraform_data.x', type: 'terraform_data', name: 'x' };
    const plan = {
      resource_changes: [placeholder, kept],
      relevant_attributes: [{ resource: `terraform_data.${name}`, attribute: ['output'] }],
      planned_values: {
        root_module: { resources: [kept], child_modules: [{ resources: [placeholder] }] },
      },
      configuration: {
        root_module: {
          resources: [kept],
          module_calls: { m: { source: './m', module: { resources: [placeholder] } } },
        },
      },
      variables: { v: { value: [placeholder] } },
    };
    const { variables, ...rest } = withoutPlaceholders(plan) as typeof plan;
    expect(JSON.stringify(rest)).not.toContain(name);
    expect(JSON.stringify(rest).match(/terraform_data\.x/g)).toHaveLength(3);
    // A user's own value is none of our business.
    expect(variables).toEqual(plan.variables);
  });
});
