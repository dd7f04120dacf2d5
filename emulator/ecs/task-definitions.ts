import type { Failure, TaskDefinition } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { shortName } from './arns.js';
import type { Context } from './context.js';
import type { TaskDefinitionRecord } from './model.js';
import { setTags, tagsOf, tagsSchema } from './tags.js';
import {
  type ContainerDefinition,
  type RegisterInput,
  registerSchema,
} from './task-definition-input.js';
import { checkTaskDefinition } from './task-definition-rules.js';
import { type Input, type Output, page, parse, seconds, type Wire } from './wire.js';

const registerTaskDefinitionSchema = registerSchema.extend({ tags: tagsSchema.optional() });

export function registerTaskDefinition(context: Context, input: Input): Output {
  const { tags, ...definition } = parse(registerTaskDefinitionSchema, input);
  checkTaskDefinition(definition);
  const family = definition.family ?? '';
  const revision = (context.state.revisionNumbers.get(family) ?? 0) + 1;
  const record: TaskDefinitionRecord = {
    arn: context.arns.of(`task-definition/${family}:${revision}`),
    family,
    revision,
    status: 'ACTIVE',
    registeredAtMs: context.clock.now(),
    definition: withDefaults(definition),
  };
  setTags(context, record.arn, tags);
  context.state.revisionNumbers.set(family, revision);
  context.state.taskDefinitions.set(record.arn, record);
  return { taskDefinition: describe(context, record), tags: tagsOf(context, record.arn) };
}

/** Fills in what DescribeTaskDefinition returns for members left out (API reference, ContainerDefinition). */
function withDefaults(definition: RegisterInput): RegisterInput {
  return {
    ...definition,
    ...(definition.cpu === undefined ? {} : { cpu: units(definition.cpu, 'vCPU') }),
    ...(definition.memory === undefined ? {} : { memory: units(definition.memory, 'GB') }),
    ...networkModeDefault(definition),
    volumes: (definition.volumes ?? []).map(volumeDefaults),
    placementConstraints: definition.placementConstraints ?? [],
    containerDefinitions: (definition.containerDefinitions ?? []).map((container) =>
      containerDefaults(container, definition.networkMode),
    ),
  };
}

/** "If no network mode is specified, the default is bridge" (RegisterTaskDefinition); for Linux. */
function networkModeDefault(definition: RegisterInput): { networkMode?: string } {
  if (definition.networkMode !== undefined) return {};
  const family = definition.runtimePlatform?.operatingSystemFamily ?? 'LINUX';
  return family.startsWith('WINDOWS') ? {} : { networkMode: 'bridge' };
}

/** "String values are converted to an integer" (RegisterTaskDefinition, cpu and memory). */
function units(text: string, unit: string): string {
  const match = new RegExp(`^(\\d*\\.?\\d+)\\s*${unit}$`, 'i').exec(text.trim());
  return match === null ? text : String(Math.round(Number(match[1]) * 1024));
}

type Volume = NonNullable<RegisterInput['volumes']>[number];

/**
 * A bind mount has an empty host, and an EFS volume its root ("EFSVolumeConfiguration"; that both
 * are returned is an assumption from recorded answers).
 */
function volumeDefaults(volume: Volume): Volume {
  const { name: _name, configuredAtLaunch: _atLaunch, ...kinds } = volume;
  const efs = volume['efsVolumeConfiguration'];
  if (typeof efs === 'object' && efs !== null) {
    return { ...volume, efsVolumeConfiguration: { rootDirectory: '/', ...efs } };
  }
  return Object.keys(kinds).length === 0 && volume['configuredAtLaunch'] !== true
    ? { ...volume, host: {} }
    : volume;
}

function containerDefaults(
  container: ContainerDefinition,
  networkMode: string | undefined,
): ContainerDefinition {
  return {
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    ...container,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    environment: container.environment ?? [],
    portMappings: (container.portMappings ?? []).map((mapping) => ({
      protocol: 'tcp',
      ...(networkMode === 'awsvpc' || networkMode === 'host'
        ? { hostPort: mapping.containerPort }
        : { hostPort: 0 }),
      ...mapping,
    })),
    ...(container.healthCheck && {
      healthCheck: { interval: 30, timeout: 5, retries: 3, ...container.healthCheck },
    }),
  };
}

const reference = z.looseObject({ taskDefinition: z.string() });

/** By ARN, `family:revision` or, for its latest active revision, `family`. */
export function findTaskDefinition(
  context: Context,
  nameOrArn: string,
): TaskDefinitionRecord | undefined {
  const name = shortName(nameOrArn);
  if (name.includes(':')) {
    return context.state.taskDefinitions.get(context.arns.of(`task-definition/${name}`));
  }
  return [...context.state.taskDefinitions.values()]
    .filter((record) => record.family === name && record.status === 'ACTIVE')
    .at(-1);
}

/** For RunTask and services. Throws ClientException when it is unknown or inactive. */
export function requireActiveTaskDefinition(
  context: Context,
  nameOrArn: string | undefined,
): TaskDefinitionRecord {
  if (nameOrArn === undefined || nameOrArn === '') {
    throw new AwsError('InvalidParameterException', 'TaskDefinition can not be blank.');
  }
  const record = findTaskDefinition(context, nameOrArn);
  if (!record) throw new AwsError('ClientException', 'TaskDefinition not found.');
  if (record.status !== 'ACTIVE') {
    throw new AwsError('ClientException', 'TaskDefinition is inactive');
  }
  return record;
}

