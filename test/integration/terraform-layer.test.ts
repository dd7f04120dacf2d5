import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { said } from '../support/annotations.js';
import { setByHand } from '../support/by-hand.js';
import { layerRuns } from '../support/layer-runs.js';
import {
  place,
  readState,
  rootModule,
  type runLayer,
  stateKeys,
  threeLayers,
  writeRepository,
} from '../support/terraform-repository.js';

const layers = layerRuns();
const { run } = layers;

const twoEnvironments = `version: 1
environments:
  dev: { apply: auto }
  production: { apply: auto, after: [dev] }
`;

describe('a layered repository', () => {
  it('is planned, applied in order, and then in sync', async () => {
    const workspace = await writeRepository(layers.emulator, {
      ...threeLayers(['dev', 'production']),
      'infra.yml': twoEnvironments,
    });

    const fresh = await run(workspace, 'plan');
    expect(fresh.step.conclusion).toBe('success');
    expect(fresh.statuses).toEqual({
      '01-foundation/dev': 'changes',
      '02-platform/dev': 'changes',
      '03-apps/dev': 'changes',
      '01-foundation/production': 'changes',
      '02-platform/production': 'changes',
      '03-apps/production': 'changes',
    });
    expect(fresh.step.summary).toContain('+ create aws_ssm_parameter.name');
    // No state is there yet: each layer is planned against the planned outputs of the one before.
    expect(fresh.step.summary).toContain('cluster of /production/name');
    expect(fresh.leftBehind).toEqual([]);
    expect(await stateKeys(layers.emulator)).toEqual([]);

    const applied = await run(workspace, 'apply');
    expect(applied.step.conclusion).toBe('success');
    expect(new Set(Object.values(applied.statuses))).toEqual(new Set(['applied']));
    const ended = applied.step.log.flatMap((line) => /^\[\d+\/6\] (\S+):/.exec(line)?.[1] ?? []);
    expect(ended).toEqual(Object.keys(applied.statuses));
    expect(await stateKeys(layers.emulator)).toEqual([
      'dev/apps.tfstate',
      'dev/foundation.tfstate',
      'dev/platform.tfstate',
      'production/apps.tfstate',
      'production/foundation.tfstate',
      'production/platform.tfstate',
    ]);
    expect(await readState(layers.emulator, 'dev/apps.tfstate')).toMatchObject({
      resources: [
        { mode: 'data' },
        { instances: [{ attributes: { input: { value: 'cluster of /dev/name' } } }] },
      ],
    });

    const drift = await run(workspace, 'drift');
    expect(new Set(Object.values(drift.statuses))).toEqual(new Set(['unchanged']));
    expect(drift.step.outputs['drifted']).toBe('[]');
    expect(drift.step.outputs['has-changes']).toBe('false');

    await setByHand(layers.emulator, '/dev/name', 'by hand');
    const drifted = await run(workspace, 'drift', { environment: 'dev' });
    expect(drifted.step.conclusion).toBe('success');
    expect(JSON.parse(drifted.step.outputs['drifted'] ?? '')).toEqual([
      'layers/01-foundation/environments/dev',
    ]);
  });

  it('stops what depends on a failure, and nothing else', async () => {
    const workspace = await writeRepository(layers.emulator, {
      [place('01-base', 'dev')]: rootModule('dev', 'base', [], 'output "x" {\n  value = 1\n}'),
      [place('02-broken', 'dev')]: rootModule(
        'dev',
        'broken',
        ['base'],
        'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "exit 7"\n  }\n}\noutput "x" {\n  value = 1\n}',
      ),
      [place('02-healthy', 'dev')]: rootModule(
        'dev',
        'healthy',
        ['base'],
        'resource "terraform_data" "x" {}',
      ),
      [place('03-after', 'dev')]: rootModule(
        'dev',
        'after',
        ['broken'],
        'output "x" {\n  value = 1\n}',
      ),
    });
    const { step, statuses } = await run(workspace, 'apply', { environment: 'dev' });
    expect(step.conclusion).toBe('failure');
    expect(statuses).toEqual({
      '01-base/dev': 'applied',
      '02-broken/dev': 'failed',
      '02-healthy/dev': 'applied',
      '03-after/dev': 'not-started',
    });
    expect(step.annotations).toContainEqual(
      expect.objectContaining({
        level: 'error',
        file: 'layers/02-broken/environments/dev/main.tf',
      }),
    );
    expect(step.summary).toMatch(/`03-after` \| `dev` \| ⏸️ not started.*`02-broken\/dev`/);
  });
});

