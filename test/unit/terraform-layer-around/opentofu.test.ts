import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProcess } from '../../../actions/shared/process.js';
import {
  findTerraform,
  type TerraformProgram,
} from '../../../actions/terraform-layer/terraform/find.js';
import { tofuFile } from '../../../actions/terraform-layer/terraform/tofu-files.js';
import { parseVersionConstraint } from '../../../actions/terraform-layer/terraform/version-constraint.js';
import { silentLogger } from '../../support/silent-logger.js';
import { load, s3Backend } from '../../support/stacks.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'opentofu-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Programs that say their version as Terraform and OpenTofu do. */
async function programs(versions: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, version] of Object.entries(versions)) {
    await writeFile(
      path.join(root, name),
      `#!/bin/sh\necho '{"terraform_version":"${version}"}'\n`,
    );
    await chmod(path.join(root, name), 0o755);
  }
}

function find(text: string, hasTofuFiles: boolean): Promise<TerraformProgram> {
  const wanted = parseVersionConstraint(text);
  if (wanted === undefined) throw new Error(text);
  return findTerraform({
    wanted,
    hasTofuFiles,
    searchPath: root,
    environment: { PATH: process.env['PATH'] ?? '' },
    runProcess,
    log: silentLogger,
    download: () => Promise.resolve({ directory: '/tools', version: '1.11.4' }),
  });
}

describe('Terraform or OpenTofu', () => {
  it('is Terraform, but OpenTofu where the configuration has files for it', async () => {
    await programs({ terraform: '1.11.4', tofu: '1.11.1' });
    expect((await find('>= 1.11', false)).name).toBe('terraform');
    expect((await find('>= 1.11', true)).name).toBe('tofu');
    expect((await find('terraform >= 1.11', true)).name).toBe('terraform');
  });

  it('is never older than 1.11, whatever the constraint lets in', async () => {
    await programs({ terraform: '1.9.8', tofu: '1.10.6' });
    expect((await find('>= 1.5', false)).path).toBe('/tools/terraform');
    await expect(find('tofu >= 1.8', false)).rejects.toMatchObject({
      problems: [{ code: 'tofu-not-found' }],
    });
    await expect(find('~> 1.10.0', false)).rejects.toMatchObject({
      problems: [{ code: 'terraform-version-too-old', at: { input: 'terraform-version' } }],
    });
  });
});

describe('files that OpenTofu alone reads', () => {
  const main = 'layers/01-base/environments/dev/main.tf';

  it('are found in stacks and in their modules', async () => {
    const tree = {
      [main]: `${s3Backend('base')}module "net" {\n  source = "../../../../modules/net"\n}\n`,
      'modules/net/main.tf': '',
    };
    for (const [file, text] of Object.entries(tree)) {
      await mkdir(path.dirname(path.join(root, file)), { recursive: true });
      await writeFile(path.join(root, file), text);
    }
    const { stacks } = await load(tree);
    expect(await tofuFile(root, stacks)).toBeUndefined();
    await writeFile(path.join(root, 'modules/net/versions.tofu'), '');
    expect(await tofuFile(root, stacks)).toBe('modules/net/versions.tofu');
  });
});
