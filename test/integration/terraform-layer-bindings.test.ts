import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { layerRuns } from '../support/layer-runs.js';
import {
  readState,
  stateBucket,
  stateKeys,
  writeRepository,
} from '../support/terraform-repository.js';

const layers = layerRuns({ parallelism: '2' });

/** What one Terraform was called with, and where it kept its data and workspace. */
interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly dataDirectory: string;
  readonly workspace: string;
}

/** A `terraform` on the PATH that writes down how it is called, and calls the real one. */
async function recordedTerraform(): Promise<{
  readonly env: Readonly<Record<string, string>>;
  readonly calls: () => Promise<readonly Call[]>;
}> {
  const directory = await mkdtemp(path.join(layers.emulator.directory, 'programs-'));
  const record = path.join(directory, 'calls');
  await writeFile(record, '');
  const search = process.env['PATH'] ?? '';
  const program = path.join(directory, 'terraform');
  await writeFile(
    program,
    `#!/bin/sh\necho "$TF_DATA_DIR|$TF_WORKSPACE|$*" >> "${record}"\n` +
      `PATH="${search}" exec terraform "$@"\n`,
  );
  await chmod(program, 0o755);
  return {
    env: { PATH: `${directory}:${search}` },
    calls: async () =>
      (await readFile(record, 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [dataDirectory = '', workspace = '', words = ''] = line.split('|');
          const [command = '', ...args] = words.split(' ');
          return { command, args, dataDirectory, workspace };
        }),
  };
}

const environments = `environments:
  dev: { apply: auto, after: [] }
  prod: { apply: auto, after: [] }
`;

const main = (backend: string) => `terraform {
  backend "s3" {
    bucket       = "${stateBucket}"
    region       = "eu-west-1"
    use_lockfile = true
${backend}
  }
}
variable "environment" {
  type = string
}
variable "team" {
  type    = string
  default = "nobody"
}
resource "terraform_data" "app" {
  input = "\${var.environment} of \${var.team} in \${terraform.workspace}"
}
`;

async function inputIn(key: string): Promise<unknown> {
  const state = (await readState(layers.emulator, key)) as {
    readonly resources: readonly {
      readonly instances: readonly {
        readonly attributes: { readonly input: { value: unknown } };
      }[];
    }[];
  };
  return state.resources[0]?.instances[0]?.attributes.input.value;
}

