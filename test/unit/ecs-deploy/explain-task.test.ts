import { explainEnd, explainPlacement } from '../../../actions/ecs-deploy/tasks/explain.js';
import type { OneOffContainer, OneOffTask } from '../../../actions/ecs-deploy/tasks/ports.js';

const definition = {
  memory: '512',
  containerDefinitions: [
    { name: 'app', memory: 256 },
    { name: 'proxy' },
    { name: 'agent', essential: false },
  ],
};

function container(name: string, more: Partial<OneOffContainer> = {}): OneOffContainer {
  return {
    name,
    image: `${name}:1`,
    exitCode: undefined,
    reason: undefined,
    healthStatus: undefined,
    imageDigest: undefined,
    lastStatus: 'STOPPED',
    ...more,
  };
}

function task(containers: readonly OneOffContainer[], more: Partial<OneOffTask> = {}): OneOffTask {
  return {
    arn: 'arn:aws:ecs:eu-west-1:123456789012:task/main/1',
    taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1',
    startedBy: undefined,
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    createdAtMs: 0,
    startedAtMs: 1,
    stoppedAtMs: 2,
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    containers,
    ...more,
  };
}

function explain(ended: OneOffTask, stoppedByUs = false) {
  return explainEnd({
    task: ended,
    definition,
    container: 'app',
    stoppedByUs,
    lastLines: (name) => [`last line of ${name}`],
  });
}

describe('a task whose container exited with 0', () => {
  const done = container('app', { exitCode: 0 });

  it.each<readonly [string, OneOffTask]>([
    ['alone', task([done])],
    ['while its sidecars were stopped along', task([done, container('proxy', { exitCode: 143 })])],
    ['while a sidecar does not end well', task([done, container('proxy', { exitCode: 1 })])],
    [
      'while a sidecar that is not essential ran out of memory',
      task([done, container('agent', { exitCode: 137, reason: 'OutOfMemoryError: killed' })]),
    ],
  ])('has succeeded: %s', (_, ended) => {
    expect(explain(ended)).toBeUndefined();
  });

  it('has succeeded where we stopped what ran on', () => {
    expect(explain(task([done], { stopCode: 'UserInitiated' }), true)).toBeUndefined();
  });

  it('was cut short where an essential sidecar ran out of memory', () => {
    const proxy = container('proxy', { exitCode: 137, reason: 'OutOfMemoryError: killed' });
    expect(explain(task([done, proxy]))).toMatchObject({
      code: 'out-of-memory',
      container: 'proxy',
      hint: expect.stringContaining('512 MiB') as string,
      lastLogLine: 'last line of proxy',
    });
  });

  it('was cut short where a person stopped it', () => {
    const ended = task([done], { stopCode: 'UserInitiated', stoppedReason: 'mine' });
    expect(explain(ended)).toMatchObject({ code: 'task-stopped', exitCode: 0 });
  });

  it('was cut short where AWS took the capacity back', () => {
    const ended = task([done], { stopCode: 'SpotInterruption', stoppedReason: 'Spot' });
    expect(explain(ended)).toMatchObject({ code: 'spot-interruption' });
  });
});

describe('a task whose container failed', () => {
  it('is explained by that container, not by those that were stopped along', () => {
    const ended = task([container('proxy', { exitCode: 143 }), container('app', { exitCode: 2 })]);
    expect(explain(ended)).toMatchObject({
      container: 'app',
      exitCode: 2,
      lastLogLine: 'last line of app',
    });
  });

  it('is explained by the sidecar that ended it, where it was stopped along', () => {
    const ended = task([container('app', { exitCode: 143 }), container('proxy', { exitCode: 5 })]);
    expect(explain(ended)).toMatchObject({ container: 'proxy', exitCode: 5 });
  });

  it('never ran where its image could not be pulled', () => {
    const reason = 'CannotPullContainerError: pull image manifest: app:1: not found';
    const ended = task([container('app', { reason })], {
      stopCode: 'TaskFailedToStart',
      stoppedReason: reason,
    });
    expect(explain(ended)).toMatchObject({ code: 'image-pull', exitCode: undefined });
  });
});

it.each([
  'RESOURCE:FARGATE',
  'RESOURCE:MEMORY',
  'AGENT',
  'ATTRIBUTE',
  'LOCATION',
  'EMPTY CAPACITY PROVIDER',
  'NO ACTIVE INSTANCES',
  'MISSING',
  'Capacity is unavailable at this time.',
  'something new',
])('says what to do where a task cannot be placed: %s', (reason) => {
  const diagnosis = explainPlacement([{ reason, detail: undefined }]);
  expect(diagnosis).toMatchObject({
    code: 'placement',
    cause: expect.stringContaining(reason) as string,
  });
  expect(diagnosis.hint).toBeTruthy();
});
