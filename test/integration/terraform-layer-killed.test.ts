import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { layerRuns } from '../support/layer-runs.js';
import {
  killBelow,
  mainProcess,
  place,
  readState,
  rootModule,
  sidecarKeys,
  stateKeys,
  terraformProcess,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const layers = layerRuns();

const directory = path.dirname(place('01-slow', 'dev'));
const journalKey = 'dev/slow.tfstate.infra/journal';

const slow = (seconds: number, after: string): string => `resource "terraform_data" "slow" {
  depends_on = [${after}]
  provisioner "local-exec" {
    command = "sleep ${seconds}"
  }
}`;

function repository(body: string): Promise<string> {
  return writeRepository(layers.emulator, {
    [place('01-slow', 'dev')]: rootModule('dev', 'slow', [], body),
  });
}

/** One stack whose second resource takes a while. */
function slowRepository(): Promise<string> {
  return repository(`resource "terraform_data" "quick" {}\n${slow(5, 'terraform_data.quick')}`);
}

/** Two parameters, and then something that takes longer than anybody waits. */
function parameterRepository(): Promise<string> {
  return repository(`resource "aws_ssm_parameter" "this" {
  for_each = toset(["one", "two"])
  name     = "/$\{each.key}"
  type     = "String"
  value    = "x"
}
${slow(120, 'aws_ssm_parameter.this')}`);
}

/** Applies, and calls `onSlow` once everything before the slow resource is made. */
function apply(workspace: string, onSlow: () => void, before = 1): Promise<LayerStep> {
  let made = 0;
  const onLine = (line: string): void => {
    if (/^\s*01-slow\/dev: .*Creation complete/.test(line)) made += 1;
    else return;
    if (made === before) onSlow();
  };
  return layers.run(workspace, 'apply', { environment: 'dev' }, { onLine });
}

const killMain = (workspace: string): number => killBelow(workspace, mainProcess);
const killTerraform = (workspace: string): number => killBelow(workspace, terraformProcess);

function plan(workspace: string): Promise<LayerStep> {
  return layers.run(workspace, 'plan', { 'lock-timeout': '1s' });
}

/** The blocks that a log offers, as configuration. */
function importBlocks(log: string): string {
  return [...log.matchAll(/import \{\n {2}to = .*\n {2}id = .*\n\}/g)].join('\n');
}

it('a step that is killed leaves Terraform running, and its post waits for it', async () => {
  const workspace = await slowRepository();
  const { step, leftBehind } = await apply(workspace, () => killMain(workspace));
  expect(step.main?.exitCode).toBeNull();
  expect(step.log.join('\n')).toContain('Waiting up to 240 s for Terraform');
  expect(await stateKeys(layers.emulator)).toEqual(['dev/slow.tfstate']);
  expect(await sidecarKeys(layers.emulator)).toEqual([]);
  expect(await readState(layers.emulator, 'dev/slow.tfstate')).toMatchObject({
    resources: [{ name: 'quick' }, { name: 'slow' }],
  });
  expect(leftBehind).toEqual([]);
});

it('the lock of a killed Terraform is released, and what it made is named until it is adopted', async () => {
  const workspace = await parameterRepository();
  const killed = await apply(workspace, () => killTerraform(workspace), 2);
  expect(killed.statuses).toEqual({ '01-slow/dev': 'failed' });
  expect(killed.log).toContain('it was released');
  // The state of an S3 backend is written every 20 s, and it was killed before.
  expect(await stateKeys(layers.emulator)).toEqual([]);
  expect(await readState(layers.emulator, journalKey)).toMatchObject({
    lockId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    runUrl: expect.stringContaining('/actions/runs/') as string,
    resources: expect.arrayContaining([
      expect.objectContaining({ address: 'aws_ssm_parameter.this["one"]', id: '/one' }),
      expect.objectContaining({ address: 'aws_ssm_parameter.this["two"]', id: '/two' }),
    ]) as unknown,
  });

  const next = await plan(workspace);
  expect(next.statuses).toEqual({ '01-slow/dev': 'changes' });
  const blocks = importBlocks(next.log);
  expect(blocks).toContain('to = aws_ssm_parameter.this["two"]\n  id = "/two"');

  await writeFile(path.join(workspace, directory, 'imports.tf'), blocks);
  const main = path.join(workspace, directory, 'main.tf');
  await writeFile(main, (await readFile(main, 'utf8')).replace('sleep 120', 'sleep 0'));
  const adopting = await apply(workspace, () => undefined);
  expect(adopting.statuses).toEqual({ '01-slow/dev': 'applied' });
  expect(await sidecarKeys(layers.emulator)).toEqual(['dev/slow.tfstate.infra/applied']);
  const after = await plan(workspace);
  expect(after.statuses).toEqual({ '01-slow/dev': 'unchanged' });
  expect(importBlocks(after.log)).toBe('');
});

it('where both are killed, the post step releases the lock and completes the journal', async () => {
  const workspace = await parameterRepository();
  const { step, log, leftBehind } = await apply(
    workspace,
    () => {
      killMain(workspace);
      killTerraform(workspace);
    },
    2,
  );
  expect(step.main?.exitCode).toBeNull();
  expect(log).toContain('it was released');
  expect(importBlocks(log)).toContain('id = "/one"');
  expect(await stateKeys(layers.emulator)).toEqual([]);
  expect(leftBehind).toEqual([]);
  const next = await plan(workspace);
  expect(importBlocks(next.log)).toContain('to = aws_ssm_parameter.this["one"]\n  id = "/one"');
});

describe('a state that cannot be written', () => {
  /** Denied while `until` has not come true. */
  async function denyWrites(until: () => Promise<boolean>): Promise<void> {
    await layers.emulator.addFaults({
      ...{ service: 's3', operation: 'PutObject', kind: 'error' },
      ...{ code: 'AccessDenied', status: 403 },
    });
    while (!(await until())) await delay(200);
    await layers.emulator.control('DELETE', 'faults');
  }

  it('is pushed as soon as that is possible', async () => {
    const workspace = await slowRepository();
    const errored = path.join(workspace, directory, 'errored.tfstate');
    let denying: Promise<void> | undefined;
    const { statuses, log } = await apply(workspace, () => {
      denying = denyWrites(() => Promise.resolve(existsSync(errored)));
    });
    await denying;
    expect(statuses).toEqual({ '01-slow/dev': 'failed' });
    expect(log).toContain('was pushed after it');
    expect(existsSync(errored)).toBe(false);
    expect(await stateKeys(layers.emulator)).toEqual(['dev/slow.tfstate']);
    expect(await sidecarKeys(layers.emulator)).toEqual([]);
    expect((await plan(workspace)).statuses).toEqual({ '01-slow/dev': 'unchanged' });
  });

  it('is kept where nothing can be written, and the command that pushes it named', async () => {
    const workspace = await slowRepository();
    const errored = path.join(workspace, directory, 'errored.tfstate');
    let over = false;
    let denying: Promise<void> | undefined;
    const { step, log } = await apply(workspace, () => {
      denying = denyWrites(() => Promise.resolve(over));
    });
    over = true;
    await denying;
    expect(step.conclusion).toBe('failure');
    expect(log).toContain(`terraform -chdir=${directory} state push errored.tfstate`);
    expect(JSON.parse(await readFile(errored, 'utf8'))).toMatchObject({
      resources: [{ name: 'quick' }, { name: 'slow' }],
    });
  });
});