describe('what is wrong is told before anything is touched', () => {
  async function failing(
    files: Readonly<Record<string, string>>,
    inputs: Readonly<Record<string, string>> = {},
    rest: Partial<Parameters<typeof runLayer>[1]> = {},
  ): Promise<string> {
    const workspace = await writeRepository(layers.emulator, { ...threeLayers(['dev']), ...files });
    const { step, leftBehind } = await run(
      workspace,
      'apply',
      { environment: 'dev', ...inputs },
      rest,
    );
    expect(step.conclusion).toBe('failure');
    expect(await stateKeys(layers.emulator)).toEqual([]);
    expect(leftBehind).toEqual([]);
    return said(step);
  }

  it('an unknown environment and command', async () => {
    expect(await failing({}, { environment: 'prod' })).toMatch(/"prod" is none of dev/);
    expect(await failing({}, { command: 'explode' })).toMatch(/plan, apply, drift, destroy/);
  });

  it('a cycle between stacks', async () => {
    const files = {
      [place('01-foundation', 'dev')]: rootModule('dev', 'foundation', ['apps'], ''),
    };
    expect(await failing(files)).toMatch(/wait for each other/);
  });

  it('HCL that does not parse, with file and line', async () => {
    const workspace = await writeRepository(layers.emulator, {
      ...threeLayers(['dev']),
      'layers/02-platform/environments/dev/more.tf':
        'resource "terraform_data" "x" {\n  input = [1,\n}\n',
    });
    const { step } = await run(workspace, 'plan');
    expect(step.annotations).toContainEqual(
      expect.objectContaining({
        level: 'error',
        file: 'layers/02-platform/environments/dev/more.tf',
      }),
    );
    expect(await layers.emulator.calls()).not.toHaveProperty('sts.GetCallerIdentity');
  });

  it('a role without the permission to ask for a token', async () => {
    const role = { 'role-to-assume': 'arn:aws:iam::123456789012:role/x' };
    expect(await failing({}, role)).toMatch(/id-token: write/);
  });

  it('a role of an account that is not allowed', async () => {
    const inputs = {
      'role-to-assume': 'arn:aws:iam::123456789012:role/x',
      'allowed-account-ids': '210987654321',
    };
    expect(await failing({}, inputs)).toMatch(/in account 123456789012/);
  });

  it('credentials that are not there', async () => {
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', HOME: '/nonexistent' };
    expect(await failing({}, {}, { env })).toMatch(/no AWS credentials/);
  });
});

describe('a cancelled apply', () => {
  it('leaves no lock, says how far each stack came, and is finished by the next run', async () => {
    const slow = (seconds: number): string =>
      `resource "terraform_data" "quick" {}
resource "terraform_data" "slow" {
  depends_on = [terraform_data.quick]
  provisioner "local-exec" {
    command = "sleep ${seconds}"
  }
}`;
    const file = place('01-slow', 'dev');
    const workspace = await writeRepository(layers.emulator, {
      [file]: rootModule('dev', 'slow', [], slow(60)),
      [place('02-next', 'dev')]: rootModule('dev', 'next', ['slow'], ''),
    });
    const controller = new AbortController();
    const cancelled = await run(
      workspace,
      'apply',
      { environment: 'dev' },
      {
        signal: controller.signal,
        onLine: (line) => {
          if (line.includes('terraform_data.quick: Creation complete')) controller.abort();
        },
      },
    );
    expect(cancelled.statuses).toEqual({
      '01-slow/dev': 'interrupted',
      '02-next/dev': 'not-started',
    });
    expect(cancelled.leftBehind).toEqual([]);
    expect(await stateKeys(layers.emulator)).toEqual(['dev/slow.tfstate']);

    await writeFile(path.join(workspace, file), rootModule('dev', 'slow', [], slow(0)));
    const again = await run(workspace, 'apply', { environment: 'dev' });
    expect(again.statuses).toEqual({ '01-slow/dev': 'applied', '02-next/dev': 'unchanged' });
    const empty = await run(workspace, 'plan');
    expect(empty.step.outputs['has-changes']).toBe('false');
  });
});