const describeTaskDefinitionSchema = reference.extend({ include: z.array(z.string()).optional() });

export function describeTaskDefinition(context: Context, input: Input): Output {
  const request = parse(describeTaskDefinitionSchema, input);
  const record = findTaskDefinition(context, request.taskDefinition);
  if (!record) throw new AwsError('ClientException', 'Unable to describe task definition.');
  return {
    taskDefinition: describe(context, record),
    ...(request.include?.includes('TAGS') && { tags: tagsOf(context, record.arn) }),
  };
}

export function deregisterTaskDefinition(context: Context, input: Input): Output {
  const { taskDefinition } = parse(reference, input);
  const name = shortName(taskDefinition);
  if (!name.includes(':')) {
    throw new AwsError('InvalidParameterException', 'Invalid revision number. Number: null');
  }
  const record = findTaskDefinition(context, taskDefinition);
  if (!record) {
    throw new AwsError('ClientException', 'The specified task definition does not exist.');
  }
  if (record.status === 'ACTIVE') {
    record.status = 'INACTIVE';
    record.deregisteredAtMs = context.clock.now();
  }
  return { taskDefinition: describe(context, record) };
}

const deleteTaskDefinitionsSchema = z.looseObject({ taskDefinitions: z.array(z.string()) });

/** DeleteTaskDefinitions: only revisions that were deregistered before. */
export function deleteTaskDefinitions(context: Context, input: Input): Output {
  const request = parse(deleteTaskDefinitionsSchema, input);
  if (request.taskDefinitions.length > 10) {
    throw new AwsError('InvalidParameterException', 'At most 10 task definitions.');
  }
  const taskDefinitions: Wire<TaskDefinition>[] = [];
  const failures: Failure[] = [];
  for (const name of request.taskDefinitions) {
    const record = shortName(name).includes(':') ? findTaskDefinition(context, name) : undefined;
    if (!record) {
      failures.push({ arn: name, reason: 'MISSING' });
    } else if (record.status === 'ACTIVE') {
      failures.push({
        arn: record.arn,
        reason: 'The specified task definition is still in ACTIVE status.',
      });
    } else {
      record.status = 'DELETE_IN_PROGRESS';
      record.deleteRequestedAtMs = context.clock.now();
      taskDefinitions.push(describe(context, record));
    }
  }
  return { taskDefinitions, failures };
}

const listTaskDefinitionsSchema = z.looseObject({
  familyPrefix: z.string().optional(),
  status: z.enum(['ACTIVE', 'INACTIVE', 'DELETE_IN_PROGRESS']).optional(),
  sort: z.enum(['ASC', 'DESC']).optional(),
});

export function listTaskDefinitions(context: Context, input: Input): Output {
  const { familyPrefix, status = 'ACTIVE', sort = 'ASC' } = parse(listTaskDefinitionsSchema, input);
  // Despite its name, familyPrefix is the full family here (API reference, ListTaskDefinitions).
  const records = [...context.state.taskDefinitions.values()]
    .filter((record) => familyPrefix === undefined || record.family === familyPrefix)
    .filter((record) => record.status === status)
    .sort((a, b) => compare(a.family, b.family) || a.revision - b.revision);
  if (sort === 'DESC') records.reverse();
  const { items, nextToken } = page(records, input);
  return { taskDefinitionArns: items.map((record) => record.arn), nextToken };
}

const listTaskDefinitionFamiliesSchema = z.looseObject({
  familyPrefix: z.string().optional(),
  status: z.enum(['ACTIVE', 'INACTIVE', 'ALL']).optional(),
});

export function listTaskDefinitionFamilies(context: Context, input: Input): Output {
  const { familyPrefix = '', status = 'ALL' } = parse(listTaskDefinitionFamiliesSchema, input);
  const records = [...context.state.taskDefinitions.values()];
  const active = new Set(
    records.filter((record) => record.status === 'ACTIVE').map((record) => record.family),
  );
  const families = [...new Set(records.map((record) => record.family))]
    .filter((family) => family.startsWith(familyPrefix))
    .filter((family) => status === 'ALL' || active.has(family) === (status === 'ACTIVE'))
    .sort(compare);
  const { items, nextToken } = page(families, input);
  return { families: items, nextToken };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function describe(context: Context, record: TaskDefinitionRecord): Wire<TaskDefinition> {
  const required = record.definition.requiresCompatibilities;
  return {
    ...(record.definition as Wire<TaskDefinition>),
    taskDefinitionArn: record.arn,
    revision: record.revision,
    status: record.status,
    compatibilities:
      required?.includes('FARGATE') || record.definition.networkMode === 'awsvpc'
        ? ['EC2', 'FARGATE']
        : ['EC2'],
    registeredAt: seconds(record.registeredAtMs),
    registeredBy: `arn:aws:iam::${context.arns.accountId}:root`,
    ...(record.deregisteredAtMs !== undefined && {
      deregisteredAt: seconds(record.deregisteredAtMs),
    }),
    ...(record.deleteRequestedAtMs !== undefined && {
      deleteRequestedAt: seconds(record.deleteRequestedAtMs),
    }),
  };
}
