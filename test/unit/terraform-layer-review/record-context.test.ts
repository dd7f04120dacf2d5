import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { publicOutputs } from '../../../actions/terraform-layer/review/public-outputs.js';
import { lockedProviders } from '../../../actions/terraform-layer/terraform/locked-providers.js';
import { withDirectory } from '../../support/runner.js';
import { load, memoryFiles, s3Backend, s3RemoteState } from '../../support/stacks.js';

const place = (layer: string): string => `layers/${layer}/environments/dev`;

/** Network gives two outputs, one of them sensitive; a reader hands on what it reads of it. */
const tree = {
  [`${place('01-network')}/main.tf`]:
    s3Backend('dev/network') +
    'output "vpc" {\n  value = "vpc-1"\n}\noutput "key" {\n  value     = "k"\n  sensitive = true\n}\n' +
    'output "changed" {\n  value = "x"\n}\n',
  [`${place('01-network')}/main_override.tf`]: 'output "changed" {\n  sensitive = true\n}\n',
  [`${place('02-clean')}/main.tf`]: reader('clean', 'vpc'),
  [`${place('02-leaky')}/main.tf`]: reader('leaky', 'key'),
  [`${place('03-app')}/main.tf`]:
    s3Backend('dev/app') +
    s3RemoteState('network', 'dev/network') +
    s3RemoteState('clean', 'dev/clean') +
    s3RemoteState('leaky', 'dev/leaky'),
};

function reader(name: string, output: string): string {
  return (
    s3Backend(`dev/${name}`) +
    s3RemoteState('network', 'dev/network') +
    `output "handed" {\n  value = data.terraform_remote_state.network.outputs.${output}\n}\n`
  );
}

describe('an output of another stack', () => {
  async function isPublic(label: string, output: string, prefix = ''): Promise<boolean> {
    const workspace = await load(tree);
    const app = workspace.stacks.find(({ name }) => name === 'app');
    if (app === undefined) throw new Error('no app');
    const ask = await publicOutputs(workspace, memoryFiles(tree)).readBy(app);
    return ask(`${prefix}data.terraform_remote_state.${label}`, output);
  }

  it('is public where its own code does not call it sensitive, override files considered', async () => {
    expect(await isPublic('network', 'vpc')).toBe(true);
    expect(await isPublic('network', 'vpc', 'module.reader["a.b"].')).toBe(true);
    expect(await isPublic('network[0]', 'vpc')).toBe(true);
    expect(await isPublic('network', 'key')).toBe(false);
    expect(await isPublic('network', 'changed')).toBe(false);
  });

  it('is not where the stack reads something sensitive itself: the mark is lost on the way', async () => {
    expect(await isPublic('clean', 'handed')).toBe(true);
    expect(await isPublic('leaky', 'handed')).toBe(false);
  });

  it('is not where nobody knows it', async () => {
    expect(await isPublic('network', 'other')).toBe(false);
    expect(await isPublic('nobody', 'vpc')).toBe(false);
  });
});

describe('the providers of a stack', () => {
  it('are those of its lock file, of several platforms too', async () => {
    await withDirectory(async (root) => {
      expect(await lockedProviders(root, { directory: 'a' })).toBeUndefined();
      await mkdir(path.join(root, 'a'));
      await writeFile(
        path.join(root, 'a', '.terraform.lock.hcl'),
        '# This file is maintained automatically by "terraform init".\n' +
          'provider "registry.terraform.io/hashicorp/aws" {\n  version     = "5.100.0"\n' +
          '  constraints = "~> 5.0"\n  hashes = [\n    "h1:abc=",\n    "zh:def",\n  ]\n}\n\n' +
          'provider "registry.terraform.io/hashicorp/random" {\n  version = "3.7.2"\n}\n',
      );
      expect(await lockedProviders(root, { directory: 'a' })).toEqual({
        'registry.terraform.io/hashicorp/aws': '5.100.0',
        'registry.terraform.io/hashicorp/random': '3.7.2',
      });
    });
  });
});
