import type { Deployment, Service, ServiceDeployment } from '../../../actions/ecs-deploy/model.js';
import type { SeenHook } from '../../../actions/ecs-deploy/rollout/hooks.js';
import { judge, type Sight } from '../../../actions/ecs-deploy/rollout/judge.js';

const own = { id: 'ecs-svc/own', taskDefinitionArn: 'web:2', createdAtMs: 1000 };
const newer = {
  arn: 'sd/newer',
  status: 'IN_PROGRESS',
  createdAtMs: 2000,
  targetRevisionArn: 'r3',
};

function deployment(id: string, changes: Partial<Deployment> = {}): Deployment {
  return {
    id: `ecs-svc/${id}`,
    status: 'PRIMARY',
    taskDefinitionArn: 'web:2',
    desiredCount: 2,
    runningCount: 0,
    pendingCount: 0,
    failedTasks: 0,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: undefined,
    createdAtMs: 1000,
    ...changes,
  };
}

function service(deployments: readonly Deployment[], rollsBack = true): Service {
  return {
    arn: 'arn',
    name: 'web',
    clusterArn: 'arn',
    status: 'ACTIVE',
    controller: 'ECS',
    managedBy: 'CUSTOMER',
    scheduling: 'REPLICA',
    strategy: 'ROLLING',
    rollsBack,
    deploymentConfiguration: {},
    desiredCount: 2,
    runningCount: 2,
    pendingCount: 0,
    taskDefinitionArn: 'web:2',
    wiring: {
      launchType: 'FARGATE',
      capacityProviders: [],
      platformVersion: undefined,
      network: undefined,
      loadBalancers: [],
    },
    deployments,
    taskSets: [],
    events: [],
  };
}

function sight(changes: Partial<Sight> = {}): Sight {
  return {
    own,
    service: service([deployment('own')]),
    serviceDeployment: undefined,
    newer: undefined,
    failedBefore: false,
    looksSinceFailure: 0,
    hooks: [],
    ownSeen: true,
    ...changes,
  };
}

function serviceDeployment(changes: Partial<ServiceDeployment>): ServiceDeployment {
  return {
    arn: 'sd/own',
    status: 'IN_PROGRESS',
    statusReason: undefined,
    createdAtMs: 1000,
    finishedAtMs: undefined,
    stoppedAtMs: undefined,
    targetRevisionArn: 'r2',
    target: { requested: 2, running: 0, pending: 0 },
    breaker: { status: 'MONITORING', failureCount: 0, threshold: 3 },
    triggeredAlarms: [],
    shift: undefined,
    rollback: undefined,
    ...changes,
  };
}

const lambda: SeenHook = {
  id: 'h1',
  kind: 'lambda',
  targetArn: 'arn:aws:lambda:eu-west-1:123456789012:function:check',
  status: 'IN_PROGRESS',
  expiresAtMs: 0,
  timeoutAction: 'ROLLBACK',
  stage: 'POST_SCALE_UP',
  ofRollback: false,
};
const pause = { kind: 'pause', targetArn: undefined, status: 'AWAITING_ACTION' } as const;
const shift = {
  strategy: 'BLUE_GREEN',
  stage: 'POST_SCALE_UP',
  updatedAtMs: undefined,
  productionPercent: 0,
  configuredHooks: [],
  bakeMinutes: 0,
  stepPercent: undefined,
  stepBakeMinutes: 0,
};

const tripped = { status: 'TRIGGERED', failureCount: 3, threshold: 3 };

function verdict(seen: Sight): string {
  const judgement = judge(seen);
  return judgement.kind === 'ended' ? judgement.outcome : judgement.phase;
}

