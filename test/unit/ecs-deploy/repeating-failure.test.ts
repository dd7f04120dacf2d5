import { toFailedTask, type FailedTask } from '../../../actions/ecs-deploy/rollout/failed-tasks.js';
import type { TaskContainer } from '../../../actions/ecs-deploy/model.js';
import {
  hopelessFailure,
  repeatingFailure,
} from '../../../actions/ecs-deploy/rollout/repeating-failure.js';

const definition = { containerDefinitions: [{ name: 'app', image: 'shop/web:v2' }] };

function failed(
  end: { readonly exitCode?: number; readonly reason?: string; readonly stoppedReason?: string },
  ranMs: number | 'never' = 2000,
  startedMs = 1_000_000,
): FailedTask {
  const container: TaskContainer = {
    ...{ name: 'app', image: 'shop/web:v2', healthStatus: undefined, imageDigest: undefined },
    ...{ exitCode: end.exitCode, reason: end.reason },
  };
  const startedAtMs = ranMs === 'never' ? undefined : startedMs;
  return toFailedTask(
    {
      arn: 'arn:aws:ecs:eu-west-1:111111111111:task/main/0a1b',
      ...{ taskDefinitionArn: 'web:2', startedBy: undefined, stopCode: 'TaskFailedToStart' },
      ...{ stoppedReason: end.stoppedReason, createdAtMs: 990_000, startedAtMs },
      stoppedAtMs: ranMs === 'never' ? startedMs : startedMs + ranMs,
      containers: [container],
    },
    container,
    [],
  );
}

function code(tasks: readonly FailedTask[], exitsAtOnce = 3): string | undefined {
  return repeatingFailure(tasks, definition, exitsAtOnce)?.diagnosis.code;
}

it.each([
  ['an image that is not there', 'image-pull', 'CannotPullContainerError: shop/web:v2: not found'],
  ['a manifest that is not there', 'image-pull', 'CannotPullContainerError: manifest unknown'],
  ['another architecture', 'exec-format', 'exec /app: exec format error'],
  [
    'a secret that is not there',
    'resource-initialization',
    'ResourceInitializationError: unable to pull secrets: ResourceNotFoundException: Secrets Manager can’t find the specified secret',
  ],
  [
    'a parameter that is not there',
    'resource-initialization',
    'ResourceInitializationError: unable to pull secrets: invalid ssm parameters: /dev/x',
  ],
])('can only repeat with %s, after one task', (_, expected, reason) => {
  expect(code([failed({ reason })])).toBe(expected);
});

it.each([
  ['a registry that does not answer', 'CannotPullContainerError: dial tcp: i/o timeout'],
  ['a registry that limits pulls', 'CannotPullContainerError: toomanyrequests'],
  ['a right that may just have been given', 'ResourceInitializationError: AccessDeniedException'],
])('may heal with %s', (_, reason) => {
  expect(code([failed({ reason }), failed({ reason }), failed({ reason })])).toBeUndefined();
});

it('repeats where a container exits at once, always with the same code', () => {
  const exit = (exitCode: number): FailedTask => failed({ exitCode });
  expect(code([exit(1), exit(1)])).toBeUndefined();
  expect(code([exit(1), exit(2), exit(1)])).toBeUndefined();
  expect(code([exit(1), exit(2), exit(1), exit(1)])).toBe('container-exited');
  expect(code([exit(1)], 1)).toBe('container-exited');
});

it('does not repeat where a container has worked for a while', () => {
  const late = failed({ exitCode: 1 }, 90_000);
  expect(code([late, late, late])).toBeUndefined();
});

it('counts a container that never reached RUNNING', () => {
  expect(code([failed({ exitCode: 1 }, 'never')], 1)).toBe('container-exited');
});

it('counts only what failed since the last task that worked for a while', () => {
  const exit = (startedMs: number): FailedTask => failed({ exitCode: 1 }, 2000, startedMs);
  const worked = failed({ exitCode: 1 }, 90_000, 1_000_000);
  expect(code([exit(1_000_000), exit(1_010_000), worked, exit(1_095_000)])).toBeUndefined();
  expect(code([worked, exit(1_095_000), exit(1_100_000), exit(1_105_000)])).toBe(
    'container-exited',
  );
});

describe('a secret that may not be read', () => {
  const reason = 'ResourceInitializationError: unable to pull secrets: AccessDeniedException';
  const denied = (atMs: number): FailedTask => failed({ reason }, 'never', atMs);

  it('repeats once it has been denied often, and for a minute on end', () => {
    expect(code([denied(0), denied(1000), denied(59_000)])).toBeUndefined();
    expect(code([denied(0), denied(61_000)])).toBeUndefined();
    expect(code([denied(0), denied(30_000), denied(61_000)])).toBe('resource-initialization');
  });
});

describe('a task that has outlived the failed ones', () => {
  const exits = [1, 2, 3].map(() => failed({ exitCode: 1 }, 4000));
  const asked: number[] = [];
  const hopeless = (failedTasks: readonly FailedTask[], outlived: boolean) =>
    hopelessFailure(
      {
        failedTasks,
        outlived: (ranMs) => {
          asked.push(ranMs);
          return Promise.resolve(outlived);
        },
      },
      { definition, times: 3, nowMs: 2_000_000 },
    );

  it('shows that the failure does not repeat everywhere', async () => {
    expect(await hopeless(exits, true)).toBeUndefined();
    expect(await hopeless(exits, false)).toMatchObject({ code: 'container-exited' });
    expect(asked).toEqual([4000, 4000]);
  });

  it('is not asked for where one failure is proof enough', async () => {
    const gone = failed({ reason: 'CannotPullContainerError: not found' });
    expect(await hopeless([gone], true)).toMatchObject({ code: 'image-pull' });
  });
});
