import type { Failure, Task } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { shortName } from './arns.js';
import { requireCluster } from './clusters.js';
import type { Context } from './context.js';
import { resolveImages } from './images.js';
import { fateOf } from './fates.js';
import type { ClusterRecord, TaskDefinitionRecord, TaskRecord } from './model.js';
import { environmentOf, type TaskOverrides } from './new-task.js';
import type { ImageResolution } from './ports.js';
import { listenerOf } from './rollout/scheduler.js';
import { runTaskSchema } from './service-input.js';
import { requireService } from './services.js';
import { setTags } from './tags.js';
import { requireActiveTaskDefinition } from './task-definitions.js';
import { launchTask, stopTask } from './task-lifecycle.js';
import { describeTask } from './task-shape.js';
import { type Input, type Output, page, parse, type Wire } from './wire.js';
import { network, placementOf } from './workload.js';

export async function runTask(context: Context, input: Input): Promise<Output> {
  const request = parse(runTaskSchema, input);
  const { count = 1 } = request;
  if (count < 1 || count > 10) {
    throw new AwsError('InvalidParameterException', 'count must be between 1 and 10.');
  }
  const taskDefinition = requireActiveTaskDefinition(context, request.taskDefinition);
  const names = (taskDefinition.definition.containerDefinitions ?? []).map(({ name }) => name);
  for (const { name } of request.overrides?.containerOverrides ?? []) {
    if (!names.includes(name)) {
      throw new AwsError(
        'InvalidParameterException',
        `Override for container named ${name ?? ''} is not a container in the TaskDefinition.`,
      );
    }
  }
  const images = await resolveImages(context, taskDefinition);
  const cluster = requireCluster(context, request.cluster);
  const networkConfiguration = network(request.networkConfiguration, taskDefinition);
  const { launchType, capacityProviderStrategy } = placementOf(cluster, request);
  const repeated = repeatedCall(context, cluster, request.clientToken, input);
  if (repeated) {
    return { tasks: repeated.map((task) => describeTask(context, task, true)), failures: [] };
  }
  const lacking = lackingResource(taskDefinition, images, request.overrides);
  if (lacking !== undefined) {
    return { tasks: [], failures: [{ reason: `RESOURCE:${lacking}` }] };
  }
  const records = Array.from({ length: count }, () => {
    const task = launchTask(context, {
      cluster,
      taskDefinition,
      images,
      group: request.group ?? `family:${taskDefinition.family}`,
      startedBy: request.startedBy,
      overrides: request.overrides,
      launchType,
      capacityProviderName: capacityProviderStrategy?.[0]?.capacityProvider,
      networkConfiguration,
      enableExecuteCommand: request.enableExecuteCommand ?? false,
    });
    setTags(context, task.arn, request.tags);
    return task;
  });
  if (request.clientToken !== undefined) {
    context.state.clientTokens.set(tokenKey(cluster, request.clientToken), {
      request: JSON.stringify(input),
      tasks: records,
    });
  }
  return { tasks: records.map((task) => describeTask(context, task, true)), failures: [] };
}

/**
 * The tasks of an earlier call with the same client token. Throws ConflictException when that call
 * asked for something else (API reference, "Ensuring idempotency").
 */
function repeatedCall(
  context: Context,
  cluster: ClusterRecord,
  token: string | undefined,
  input: Input,
): readonly TaskRecord[] | undefined {
  const earlier =
    token === undefined ? undefined : context.state.clientTokens.get(tokenKey(cluster, token));
  if (!earlier) return undefined;
  if (earlier.request !== JSON.stringify(input)) {
    throw new AwsError(
      'ConflictException',
      'The client token is already in use with different parameters.',
      400,
      { resourceIds: earlier.tasks.map(({ arn }) => arn) },
    );
  }
  return earlier.tasks;
}

function tokenKey(cluster: ClusterRecord, token: string): string {
  return `${cluster.arn} ${token}`;
}

