import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { layerRuns } from '../support/layer-runs.js';
import { tofuPath } from '../support/opentofu.js';
import {
  place,
  readState,
  rootModule,
  stateKeys,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

/*
 * With a real OpenTofu where `TOFU_PATH` names one; every other suite of terraform-layer runs with
 * it then, too. Without it Terraform stands in its place: what is tested then is that nothing else
 * is run, and not what OpenTofu does.
 */

const layers = layerRuns({ environment: 'dev' });
let programs: string;
let calls: string;
beforeAll(async () => {
  programs = path.join(layers.emulator.directory, 'bin');
  calls = path.join(layers.emulator.directory, 'calls');
  await mkdir(programs);
  const program = path.join(programs, 'tofu');
  const real = tofuPath ?? 'terraform';
  await writeFile(program, `#!/bin/sh\necho "$1" >> "${calls}"\nexec "${real}" "$@"\n`);
  await chmod(program, 0o755);
});
beforeEach(() => rm(calls, { force: true }));

const inDev = (main: string): Record<string, string> => ({
  'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: auto }\n',
  [place('01-base', 'dev')]: main,
});
const files = inDev(
  rootModule('dev', 'base', [], 'resource "terraform_data" "x" {\n  input = 1\n}'),
);

async function run(
  tree: Readonly<Record<string, string>>,
  command: string,
  inputs: Readonly<Record<string, string>>,
): Promise<LayerStep & { readonly called: readonly string[] }> {
  return runIn(await writeRepository(layers.emulator, tree), command, inputs);
}

async function runIn(
  workspace: string,
  command: string,
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<LayerStep & { readonly called: readonly string[] }> {
  const layer = await layers.run(workspace, command, inputs, {
    env: { ...env, PATH: `${programs}${path.delimiter}${process.env['PATH'] ?? ''}` },
  });
  const text = await readFile(calls, 'utf8').catch(() => '');
  return { ...layer, called: [...new Set(text.split('\n').filter((line) => line !== ''))] };
}

const ofTofu = { 'terraform-version': 'tofu >= 1.11' };

describe('OpenTofu', () => {
  it('does all the work where it is asked for', async () => {
    const { statuses, called } = await run(files, 'apply', ofTofu);
    expect(statuses).toEqual({ '01-base/dev': 'applied' });
    expect(called).toEqual(['version', 'init', 'plan', 'show', 'apply']);
  });

  it('is taken where the configuration has files for it, and else not', async () => {
    const withFile = { ...files, 'layers/01-base/environments/dev/extra.tofu': '' };
    const taken = await run(withFile, 'plan', {});
    expect(taken.statuses).toEqual({ '01-base/dev': 'changes' });
    expect(taken.called).toEqual(['version', 'init', 'plan', 'show']);
    await rm(calls);
    expect((await run(files, 'plan', {})).called).toEqual([]);
  });

  it('below 1.11 is refused with the other inputs', async () => {
    const { step, called } = await run(files, 'plan', {
      'terraform-version': 'tofu ~> 1.10.0',
      'registry-tokens': 'https://x=1',
    });
    expect(step.conclusion).toBe('failure');
    expect(step.log.join('\n')).toMatch(/input "terraform-version"[\s\S]*input "registry-tokens"/);
    expect(called).toEqual([]);
  });
});

// What Terraform does not have.
if (tofuPath !== undefined) {
  describe('a real OpenTofu', () => {
    const encryption = `terraform {
  encryption {
    key_provider "pbkdf2" "passphrase" {
      passphrase = "correct horse battery staple"
    }
    method "aes_gcm" "main" {
      keys = key_provider.pbkdf2.passphrase
    }
    state {
      method   = method.aes_gcm.main
      enforced = true
    }
    plan {
      method   = method.aes_gcm.main
      enforced = true
    }
  }
}
`;

    it('plans and applies what it encrypts, state and plan', async () => {
      const [main = ''] = [files[place('01-base', 'dev')]];
      const workspace = await writeRepository(layers.emulator, inDev(encryption + main));
      expect((await runIn(workspace, 'plan', ofTofu)).statuses).toEqual({
        '01-base/dev': 'changes',
      });
      const applied = await runIn(workspace, 'apply', ofTofu);
      expect(applied.statuses).toEqual({ '01-base/dev': 'applied' });
      const state = await readState(layers.emulator, 'dev/base.tfstate');
      expect(state).toMatchObject({ encrypted_data: expect.any(String) as string });
      const drift = await runIn(workspace, 'drift', { ...ofTofu, 'drift-issues': 'false' });
      expect(drift.statuses).toEqual({ '01-base/dev': 'unchanged' });
      const operations = { 'state-operations': 'mv terraform_data.x terraform_data.y' };
      const moved = await runIn(workspace, 'state', {
        ...{ ...ofTofu, ...operations, layers: '*base*' },
      });
      expect(moved.step.conclusion).toBe('success');
      const after = await runIn(workspace, 'plan', ofTofu);
      expect(after.statuses).toEqual({ '01-base/dev': 'changes' });
    });

    const root = 'layers/01-base/environments/dev';
    const early = (kind: string): Record<string, string> => ({
      'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: auto }\n',
      [`${root}/variables.tf`]: 'variable "place" {\n}\n',
      [`${root}/terraform.tfvars`]: 'place = "early"\n',
      [`${root}/main.tf`]: `terraform {
  backend "s3" {
    bucket       = "states"
    key          = "dev/\${var.place}.tfstate"
    region       = "eu-west-1"
    use_lockfile = true
  }
}
module "sized" {
  source = "../../../../modules/${kind}"
}
`,
      [`${root}/note.tf`]: 'resource "terraform_data" "of_terraform" {\n}\n',
      [`${root}/note.tofu`]: 'resource "terraform_data" "of_tofu" {\n}\n',
      'modules/early/main.tf': 'resource "terraform_data" "small" {\n}\n',
    });

    it('works variables out in a backend, and x.tofu stands in for x.tf', async () => {
      const { statuses, log } = await run(early('early'), 'apply', {});
      expect(statuses).toEqual({ '01-base/dev': 'applied' });
      expect(log).toContain('terraform_data.of_tofu');
      expect(log).toContain('module.sized.terraform_data.small');
      expect(log).not.toContain('terraform_data.of_terraform');
      expect(await stateKeys(layers.emulator)).toEqual(['dev/early.tfstate']);
    });

    it('is not started where which module is meant cannot be told', async () => {
      const { step, called } = await run(early('${each.key}'), 'plan', {});
      expect(step.annotations).toContainEqual(
        expect.objectContaining({ level: 'error', file: `${root}/main.tf`, line: 10 }),
      );
      expect(called).toEqual([]);
    });

    it('works out backend and module of each environment from its var file, in every command', async () => {
      const workspace = await writeRepository(layers.emulator, {
        'infra.yml':
          'version: 1\nenvironments:\n  dev: { apply: auto }\n  prod: { apply: auto }\nstacks:\n  - path: app\n',
        'app/main.tofu': `variable "size" {
}
terraform {
  backend "s3" {
    bucket       = "states"
    key          = "\${var.size}.tfstate"
    region       = "eu-west-1"
    use_lockfile = true
  }
}
module "sized" {
  source = "../sizes/\${var.size}"
}
output "size" {
  value = module.sized.size
}
`,
        'app/dev.tfvars': 'size = "small"\n',
        'app/prod.tfvars': 'size = "large"\n',
        'sizes/small/main.tofu':
          'resource "terraform_data" "a" {\n}\noutput "size" {\n  value = "s"\n}\n',
        'sizes/large/main.tofu':
          'resource "terraform_data" "b" {\n}\noutput "size" {\n  value = "l"\n}\n',
      });
      const checked = await runIn(workspace, 'check', ofTofu);
      expect(checked.step.conclusion).toBe('success');
      for (const environment of ['dev', 'prod']) {
        const { statuses } = await runIn(workspace, 'apply', { ...ofTofu, environment });
        expect(statuses).toEqual({ [`app/${environment}`]: 'applied' });
      }
      expect(await stateKeys(layers.emulator)).toEqual(
        expect.arrayContaining(['large.tfstate', 'small.tfstate']),
      );
      const moved = await runIn(workspace, 'state', {
        ...{ ...ofTofu, environment: 'dev', layers: 'app@dev' },
        'state-operations': 'mv module.sized.terraform_data.a module.sized.terraform_data.z',
      });
      expect(moved.step.conclusion).toBe('success');
      expect(moved.called).toContain('state');
    });

    it('leaves out of a plan what the job excludes', async () => {
      const two = 'resource "terraform_data" "x" {\n}\nresource "terraform_data" "y" {\n}\n';
      const workspace = await writeRepository(
        layers.emulator,
        inDev(rootModule('dev', 'base', [], two)),
      );
      const excluded = { TF_CLI_ARGS_plan: '-exclude=terraform_data.y' };
      const { statuses, log } = await runIn(workspace, 'apply', ofTofu, excluded);
      expect(statuses).toEqual({ '01-base/dev': 'applied' });
      expect(log).toContain('terraform_data.x: Creation complete');
      expect(log).not.toContain('terraform_data.y: Creation complete');
    });
  });
}
