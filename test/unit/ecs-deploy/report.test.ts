import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { Followed } from '../../../actions/ecs-deploy/rollout/follow.js';
import { parseImageReference } from '../../../actions/ecs-deploy/images/image-reference.js';
import { readInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { outputNames } from '../../../actions/ecs-deploy/report/outputs.js';
import { rolloutTimeline } from '../../../actions/ecs-deploy/rollout/timeline.js';
import { envFrom } from '../../../actions/shared/env.js';
import { deployInputs, deployWorld, pushImage, serviceWithContract } from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';

/** The report of a first deploy whose image has this environment. */
async function deployed(env: Record<string, string>, desiredCount = 1): Promise<Report> {
  const world = deployWorld(await ecsFixture());
  await serviceWithContract(world, { contract: { desiredCount } });
  const reference = parseImageReference(pushImage(world.fixture, 'shop/web:v1', env).tag);
  if (reference === undefined) throw new Error('no reference');
  const inputs = deployInputs({ image: { kind: 'reference', reference } });
  return runCommand(world.ports, inputs, { commit: undefined, run: undefined });
}

describe('the report', () => {
  it('sets every output, whatever the outcome', async () => {
    for (const env of [{}, { EMULATOR_FATE: 'crash:1' }]) {
      expect(Object.keys((await deployed(env)).outputs)).toEqual(outputNames);
    }
  });

  it('says that a service of 0 tasks verifies nothing', async () => {
    const report = await deployed({}, 0);
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'succeeded' } });
    expect(report.message).toContain('verifies nothing');
  });

  it('shows what a container logs as text: no fence, mention or tag gets out', async () => {
    const log = '```\n# owned\n@acme/everyone <img src=x> ![x](https://evil.example/x)\n```';
    const { summary } = await deployed({ EMULATOR_FATE: 'crash:1', EMULATOR_LOG: log });
    const outside = summary.replaceAll(/(`{4,})text\n[^]*?\n\1(?=\n)/g, '');
    expect(summary).toContain('@acme/everyone');
    expect(outside.replaceAll(/(`+)[^\n]*?\1/g, '')).not.toMatch(/owned|everyone|<img|evil/);
  });
});

describe('the timeline', () => {
  it('has bars for the rollout, its rollback and each failed task, with labels free of syntax', async () => {
    const { summary } = await deployed({ EMULATOR_FATE: 'crash:3' });
    const chart = /```mermaid\n([^]*?)```/.exec(summary)?.[1] ?? '';
    const bars = chart.split('\n').filter((line) => /:(crit, )?b\d/.test(line));
    expect(bars[0]).toMatch(/^ {2}rollout :crit, b0, \d{13}, \d{13}$/);
    expect(bars[1]).toMatch(/^ {2}rollback :b1, \d{13}, \d{13}$/);
    expect(bars[2]).toMatch(/^ {2}[0-9a-f]{8} exit 3 :crit, b2, \d{13}, \d{13}$/);
  });

  it('is left out where no time is known', () => {
    const followed = {
      serviceDeployment: undefined,
      failedTasks: [],
      stages: [],
    } as unknown as Followed;
    expect(rolloutTimeline(followed)).toBeUndefined();
  });
});

describe('action.yml', () => {
  const path = fileURLToPath(new URL('../../../actions/ecs-deploy/action.yml', import.meta.url));
  const action = parse(readFileSync(path, 'utf8')) as {
    readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
    readonly outputs: Readonly<Record<string, unknown>>;
  };

  it('declares the outputs that are set', () => {
    expect(Object.keys(action.outputs)).toEqual(outputNames);
  });

  it('declares the inputs that are read, with the defaults that are used', () => {
    const read = new Set<string>();
    const base: Readonly<Record<string, string>> = {
      project: 'shop',
      environment: 'dev',
      service: 'web',
      image: 'web:v1',
    };
    const env = envFrom({ AWS_REGION: 'eu-west-1' });
    const bare = readInputs((name) => {
      read.add(name);
      return base[name] ?? '';
    }, env);
    const declared = readInputs((name) => base[name] ?? action.inputs[name]?.default ?? '', env);
    expect([...read].sort()).toEqual(Object.keys(action.inputs).sort());
    expect(declared).toEqual(bare);
  });
});