describe('two environments in one directory', () => {
  it('are bound by var files and backend configs (seed 001)', async () => {
    const place = 'infra/app/terraform';
    const file = (environment: string) => ({
      [`${place}/environments/${environment}.tfvars`]: `environment = "${environment}"\n`,
      [`${place}/backend/${environment}.hcl`]: `key = "${environment}/app.tfstate"\n`,
    });
    const workspace = await writeRepository(layers.emulator, {
      'infra.yml': environments,
      [`${place}/main.tf`]: main(''),
      [`${place}/common.tfvars`]: 'team = "red"\n',
      [`${place}/.terraform.lock.hcl`]: '# no provider\n',
      ...file('dev'),
      ...file('prod'),
    });
    const { env, calls } = await recordedTerraform();

    const planned = await layers.run(workspace, 'plan', {}, { env });
    expect(planned.statuses).toEqual({ 'app/dev': 'changes', 'app/prod': 'changes' });
    const inits = (await calls()).filter(({ command }) => command === 'init');
    expect(inits.map(({ dataDirectory, workspace: name }) => [dataDirectory, name]).sort()).toEqual(
      [
        ['.terraform/environment-dev', ''],
        ['.terraform/environment-prod', ''],
      ],
    );
    for (const { args, dataDirectory } of inits) {
      const environment = dataDirectory.replace('.terraform/environment-', '');
      expect(args).toEqual(
        expect.arrayContaining([
          '-reconfigure',
          '-lockfile=readonly',
          `-backend-config=${path.join(workspace, place, 'backend', `${environment}.hcl`)}`,
        ]),
      );
      const files = (await calls())
        .filter((call) => call.command === 'plan' && call.dataDirectory === dataDirectory)
        .flatMap((call) => call.args.filter((arg) => arg.startsWith('-var-file=')));
      expect(files).toEqual([
        `-var-file=${path.join(workspace, place, 'common.tfvars')}`,
        `-var-file=${path.join(workspace, place, 'environments', `${environment}.tfvars`)}`,
      ]);
    }

    const applied = await layers.run(workspace, 'apply', {}, { env });
    expect(applied.statuses).toEqual({ 'app/dev': 'applied', 'app/prod': 'applied' });
    expect(await stateKeys(layers.emulator)).toEqual(['dev/app.tfstate', 'prod/app.tfstate']);
    expect(await inputIn('dev/app.tfstate')).toBe('dev of red in default');
    expect(await inputIn('prod/app.tfstate')).toBe('prod of red in default');

    // The data of the last run is still there, with the old key in it: init must not ask about it.
    await writeFile(path.join(workspace, place, 'backend/dev.hcl'), 'key = "dev/moved.tfstate"\n');
    const moved = await layers.run(workspace, 'plan', {}, { env });
    expect(moved.statuses).toEqual({ 'app/dev': 'changes', 'app/prod': 'unchanged' });
  });

  it('are bound by workspaces and var files (seed 004)', async () => {
    const workspace = await writeRepository(layers.emulator, {
      'infra.yml': `${environments}stacks: [{ path: terraform, workspace: '{environment}', var-files: ['environments/{environment}/terraform.tfvars'] }]\n`,
      'terraform/main.tf': main('    key = "app.tfstate"'),
      'terraform/environments/dev/terraform.tfvars': 'environment = "dev"\n',
      'terraform/environments/prod/terraform.tfvars': 'environment = "prod"\n',
    });
    const { env, calls } = await recordedTerraform();
    const planned = await layers.run(workspace, 'plan', {}, { env });
    expect(planned.statuses).toEqual({ 'terraform/dev': 'changes', 'terraform/prod': 'changes' });
    const applied = await layers.run(workspace, 'apply', {}, { env });
    expect(applied.statuses).toEqual({ 'terraform/dev': 'applied', 'terraform/prod': 'applied' });
    expect(await inputIn('env:/dev/app.tfstate')).toBe('dev of nobody in dev');
    expect(await inputIn('env:/prod/app.tfstate')).toBe('prod of nobody in prod');
    const places = new Set(
      (await calls())
        .filter(({ command }) => command === 'plan' || command === 'apply')
        .map(({ dataDirectory, workspace: name }) => `${dataDirectory} ${name}`),
    );
    expect([...places].sort()).toEqual([
      '.terraform/environment-dev dev',
      '.terraform/environment-prod prod',
    ]);
    const again = await layers.run(workspace, 'plan', {}, { env });
    expect(again.statuses).toEqual({ 'terraform/dev': 'unchanged', 'terraform/prod': 'unchanged' });
  });

  it('are bound by the folder of their var files, at the top of the repository', async () => {
    const file = (environment: string) => ({
      [`environments/${environment}/terraform.tfvars`]: `environment = "${environment}"\n`,
      [`environments/${environment}/team.tfvars`]: `team = "of ${environment}"\n`,
      [`environments/${environment}/backend.hcl`]: `key = "${environment}.tfstate"\n`,
    });
    const workspace = await writeRepository(layers.emulator, {
      'infra.yml': environments,
      'main.tf': main(''),
      ...file('dev'),
      ...file('prod'),
    });
    const applied = await layers.run(workspace, 'apply');
    expect(applied.statuses).toEqual({ dev: 'applied', prod: 'applied' });
    expect(await inputIn('dev.tfstate')).toBe('dev of of dev in default');
    expect(await inputIn('prod.tfstate')).toBe('prod of of prod in default');
  });
});
