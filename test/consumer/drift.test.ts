import path from 'node:path';
import { scheduleEvent } from '../../emulator/runner/index.js';
import type { Repository } from '../../scripts/demo/git.js';
import type { ActRun } from '../support/act.js';
import { createJobRole } from '../support/aws-role.js';
import { setByHand } from '../support/by-hand.js';
import { actRequirement, legs } from '../support/consumer-runs.js';
import { callerOf, openConsumer, type Consumer } from '../support/consumer.js';
import { describeWhere } from '../support/requirement.js';
import { createStateBucket, place, rootModule, runLayer } from '../support/terraform-repository.js';

const slug = 'org/infra';
const main = place('01-foundation', 'dev');
const id = path.dirname(main);

const stack = rootModule(
  'dev',
  'foundation',
  [],
  `resource "aws_ssm_parameter" "greeting" {
  name           = "/dev/greeting"
  type           = "String"
  insecure_value = "hello"
}`,
);

const caller = (inputs: Readonly<Record<string, string | boolean>>): string =>
  callerOf('drift', {
    on: { schedule: [{ cron: '0 5 * * *' }] },
    permissions: { contents: 'read', 'id-token': 'write', issues: 'write' },
    inputs,
  });

describeWhere(actRequirement, 'drift.yml, on a schedule of an infra repository', () => {
  let consumer: Consumer;
  let infra: Repository;

  beforeAll(async () => {
    consumer = await openConsumer();
    const { aws } = consumer;
    await createStateBucket(aws);
    // The role of jobs on the default branch, which name no environment.
    const planRole = await createJobRole(aws, 'plan', `repo:${slug}:ref:refs/heads/main`);
    infra = await consumer.repository(slug, {
      '.gitignore': '.terraform/\n.terraform.lock.hcl\n',
      [main]: stack,
      '.github/workflows/drift.yml': caller({ 'plan-role': planRole }),
      '.github/workflows/strict.yml': caller({
        ...{ 'plan-role': planRole, issues: false, 'fail-on-drift': true },
      }),
    });
    const inputs = { command: 'apply', environment: 'dev', layers: 'all' };
    const applied = await runLayer(aws, { workspace: infra.directory, inputs });
    expect(applied.step.conclusion).toBe('success');
  });
  afterAll(() => consumer.stop());

  const check = (workflow = 'drift.yml'): Promise<ActRun> =>
    consumer.run(
      infra,
      workflow,
      scheduleEvent({ repository: slug, sha: infra.git('rev-parse', 'HEAD') }),
    );

  const issues = () =>
    consumer.emulator.github
      .state()
      .repositories.flatMap((repository) => repository.issues)
      .map(({ number, title, state }) => ({ number, title, state }));

  const drifted = ({ jobs }: ActRun): unknown => JSON.parse(jobs[0]?.outputs['drifted'] ?? 'null');

  it('opens no issue where the world is as the code says', async () => {
    const result = await check();
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['drift success'],
      exitCode: 0,
    });
    expect(drifted(result)).toEqual([]);
    expect(issues()).toEqual([]);
  });

  it('opens an issue for a stack that was changed by hand, and closes it by itself', async () => {
    await setByHand(consumer.aws, '/dev/greeting', 'by hand');
    const found = await check();
    expect(legs(found)).toEqual(['drift success']);
    expect(drifted(found)).toEqual([id]);
    const [issue, ...others] = issues();
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ title: 'Drift: 01-foundation/dev', state: 'open' });

    await setByHand(consumer.aws, '/dev/greeting', 'hello');
    const repaired = await check();
    expect(legs(repaired)).toEqual(['drift success']);
    expect(issues()).toEqual([{ ...issue, state: 'closed' }]);
  });

  it('fails the run instead, where the caller wants that, and keeps no issue', async () => {
    const before = issues();
    await setByHand(consumer.aws, '/dev/greeting', 'by hand again');
    const found = await check('strict.yml');
    expect({ legs: legs(found), exitCode: found.exitCode }).toEqual({
      legs: ['drift failure'],
      exitCode: 1,
    });
    expect(found.jobs[0]?.failedSteps).toEqual(['Fail where a stack differs']);
    expect(issues()).toEqual(before);

    await setByHand(consumer.aws, '/dev/greeting', 'hello');
    expect(legs(await check('strict.yml'))).toEqual(['drift success']);
  });
});