/** What the fate `no-capacity` of a container lacks (Developer Guide, "Amazon ECS API failure reasons"). */
function lackingResource(
  taskDefinition: TaskDefinitionRecord,
  images: ReadonlyMap<string, ImageResolution>,
  overrides: TaskOverrides | undefined,
): string | undefined {
  const lacking = (taskDefinition.definition.containerDefinitions ?? []).some((definition) => {
    const environment = environmentOf(definition, overrides);
    const image = definition.image ?? '';
    const read = fateOf(environment, image, images.get(image) ?? { kind: 'missing' });
    return 'fate' in read && read.fate.kind === 'no-capacity';
  });
  return lacking ? 'FARGATE' : undefined;
}

const stopTaskByUserSchema = z.looseObject({
  cluster: z.string().optional(),
  task: z.string(),
  reason: z.string().optional(),
});

export function stopTaskByUser(context: Context, input: Input): Output {
  const request = parse(stopTaskByUserSchema, input);
  const task = find(context, requireCluster(context, request.cluster), request.task);
  if (!task) {
    throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
  }
  stopTask(
    context,
    task,
    'UserInitiated',
    request.reason ?? 'Task stopped by user',
    task.deployment && listenerOf(context),
  );
  return { task: describeTask(context, task, true) };
}

const describeTasksSchema = z.looseObject({
  cluster: z.string().optional(),
  tasks: z.array(z.string()),
  include: z.array(z.string()).optional(),
});

export function describeTasks(context: Context, input: Input): Output {
  const request = parse(describeTasksSchema, input);
  const cluster = requireCluster(context, request.cluster);
  if (request.tasks.length === 0) {
    throw new AwsError('InvalidParameterException', 'Tasks cannot be empty.');
  }
  if (request.tasks.length > 100) {
    throw new AwsError('InvalidParameterException', 'At most 100 tasks can be described.');
  }
  const tasks: Wire<Task>[] = [];
  const failures: Failure[] = [];
  for (const idOrArn of request.tasks) {
    const task = find(context, cluster, idOrArn);
    if (task) tasks.push(describeTask(context, task, request.include?.includes('TAGS') ?? false));
    else failures.push({ arn: taskArn(context, cluster, idOrArn), reason: 'MISSING' });
  }
  return { tasks, failures };
}

const listTasksSchema = z.looseObject({
  cluster: z.string().optional(),
  serviceName: z.string().optional(),
  family: z.string().optional(),
  startedBy: z.string().optional(),
  launchType: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).optional(),
});

export function listTasks(context: Context, input: Input): Output {
  const request = parse(listTasksSchema, input);
  const cluster = requireCluster(context, request.cluster);
  const service =
    request.serviceName === undefined
      ? undefined
      : requireService(context, cluster, request.serviceName);
  const { desiredStatus = 'RUNNING' } = request;
  const arns = [...context.state.tasks.values()]
    .filter((task) => task.cluster === cluster && task.desiredStatus === desiredStatus)
    .filter((task) => !service || task.deployment?.service === service)
    .filter((task) => (request.family ?? task.taskDefinition.family) === task.taskDefinition.family)
    .filter((task) => (request.startedBy ?? task.startedBy) === task.startedBy)
    .filter((task) => (request.launchType ?? task.launchType) === task.launchType)
    .map((task) => task.arn)
    .reverse();
  const { items, nextToken } = page(arns, input);
  return { taskArns: items, nextToken };
}

function taskArn(context: Context, cluster: ClusterRecord, idOrArn: string): string {
  return idOrArn.startsWith('arn:')
    ? idOrArn
    : context.arns.of(`task/${cluster.name}/${shortName(idOrArn)}`);
}

function find(context: Context, cluster: ClusterRecord, idOrArn: string): TaskRecord | undefined {
  const task = context.state.tasks.get(taskArn(context, cluster, idOrArn));
  return task?.cluster === cluster ? task : undefined;
}
