import {
  judgeCodeDeploy,
  type CodeDeploySight,
} from '../../../actions/ecs-deploy/strategies/code-deploy/judge.js';
import type {
  CodeDeployment,
  CodeDeployTarget,
} from '../../../actions/ecs-deploy/strategies/code-deploy/model.js';

function deployment(changes: Partial<CodeDeployment> = {}): CodeDeployment {
  return {
    id: 'd-OWN000000',
    status: 'InProgress',
    createdAtMs: 0,
    completedAtMs: undefined,
    error: undefined,
    rollbackId: undefined,
    rollsBackOn: [],
    terminationWaitStarted: false,
    rollsBackId: undefined,
    terminationWaitMinutes: 60,
    config: undefined,
    readyWaitMinutes: 0,
    appSpec: undefined,
    ...changes,
  };
}

function target(...statuses: string[]): CodeDeployTarget {
  const names = ['BeforeInstall', 'Install', 'AfterAllowTraffic'];
  const events = statuses.map((status, index) => ({
    name: names[index] ?? '',
    status,
    startMs: undefined,
    endMs: undefined,
    message: undefined,
  }));
  return { events, taskSets: [] };
}

const alarm = { code: 'ALARM_ACTIVE', message: '' };
const manual = { code: 'MANUAL_STOP', message: '' };
const back = (status: string): CodeDeployment => deployment({ id: 'd-BACK00000', status });

it.each<readonly [string, Partial<CodeDeploySight>, string]>([
  ['created', { deployment: deployment({ status: 'Created' }), target: undefined }, 'deploying'],
  ['in progress', { target: target('Succeeded', 'InProgress', 'Pending') }, 'deploying'],
  ['all traffic shifted', { target: target('Succeeded', 'Succeeded', 'Succeeded') }, 'succeeded'],
  [
    'all shifted, but its bake is not over',
    {
      deployment: deployment({ status: 'Baking' }),
      target: target('Succeeded', 'Succeeded', 'Succeeded'),
    },
    'deploying',
  ],
  ['waiting for the rerouting', { deployment: deployment({ status: 'Ready' }) }, 'ready'],
  ['succeeded', { deployment: deployment({ status: 'Succeeded' }) }, 'succeeded'],
  ['a status that nobody knows yet', { deployment: deployment({ status: 'Musing' }) }, 'deploying'],
  ['failed without rollback', { deployment: deployment({ status: 'Failed' }) }, 'failed'],
  [
    'failed, and a rollback is expected',
    { deployment: deployment({ status: 'Failed', rollsBackOn: ['DEPLOYMENT_FAILURE'] }) },
    'rolling-back',
  ],
  [
    'failed, and the rollback does not come',
    {
      deployment: deployment({ status: 'Failed', rollsBackOn: ['DEPLOYMENT_FAILURE'] }),
      looksSinceEnd: 3,
    },
    'failed',
  ],
  [
    'failed before there was anything to roll back',
    {
      deployment: deployment({ status: 'Failed', rollsBackOn: ['DEPLOYMENT_FAILURE'] }),
      target: target('Failed', 'Skipped', 'Skipped'),
    },
    'failed',
  ],
  [
    'failed, rolling back',
    { deployment: deployment({ status: 'Failed' }), rollback: back('InProgress') },
    'rolling-back',
  ],
  [
    'failed, rolled back',
    { deployment: deployment({ status: 'Failed' }), rollback: back('Succeeded') },
    'rolled-back',
  ],
  [
    'failed, and its rollback too',
    { deployment: deployment({ status: 'Failed' }), rollback: back('Failed') },
    'failed',
  ],
  [
    'stopped by an alarm',
    { deployment: deployment({ status: 'Stopped', error: alarm }) },
    'failed',
  ],
  [
    'stopped by an alarm, rolled back',
    { deployment: deployment({ status: 'Stopped', error: alarm }), rollback: back('Succeeded') },
    'rolled-back',
  ],
  [
    'stopped by hand, a moment ago',
    { deployment: deployment({ status: 'Stopped', error: manual }) },
    'rolling-back',
  ],
  [
    'stopped by hand, and nothing followed',
    { deployment: deployment({ status: 'Stopped', error: manual }), looksSinceEnd: 2 },
    'stopped',
  ],
  [
    'stopped by hand, rolled back',
    { deployment: deployment({ status: 'Stopped', error: manual }), rollback: back('Succeeded') },
    'stopped',
  ],
  [
    'stopped by ourselves, for its tasks cannot start',
    {
      deployment: deployment({ status: 'Stopped', error: manual }),
      rollback: back('Succeeded'),
      givenUp: true,
    },
    'rolled-back',
  ],
  [
    'all shifted, by the deployment alone',
    { deployment: deployment({ terminationWaitStarted: true }), target: undefined },
    'succeeded',
  ],
  [
    'stopped for another one',
    {
      deployment: deployment({ status: 'Stopped', error: manual }),
      looksSinceEnd: 2,
      newer: 'd-NEW000000',
    },
    'superseded',
  ],
])('%s', (_, changes, expected) => {
  const judgement = judgeCodeDeploy(
    {
      deployment: deployment(),
      target: target('Succeeded', 'Failed', 'Skipped'),
      rollback: undefined,
      newer: undefined,
      looksSinceEnd: 1,
      givenUp: false,
      ...changes,
    },
    false,
  );
  expect(judgement.kind === 'ended' ? judgement.outcome : judgement.phase).toBe(expected);
});

it('waits for the old tasks’ end where that is asked', () => {
  const sight = {
    deployment: deployment(),
    target: target('Succeeded', 'Succeeded', 'Succeeded'),
    rollback: undefined,
    newer: undefined,
    looksSinceEnd: 0,
    givenUp: false,
  };
  expect(judgeCodeDeploy(sight, true)).toEqual({ kind: 'going', phase: 'deploying' });
});
