import {
  diagnose,
  explainDiagnosis,
  formatDiagnosis,
  type DiagnosisFacts,
} from '../../../actions/ecs-deploy/rollout/diagnosis.js';
import {
  describeEnd,
  findCulprit,
  isFailure,
  logStreamOf,
  toFailedTask,
  type FailedTask,
} from '../../../actions/ecs-deploy/rollout/failed-tasks.js';
import type { JsonObject, Task, TaskContainer } from '../../../actions/ecs-deploy/model.js';

const definition: JsonObject = {
  family: 'web',
  memory: '512',
  containerDefinitions: [
    {
      name: 'app',
      image: 'web:v2',
      memory: 256,
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': '/ecs/web',
          'awslogs-region': 'eu-west-1',
          'awslogs-stream-prefix': 'web',
        },
      },
    },
    { name: 'sidecar', image: 'sidecar:v1', essential: false },
    { name: 'agent', image: 'agent:v1', logConfiguration: { logDriver: 'splunk' } },
  ],
};

function container(changes: Partial<TaskContainer> = {}): TaskContainer {
  return {
    name: 'app',
    image: 'web:v2',
    exitCode: undefined,
    reason: undefined,
    healthStatus: undefined,
    imageDigest: undefined,
    ...changes,
  };
}

function task(changes: Partial<Task> = {}): Task {
  return {
    arn: 'arn:aws:ecs:eu-west-1:123456789012:task/main/0a1b',
    taskDefinitionArn: 'web:2',
    startedBy: 'ecs-svc/1',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    createdAtMs: 0,
    startedAtMs: 1000,
    stoppedAtMs: 2000,
    containers: [container()],
    ...changes,
  };
}

function failed(changes: Partial<Task>, logLines: readonly string[] = []): FailedTask {
  const whole = task(changes);
  return toFailedTask(whole, findCulprit(whole, definition), logLines);
}

function facts(changes: Partial<DiagnosisFacts> = {}): DiagnosisFacts {
  return {
    definition,
    failedTasks: [],
    events: [],
    serviceDeployment: undefined,
    statusReason: undefined,
    ...changes,
  };
}

const unpullable =
  'CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref web:v2: not found';

