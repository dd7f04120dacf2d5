import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { said } from '../support/annotations.js';
import { layerRuns } from '../support/layer-runs.js';
import {
  place,
  readState,
  rootModule,
  s3,
  sidecarKeys,
  stateBucket,
  writeObject,
  writeRepository,
} from '../support/terraform-repository.js';

const layers = layerRuns({ environment: 'dev' });
const { runOnGithub: run } = layers;
beforeEach(async () => {
  await s3(layers.emulator, 'PUT', `${stateBucket}?versioning`, versioning);
});

const versioning =
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';
const stateKey = 'dev/app.tfstate';
const copyKey = `${stateKey}.infra/copy`;

interface State {
  serial: number;
  resources: { type: string; name: string; instances: { index_key?: string; status?: string }[] }[];
}

async function state(): Promise<State> {
  return (await readState(layers.emulator, stateKey)) as State;
}

async function addresses(): Promise<readonly string[]> {
  return (await state()).resources
    .flatMap(({ name, instances }) =>
      instances.map(({ index_key: key }) => (key === undefined ? name : `${name} ${key}`)),
    )
    .sort();
}

const main = place('01-app', 'dev');
const code = (first: string): string =>
  rootModule(
    'dev',
    'app',
    [],
    `resource "terraform_data" "${first}" {
  input = "first"
}
resource "terraform_data" "each" {
  for_each = toset(["a b", "c"])
}`,
  );

async function applied(): Promise<string> {
  const workspace = await writeRepository(layers.emulator, { [main]: code('old') });
  const { step } = await run(workspace, 'apply');
  expect(step.conclusion).toBe('success');
  return workspace;
}

describe('state operations', () => {
  it('move, forget, import and untaint, and the plan afterwards changes nothing', async () => {
    const workspace = await applied();
    const tainted = await state();
    for (const { name, instances } of tainted.resources) {
      for (const instance of instances) {
        if (name === 'each' && instance.index_key === 'c') instance.status = 'tainted';
      }
    }
    await writeObject(layers.emulator, stateKey, JSON.stringify(tainted));
    await writeFile(path.join(workspace, main), code('new'));
    const operations = [
      'mv terraform_data.old terraform_data.new',
      'rm terraform_data.each["a b"]',
      'import \'terraform_data.each["a b"]\' some-id',
      'untaint terraform_data.each["c"]',
    ].join('\n');

    const dry = await run(workspace, 'state', {
      'state-operations': operations,
      'dry-run': 'true',
    });
    expect(dry.step.conclusion).toBe('success');
    expect(dry.log).toContain('terraform_data.old becomes terraform_data.new');
    expect(await sidecarKeys(layers.emulator)).not.toContain(copyKey);
    expect((await state()).serial).toBe(tainted.serial);
    expect(await addresses()).toContain('old');

    const { step, log, leftBehind } = await run(workspace, 'state', {
      'state-operations': operations,
    });
    expect(step.conclusion).toBe('success');
    expect(await addresses()).toEqual(['each a b', 'each c', 'new']);
    const after = await state();
    expect(after.serial).toBe(tainted.serial + 4);
    expect(JSON.stringify(after)).not.toContain('tainted');
    expect(log).toContain('4 of 4 operations done');
    expect(step.summary).toContain(`${tainted.serial} before, ${after.serial} after`);
    expect(step.summary).toContain('A plan afterwards changes nothing');
    expect(await sidecarKeys(layers.emulator)).toContain(copyKey);
    expect(await readState(layers.emulator, copyKey)).toEqual(tainted);
    expect(leftBehind).toEqual([]);
  });

  it('are all checked before one of them is done', async () => {
    const workspace = await applied();
    const { serial } = await state();
    const { step } = await run(workspace, 'state', {
      'state-operations': [
        'rm terraform_data.old',
        'rm terraform_data.old',
        'untaint terraform_data.each["c"]',
        'mv terraform_data.ald terraform_data.new',
      ].join('\n'),
    });
    expect(step.conclusion).toBe('failure');
    expect(said(step)).toContain('3 problems');
    expect(said(step)).toContain('terraform_data.each["c"] is not tainted');
    expect((await state()).serial).toBe(serial);
  });

  it('stop at the first that fails, and say what was done', async () => {
    const workspace = await applied();
    const { step } = await run(workspace, 'state', {
      'state-operations': [
        'rm terraform_data.old',
        'import terraform_data.not_in_the_code some-id',
        'rm terraform_data.each["c"]',
      ].join('\n'),
    });
    expect(step.conclusion).toBe('failure');
    expect(step.summary).toMatch(/✅ done[^]*❌ failed[^]*not tried/);
    expect(await addresses()).toEqual(['each a b', 'each c']);
  });

  it('restore a version of the bucket, and list what there is', async () => {
    const workspace = await applied();
    const first = await state();
    await run(workspace, 'state', { 'state-operations': 'rm terraform_data.old' });
    expect(await addresses()).not.toContain('old');

    const listed = await run(workspace, 'state', { 'state-operations': 'restore list' });
    expect(listed.step.conclusion).toBe('success');
    const version = new RegExp(`(\\S+)  \\S+  serial ${first.serial}  3 resources`);
    const id = version.exec(listed.log)?.[1] ?? 'none';
    expect(id).not.toBe('none');

    const unknown = await run(workspace, 'state', { 'state-operations': 'restore nothing' });
    expect(unknown.step.conclusion).toBe('failure');
    expect(said(unknown.step)).toContain(id);

    const before = await state();
    const restored = await run(workspace, 'state', { 'state-operations': `restore ${id}` });
    expect(restored.step.conclusion).toBe('success');
    expect(await addresses()).toEqual(['each a b', 'each c', 'old']);
    expect((await state()).serial).toBeGreaterThan(before.serial);
    expect(restored.step.summary).toContain('A plan afterwards changes nothing');
    expect(restored.leftBehind).toEqual([]);
  });

  it('want exactly one stack', async () => {
    const workspace = await writeRepository(layers.emulator, {
      [main]: code('old'),
      [place('02-other', 'dev')]: rootModule('dev', 'other', [], ''),
    });
    const { step } = await run(workspace, 'state', { 'state-operations': 'explode x' });
    expect(said(step)).toContain('01-app/dev, 02-other/dev');
    expect(said(step)).toContain('"explode"');
  });
});
