import type { Context } from './context.js';
import type { ContainerRecord, TaskRecord } from './model.js';

/**
 * Puts a container's lines into its awslogs group, stream `prefix/container/task id` (Developer
 * Guide, "Send Amazon ECS logs to CloudWatch"); without awslogs or a group they are lost.
 */
export function writeLogs(
  context: Context,
  task: TaskRecord,
  container: ContainerRecord,
  lines: readonly string[],
): void {
  const log = container.definition.logConfiguration;
  const group = log?.options?.['awslogs-group'];
  if (log?.logDriver !== 'awslogs' || group === undefined || lines.length === 0) return;
  const prefix = log.options?.['awslogs-stream-prefix'];
  const stream =
    prefix === undefined
      ? (container.runtimeId ?? task.id)
      : `${prefix}/${container.definition.name ?? ''}/${task.id}`;
  const now = context.clock.now();
  context.background(() => context.logs.put(group, stream, lines, now));
}