describe('the cause', () => {
  it.each<readonly [string, Partial<Task>, readonly string[], object]>([
    [
      'an exit code',
      { containers: [container({ exitCode: 3 })] },
      ['starting', 'no such table', ''],
      { code: 'container-exited', container: 'app', exitCode: 3, lastLogLine: 'no such table' },
    ],
    [
      'an exit with 0',
      { containers: [container({ exitCode: 0 })] },
      [],
      {
        code: 'container-exited',
        exitCode: 0,
        hint: expect.stringContaining('keep running') as string,
      },
    ],
    [
      'memory, with its limit',
      {
        containers: [
          container({
            exitCode: 137,
            reason: 'OutOfMemoryError: Container killed due to memory usage',
          }),
        ],
      },
      [],
      { code: 'out-of-memory', exitCode: 137, hint: expect.stringContaining('256 MiB') as string },
    ],
    [
      'a kill that does not say why',
      { containers: [container({ exitCode: 137 })] },
      [],
      { code: 'container-exited', hint: expect.stringContaining('256 MiB') as string },
    ],
    [
      'an image that cannot be pulled',
      { stopCode: 'TaskFailedToStart', stoppedReason: unpullable, containers: [container()] },
      [],
      {
        code: 'image-pull',
        cause: expect.stringContaining('web:v2 cannot be pulled') as string,
        hint: expect.stringContaining('tag or digest') as string,
      },
    ],
    [
      'secrets that cannot be read',
      {
        stopCode: 'TaskFailedToStart',
        stoppedReason:
          'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed',
      },
      [],
      { code: 'resource-initialization' },
    ],
    [
      'another CPU architecture',
      { containers: [container({ exitCode: 255 })] },
      ['exec /app: exec format error'],
      { code: 'exec-format' },
    ],
    [
      'the container’s health check',
      {
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason: 'Task failed container health checks',
        containers: [container({ healthStatus: 'UNHEALTHY', exitCode: 137 })],
      },
      [],
      { code: 'health-check', container: 'app' },
    ],
    [
      'the load balancer’s health check',
      {
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason:
          'Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1)',
      },
      [],
      { code: 'load-balancer-health-check' },
    ],
    [
      'lost Spot capacity',
      { stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.' },
      [],
      { code: 'spot-interruption' },
    ],
  ])('is %s', (_, changes, logLines, expected) => {
    expect(diagnose(facts({ failedTasks: [failed(changes, logLines)] }))).toMatchObject(expected);
  });

  it('is what the load balancer said of the target, where an event of the service has it', () => {
    const stoppedReason = 'Task failed ELB health checks in (target-group arn:aws:tg/web/1)';
    const message =
      '(service web) (port 8080) is unhealthy in (target-group arn:aws:tg/web/1) due to (reason Health checks failed with these codes: [502]).';
    const seen = facts({
      failedTasks: [failed({ stopCode: 'ServiceSchedulerInitiated', stoppedReason })],
      events: [{ id: 'e', atMs: 0, message }],
    });
    expect(diagnose(seen)).toMatchObject({
      code: 'load-balancer-health-check',
      cause:
        'the load balancer finds container app unhealthy: Health checks failed with these codes: [502]',
    });
  });

  it('is the most frequent one', () => {
    const crash = failed({ containers: [container({ exitCode: 3 })] });
    const pull = failed({ stopCode: 'TaskFailedToStart', stoppedReason: unpullable });
    expect(diagnose(facts({ failedTasks: [crash, pull, pull] }))).toMatchObject({
      code: 'image-pull',
      failedTasks: 3,
    });
  });

  it('keeps the reason in sight where the container runtime repeats a long image', () => {
    const image = `111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:${'a'.repeat(64)}`;
    const stoppedReason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`;
    const pull = failed({
      stopCode: 'TaskFailedToStart',
      stoppedReason,
      containers: [container({ image, reason: stoppedReason })],
    });
    const { cause } = diagnose(facts({ failedTasks: [pull] }));
    expect(cause).toMatch(/: not found$/);
    expect(cause.match(/not found/g)).toHaveLength(1);
  });

  it('is never that a rollout was stopped on demand', () => {
    const statusReason = 'Service deployment rolled back because StopServiceDeployment was called.';
    const { code, cause } = diagnose(facts({ statusReason }));
    expect(code).toBe('unknown');
    expect(cause).not.toContain('StopServiceDeployment');
  });

  it('is what the events say where no task failed', () => {
    const events = [
      { id: '2', atMs: 2, message: '(service web) has started 1 tasks: (task 1).' },
      {
        id: '1',
        atMs: 1,
        message:
          '(service web) was unable to place a task because no container instance met all of its requirements.',
      },
    ];
    expect(diagnose(facts({ events }))).toMatchObject({
      code: 'placement',
      cause: expect.stringContaining('no container instance') as string,
    });
  });

  it('is what ECS says of the deployment where there is nothing else', () => {
    expect(diagnose(facts({ statusReason: 'because' }))).toMatchObject({ cause: 'because' });
  });

  it('comes first in the sentence, the log line last', () => {
    const crash = failed({ containers: [container({ exitCode: 3 })] }, ['no such table']);
    expect(formatDiagnosis(diagnose(facts({ failedTasks: [crash, crash] })))).toBe(
      'container app exited with code 3 (2 tasks failed); its last log line: no such table',
    );
  });

  it('says where to look in the last error', () => {
    const killed = failed({ containers: [container({ exitCode: 137 })] });
    const diagnosis = diagnose(facts({ failedTasks: [killed] }));
    expect(diagnosis.hint).toContain('memory');
    expect(explainDiagnosis(diagnosis)).toBe(
      formatDiagnosis(diagnosis).replace(
        diagnosis.cause,
        `${diagnosis.cause}: ${diagnosis.hint ?? ''}`,
      ),
    );
  });
});

describe('a stopped task', () => {
  it.each<readonly [string, Partial<Task>, boolean]>([
    ['that crashed is a failure', {}, true],
    [
      'that was scaled in is none',
      {
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/1)',
      },
      false,
    ],
    ['that a person stopped is none', { stopCode: 'UserInitiated' }, false],
  ])('%s', (_, changes, expected) => {
    expect(isFailure(task(changes))).toBe(expected);
  });
});

describe('the container to blame', () => {
  it.each<readonly [string, readonly TaskContainer[], string]>([
    [
      'is the essential one that failed, not one stopped along with it',
      [container({ name: 'agent', exitCode: 143 }), container({ exitCode: 1 })],
      'app',
    ],
    [
      'is the essential one, not a sidecar',
      [container({ name: 'sidecar', exitCode: 1 }), container({ exitCode: 2 })],
      'app',
    ],
    [
      'is the one that ran out of memory',
      [
        container({ exitCode: 1 }),
        container({ name: 'sidecar', exitCode: 137, reason: 'OutOfMemoryError: …' }),
      ],
      'sidecar',
    ],
    [
      'is the one that could not start',
      [container({ name: 'agent' }), container({ reason: 'CannotPullContainerError: …' })],
      'app',
    ],
    [
      'is the essential one that ended by itself',
      [container({ name: 'sidecar', exitCode: 0 }), container({ exitCode: 0 })],
      'app',
    ],
    [
      'is the unhealthy one',
      [
        container({ name: 'agent', exitCode: 143 }),
        container({ healthStatus: 'UNHEALTHY', exitCode: 143 }),
      ],
      'app',
    ],
  ])('%s', (_, containers, expected) => {
    expect(findCulprit(task({ containers }), definition)?.name).toBe(expected);
  });

  it('is described with exit code and reason, once', () => {
    const reason = 'OutOfMemoryError: Container killed due to memory usage';
    expect(describeEnd(failed({ containers: [container({ exitCode: 137, reason })] }))).toBe(
      `container app exited with code 137; app: ${reason}; Essential container in task exited`,
    );
  });
});

describe('the log of a container', () => {
  it('stands in the stream that awslogs names', () => {
    expect(logStreamOf(definition, 'app', '0a1b')).toEqual({
      group: '/ecs/web',
      stream: 'web/app/0a1b',
      region: 'eu-west-1',
    });
  });

  it.each(['sidecar', 'agent', 'unknown'])('is nowhere to be read for %s', (name) => {
    expect(logStreamOf(definition, name, '0a1b')).toBeUndefined();
  });
});
