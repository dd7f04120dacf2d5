import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { layerRuns } from '../support/layer-runs.js';
import {
  place,
  rootModule,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const layers = layerRuns({ environment: 'dev' });
let programs: string;
let calls: string;
beforeAll(async () => {
  programs = path.join(layers.emulator.directory, 'bin');
  calls = path.join(layers.emulator.directory, 'calls');
  await mkdir(programs);
  // In OpenTofu's place: what is tested is that nothing else is run, not what OpenTofu does.
  const program = path.join(programs, 'tofu');
  await writeFile(program, `#!/bin/sh\necho "$1" >> "${calls}"\nexec terraform "$@"\n`);
  await chmod(program, 0o755);
});
beforeEach(() => rm(calls, { force: true }));

const files = {
  'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: auto }\n',
  [place('01-base', 'dev')]: rootModule(
    'dev',
    'base',
    [],
    'resource "terraform_data" "x" {\n  input = 1\n}',
  ),
};

async function run(
  tree: Readonly<Record<string, string>>,
  command: string,
  inputs: Readonly<Record<string, string>>,
): Promise<LayerStep & { readonly called: readonly string[] }> {
  const workspace = await writeRepository(layers.emulator, tree);
  const layer = await layers.run(workspace, command, inputs, {
    env: { PATH: `${programs}${path.delimiter}${process.env['PATH'] ?? ''}` },
  });
  const text = await readFile(calls, 'utf8').catch(() => '');
  return { ...layer, called: [...new Set(text.split('\n').filter((line) => line !== ''))] };
}

describe('OpenTofu', () => {
  it('does all the work where it is asked for', async () => {
    const { statuses, called } = await run(files, 'apply', { 'terraform-version': 'tofu >= 1.11' });
    expect(statuses).toEqual({ '01-base/dev': 'applied' });
    expect(called).toEqual(['version', 'init', 'plan', 'show', 'apply']);
  });

  it('is taken where the configuration has files for it, and else not', async () => {
    const ofTofu = { ...files, 'layers/01-base/environments/dev/extra.tofu': '' };
    const taken = await run(ofTofu, 'plan', {});
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