describe('by the service deployment', () => {
  it.each<readonly [string, Partial<ServiceDeployment>, string]>([
    ['pending', { status: 'PENDING' }, 'starting'],
    ['in progress', {}, 'rolling-out'],
    ['successful', { status: 'SUCCESSFUL' }, 'succeeded'],
    ['a status that nobody knows yet', { status: 'PONDERING' }, 'rolling-out'],
    [
      'rolling back, by the breaker',
      { status: 'ROLLBACK_IN_PROGRESS', breaker: tripped },
      'rolling-back',
    ],
    [
      'rolled back, by the breaker',
      { status: 'ROLLBACK_SUCCESSFUL', breaker: tripped },
      'rolled-back',
    ],
    [
      'rolled back, by an alarm',
      { status: 'ROLLBACK_SUCCESSFUL', triggeredAlarms: ['5xx'] },
      'rolled-back',
    ],
    ['rolled back, by hand', { status: 'ROLLBACK_SUCCESSFUL' }, 'stopped'],
    ['a stop under way', { status: 'ROLLBACK_REQUESTED' }, 'stopping'],
    ['a rollback that failed', { status: 'ROLLBACK_FAILED', breaker: tripped }, 'failed'],
    ['stopped by the breaker', { status: 'STOPPED', breaker: tripped }, 'failed'],
    ['stopped by hand', { status: 'STOPPED' }, 'stopped'],
    ['in progress, but the breaker has tripped', { breaker: tripped }, 'rolling-back'],
  ])('%s', (_, changes, expected) => {
    expect(verdict(sight({ serviceDeployment: serviceDeployment(changes) }))).toBe(expected);
  });

  it.each<readonly [string, Partial<Sight>]>([
    ['the service has no rollback', { service: service([deployment('own')], false) }],
    ['there is nothing to go back to', { looksSinceFailure: 13 }],
  ])('in progress, but the breaker has tripped, and %s', (_, changes) => {
    const serviceDeployments = [
      sight({ ...changes, serviceDeployment: serviceDeployment({ breaker: tripped }) }),
      sight({ ...changes, serviceDeployment: serviceDeployment({}), failedBefore: true }),
    ];
    expect(serviceDeployments.map(verdict)).toEqual(['failed', 'failed']);
  });

  it.each<readonly [string, Partial<SeenHook>, string, string]>([
    ['a failed hook', { status: 'FAILED' }, 'ROLLBACK_SUCCESSFUL', 'rolled-back'],
    [
      'a pause that expired',
      { ...pause, status: 'TIMED_OUT' },
      'ROLLBACK_SUCCESSFUL',
      'rolled-back',
    ],
    ['a pause that was declined', { ...pause, status: 'FAILED' }, 'ROLLBACK_SUCCESSFUL', 'stopped'],
    [
      'a hook that a rollback by hand started, and that failed',
      { status: 'FAILED', ofRollback: true },
      'ROLLBACK_SUCCESSFUL',
      'stopped',
    ],
    ['a hook that is asked still', {}, 'IN_PROGRESS', 'rolling-out'],
    ['a pause', pause, 'IN_PROGRESS', 'paused'],
    ['a pause that was answered', { ...pause, status: 'SUCCEEDED' }, 'IN_PROGRESS', 'rolling-out'],
    ['a pause of a deployment on its way back', pause, 'ROLLBACK_REQUESTED', 'stopping'],
  ])('%s', (_, changes, status, expected) => {
    const hook = { ...lambda, ...changes };
    const deploying = serviceDeployment({ status, shift: { ...shift, hooks: [hook] } });
    expect(verdict(sight({ serviceDeployment: deploying, hooks: [hook] }))).toBe(expected);
  });

  it('a hook that ECS shows no more, but a service event tells of', () => {
    const message = `(service web) (deployment ${own.id}) deployment failed: hook execution failure(s) detected.`;
    const seen = sight({
      serviceDeployment: serviceDeployment({ status: 'ROLLBACK_SUCCESSFUL' }),
      service: { ...service([deployment('own')]), events: [{ id: 'e', atMs: 0, message }] },
    });
    expect(verdict(seen)).toBe('rolled-back');
  });

  it('a stop because a newer one began is no stop by hand', () => {
    const stopped = serviceDeployment({ status: 'STOPPED' });
    expect(verdict(sight({ serviceDeployment: stopped, newer }))).toBe('superseded');
  });

  it('a newer primary deployment supersedes it, whatever its status says', () => {
    const seen = sight({
      serviceDeployment: serviceDeployment({}),
      service: service([deployment('newer'), deployment('own', { status: 'ACTIVE' })]),
      newer,
    });
    expect(verdict(seen)).toBe('superseded');
  });

  it('neither task counts nor a lone deployment make a success', () => {
    const seen = sight({
      serviceDeployment: serviceDeployment({ status: 'ROLLBACK_IN_PROGRESS', breaker: tripped }),
      service: service([
        deployment('old', {
          taskDefinitionArn: 'web:1',
          runningCount: 2,
          rolloutState: 'COMPLETED',
        }),
      ]),
    });
    expect(verdict(seen)).toBe('rolling-back');
  });
});

describe('by the service alone', () => {
  const failed = deployment('own', { status: 'ACTIVE', rolloutState: 'FAILED' });
  const old = (rolloutState: string): Deployment =>
    deployment('old', { taskDefinitionArn: 'web:1', rolloutState });

  it.each<readonly [string, Partial<Sight>, string]>([
    ['in progress', {}, 'rolling-out'],
    [
      'completed',
      { service: service([deployment('own', { rolloutState: 'COMPLETED' })]) },
      'succeeded',
    ],
    [
      'failed without rollback',
      { service: service([deployment('own', { rolloutState: 'FAILED' })], false) },
      'failed',
    ],
    [
      'failed, the old one comes back',
      { service: service([old('IN_PROGRESS'), failed]) },
      'rolling-back',
    ],
    [
      'failed, the old one is back',
      { service: service([old('COMPLETED'), failed]) },
      'rolled-back',
    ],
    [
      'failed before, gone since',
      { service: service([old('COMPLETED')]), failedBefore: true },
      'rolled-back',
    ],
    [
      'failed, and nothing to go back to',
      {
        service: service([deployment('own', { rolloutState: 'FAILED' })]),
        looksSinceFailure: 13,
      },
      'failed',
    ],
    ['the rollback failed too', { service: service([old('FAILED'), failed]) }, 'failed'],
    [
      'another one took over',
      {
        service: service([
          deployment('newer', { createdAtMs: 2000 }),
          deployment('own', { status: 'ACTIVE' }),
        ]),
      },
      'superseded',
    ],
    [
      'an older one is primary again',
      { service: service([deployment('old', { createdAtMs: 0 })]) },
      'stopped',
    ],
    [
      'an answer from before our update',
      { service: service([deployment('old', { createdAtMs: 0 })]), ownSeen: false },
      'starting',
    ],
  ])('%s', (_, changes, expected) => {
    expect(verdict(sight(changes))).toBe(expected);
  });
});
