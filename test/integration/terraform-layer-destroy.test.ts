import { said } from '../support/annotations.js';
import { layerRuns } from '../support/layer-runs.js';
import {
  readState,
  threeBuiltInLayers,
  threeLayers,
  writeRepository,
} from '../support/terraform-repository.js';

const layers = layerRuns({ environment: 'dev' });
const { run } = layers;

async function resources(name: string): Promise<number> {
  const state = (await readState(layers.emulator, `dev/${name}.tfstate`)) as {
    readonly resources: readonly { readonly mode: string }[];
  };
  return state.resources.filter(({ mode }) => mode === 'managed').length;
}

describe('destroy', () => {
  it('takes what was built last first, and can be run again', async () => {
    const workspace = await writeRepository(layers.emulator, threeBuiltInLayers(['dev']));
    await run(workspace, 'apply');

    const listed = await run(workspace, 'destroy', { 'dry-run': 'true' });
    expect(listed.step.conclusion).toBe('success');
    expect(listed.log).toMatch(
      /1\. 03-apps\/dev[^]*2\. 02-platform\/dev[^]*3\. 01-foundation\/dev/,
    );
    expect(await resources('apps')).toBe(1);

    const { step, statuses } = await run(workspace, 'destroy', { confirm: 'dev' });
    expect(step.conclusion).toBe('success');
    expect(new Set(Object.values(statuses))).toEqual(new Set(['applied']));
    const ended = step.log.flatMap((line) => /^\[\d+\/3\] (\S+):/.exec(line)?.[1] ?? []);
    expect(ended).toEqual(['03-apps/dev', '02-platform/dev', '01-foundation/dev']);
    for (const name of ['apps', 'platform', 'foundation']) expect(await resources(name)).toBe(0);

    const again = await run(workspace, 'destroy', { confirm: 'dev' });
    expect(again.step.conclusion).toBe('success');
    expect(new Set(Object.values(again.statuses))).toEqual(new Set(['unchanged']));
  });

  it('touches nothing where it is not confirmed, or something else reads it', async () => {
    const workspace = await writeRepository(layers.emulator, threeBuiltInLayers(['dev']));
    await run(workspace, 'apply');
    const failing = async (inputs: Readonly<Record<string, string>>): Promise<string> => {
      const { step } = await run(workspace, 'destroy', inputs);
      expect(step.conclusion).toBe('failure');
      return said(step);
    };
    expect(await failing({})).toContain("type the environment's name: dev");
    expect(await failing({ confirm: 'production' })).toContain('"production" is not the name');
    expect(await failing({ confirm: 'dev', environment: '' })).toContain('name the one');
    expect(await failing({ confirm: 'dev', layers: '01-foundation' })).toContain(
      '01-foundation/dev is read by 02-platform/dev',
    );
    expect(await resources('foundation')).toBe(1);
    expect(await resources('apps')).toBe(1);
  });

  it('stops before what is protected, until that is allowed by name', async () => {
    const workspace = await writeRepository(layers.emulator, {
      ...threeLayers(['dev']),
      'infra.yml':
        'version: 1\nenvironments:\n  dev: { apply: auto }\nguards:\n  prevent-destroy: [aws_ssm_parameter]\n',
    });
    await run(workspace, 'apply');
    const stopped = await run(workspace, 'destroy', { confirm: 'dev' });
    expect(stopped.step.conclusion).toBe('failure');
    expect(stopped.statuses).toEqual({
      '03-apps/dev': 'applied',
      '02-platform/dev': 'applied',
      '01-foundation/dev': 'stopped',
    });
    expect(await resources('foundation')).toBe(1);

    const allowed = await run(workspace, 'destroy', {
      confirm: 'dev',
      'allow-destroy': 'aws_ssm_parameter.name',
    });
    expect(allowed.step.conclusion).toBe('success');
    expect(await resources('foundation')).toBe(0);
  });
});
