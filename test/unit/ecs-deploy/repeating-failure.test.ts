import { toFailedTask, type FailedTask } from '../../../actions/ecs-deploy/rollout/failed-tasks.js';
import type { TaskContainer } from '../../../actions/ecs-deploy/model.js';
import { repeatingFailure } from '../../../actions/ecs-deploy/rollout/repeating-failure.js';

const definition = { containerDefinitions: [{ name: 'app', image: 'shop/web:v2' }] };

function failed(
  end: { readonly exitCode?: number; readonly reason?: string; readonly stoppedReason?: string },
  ranMs: number | 'never' = 2000,
): FailedTask {
  const container: TaskContainer = {
    ...{ name: 'app', image: 'shop/web:v2', healthStatus: undefined, imageDigest: undefined },
    ...{ exitCode: end.exitCode, reason: end.reason },
  };
  const startedAtMs = ranMs === 'never' ? undefined : 1_000_000;
  return toFailedTask(
    {
      arn: 'arn:aws:ecs:eu-west-1:111111111111:task/main/0a1b',
      ...{ taskDefinitionArn: 'web:2', startedBy: undefined, stopCode: 'TaskFailedToStart' },
      ...{ stoppedReason: end.stoppedReason, createdAtMs: 990_000, startedAtMs },
      stoppedAtMs: ranMs === 'never' ? 1_000_000 : 1_000_000 + ranMs,
      containers: [container],
    },
    container,
    [],
  );
}

function code(tasks: readonly FailedTask[], exitsAtOnce = 3): string | undefined {
  return repeatingFailure(tasks, definition, exitsAtOnce)?.code;
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
