import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { terraformEnvironment } from '../../../scripts/terraform-environment.js';

describe('terraformEnvironment', () => {
  let machine: string;
  beforeEach(() => {
    machine = mkdtempSync(join(tmpdir(), 'terraform-environment-'));
    for (const directory of ['home', 'root', 'cache']) mkdirSync(join(machine, directory));
  });
  afterEach(() => {
    rmSync(machine, { recursive: true });
  });

  const look = (environment: Record<string, string> = {}) =>
    terraformEnvironment({
      environment,
      homeDirectory: join(machine, 'home'),
      root: join(machine, 'root'),
      cacheDirectory: join(machine, 'cache'),
    });
  function makeMirror(path: string): string {
    const mirror = join(machine, path);
    mkdirSync(join(mirror, 'registry.terraform.io/hashicorp/aws/5.100.0'), { recursive: true });
    return mirror;
  }
  function written(change: { readonly TF_CLI_CONFIG_FILE?: string | undefined }): string {
    return readFileSync(change.TF_CLI_CONFIG_FILE ?? '', 'utf8');
  }

  it('changes nothing on a machine without a mirror', async () => {
    expect(await look()).toEqual({});
  });

  it('finds a mirror near the root, and still downloads what it lacks', async () => {
    const mirror = makeMirror('root/opt/plugins');
    const config = written(await look());
    expect(config).toContain(`path    = "${mirror}"`);
    expect(config).toContain('include = ["registry.terraform.io/hashicorp/aws"]');
    expect(config).toContain('exclude = ["registry.terraform.io/hashicorp/aws"]');
  });

  it('does not search deeper than two levels', async () => {
    makeMirror('root/usr/share/somewhere');
    expect(await look()).toEqual({});
  });

  it('prefers the mirror that TF_PLUGIN_MIRROR names', async () => {
    makeMirror('root/opt/plugins');
    const named = makeMirror('named');
    expect(written(await look({ TF_PLUGIN_MIRROR: named }))).toContain(`"${named}"`);
  });

  it('refuses a TF_PLUGIN_MIRROR that is not there', async () => {
    await expect(look({ TF_PLUGIN_MIRROR: join(machine, 'gone') })).rejects.toThrow('gone');
  });

  it('leaves a CLI configuration that exists alone', async () => {
    makeMirror('root/opt/plugins');
    const file = join(machine, 'terraform.rc');
    writeFileSync(file, '');
    expect(await look({ TF_CLI_CONFIG_FILE: file })).toEqual({});
    writeFileSync(join(machine, 'home/.terraformrc'), '');
    expect(await look()).toEqual({});
  });

  it('removes a TF_CLI_CONFIG_FILE that names a missing file, or puts the mirror in its place', async () => {
    const gone = { TF_CLI_CONFIG_FILE: join(machine, 'gone.rc') };
    expect(await look(gone)).toEqual({ TF_CLI_CONFIG_FILE: undefined });
    const mirror = makeMirror('root/opt/plugins');
    expect(written(await look(gone))).toContain(`"${mirror}"`);
  });
});
