import type { Cluster, Failure } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { shortName } from './arns.js';
import type { Context } from './context.js';
import type { ClusterRecord } from './model.js';
import { capacityProviderStrategy } from './service-input.js';
import { setTags, tagsOf, tagsSchema } from './tags.js';
import { type Input, type Output, page, parse, type Wire } from './wire.js';

const settingsSchema = z.array(
  z.looseObject({ name: z.string().optional(), value: z.string().optional() }),
);

const clusterFields = z.looseObject({
  settings: settingsSchema.optional(),
  configuration: z.looseObject({}).optional(),
  serviceConnectDefaults: z.looseObject({}).optional(),
  capacityProviders: z.array(z.string()).optional(),
  defaultCapacityProviderStrategy: capacityProviderStrategy.optional(),
});

/** The active cluster of that name or ARN, `default` without one. Throws ClusterNotFoundException. */
export function requireCluster(context: Context, nameOrArn: string | undefined): ClusterRecord {
  const cluster = context.state.clusters.get(shortName(nameOrArn ?? 'default'));
  if (cluster?.status !== 'ACTIVE') {
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  }
  return cluster;
}

const createClusterSchema = clusterFields.extend({
  clusterName: z.string().optional(),
  tags: tagsSchema.optional(),
});

export function createCluster(context: Context, input: Input): Output {
  const request = parse(createClusterSchema, input);
  const name = request.clusterName ?? 'default';
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
    throw new AwsError('InvalidParameterException', 'Invalid cluster name.');
  }
  let cluster = context.state.clusters.get(name);
  if (cluster?.status !== 'ACTIVE') {
    const arn = context.arns.of(`cluster/${name}`);
    cluster = {
      name,
      arn,
      status: 'ACTIVE',
      settings: withDefaultSettings(request.settings ?? []),
      configuration: request.configuration,
      serviceConnectDefaults: request.serviceConnectDefaults,
      capacityProviders: checkedProviders(request.capacityProviders ?? []),
      defaultCapacityProviderStrategy: request.defaultCapacityProviderStrategy ?? [],
    };
    setTags(context, arn, request.tags);
    context.state.clusters.set(name, cluster);
  }
  return { cluster: describe(context, cluster, ALL_FIELDS) };
}

const updateClusterSchema = clusterFields.extend({ cluster: z.string() });

export function updateCluster(context: Context, input: Input): Output {
  const request = parse(updateClusterSchema, input);
  const cluster = requireCluster(context, request.cluster);
  if (request.settings) cluster.settings = merged(cluster.settings, request.settings);
  if (request.configuration) cluster.configuration = request.configuration;
  if (request.serviceConnectDefaults) {
    cluster.serviceConnectDefaults = request.serviceConnectDefaults;
  }
  return { cluster: describe(context, cluster, ALL_FIELDS) };
}

const updateClusterSettingsSchema = z.looseObject({
  cluster: z.string(),
  settings: settingsSchema,
});

export function updateClusterSettings(context: Context, input: Input): Output {
  const request = parse(updateClusterSettingsSchema, input);
  const cluster = requireCluster(context, request.cluster);
  cluster.settings = merged(cluster.settings, request.settings);
  return { cluster: describe(context, cluster, ALL_FIELDS) };
}

const putClusterCapacityProvidersSchema = z.looseObject({
  cluster: z.string(),
  capacityProviders: z.array(z.string()),
  defaultCapacityProviderStrategy: capacityProviderStrategy,
});

export function putClusterCapacityProviders(context: Context, input: Input): Output {
  const request = parse(putClusterCapacityProvidersSchema, input);
  const cluster = requireCluster(context, request.cluster);
  const providers = checkedProviders(request.capacityProviders);
  const foreign = request.defaultCapacityProviderStrategy.find(
    (item) => !providers.includes(item.capacityProvider),
  );
  if (foreign) {
    throw new AwsError(
      'InvalidParameterException',
      `The capacity provider ${foreign.capacityProvider} is not associated with the cluster.`,
    );
  }
  cluster.capacityProviders = providers;
  cluster.defaultCapacityProviderStrategy = request.defaultCapacityProviderStrategy;
  return { cluster: describe(context, cluster, ALL_FIELDS) };
}

const deleteClusterSchema = z.looseObject({ cluster: z.string() });

export function deleteCluster(context: Context, input: Input): Output {
  const request = parse(deleteClusterSchema, input);
  const cluster = requireCluster(context, request.cluster);
  if (servicesOf(context, cluster).length > 0) {
    throw new AwsError(
      'ClusterContainsServicesException',
      'The Cluster cannot be deleted while Services are active.',
    );
  }
  if (tasksOf(context, cluster).length > 0) {
    throw new AwsError(
      'ClusterContainsTasksException',
      'The Cluster cannot be deleted while Tasks are active.',
    );
  }
  cluster.status = 'INACTIVE';
  return { cluster: describe(context, cluster, ALL_FIELDS) };
}

const describeClustersSchema = z.looseObject({
  clusters: z.array(z.string()).optional(),
  include: z.array(z.string()).optional(),
});

export function describeClusters(context: Context, input: Input): Output {
  const request = parse(describeClustersSchema, input);
  const clusters: Wire<Cluster>[] = [];
  const failures: Failure[] = [];
  for (const nameOrArn of request.clusters ?? ['default']) {
    const name = shortName(nameOrArn);
    const cluster = context.state.clusters.get(name);
    if (cluster) clusters.push(describe(context, cluster, new Set(request.include)));
    else failures.push({ arn: context.arns.of(`cluster/${name}`), reason: 'MISSING' });
  }
  return { clusters, failures };
}

export function listClusters(context: Context, input: Input): Output {
  const arns = [...context.state.clusters.values()]
    .filter((cluster) => cluster.status === 'ACTIVE')
    .map((cluster) => cluster.arn);
  const { items, nextToken } = page(arns, input);
  return { clusterArns: items, nextToken };
}

const ALL_FIELDS = new Set(['ATTACHMENTS', 'CONFIGURATIONS', 'SETTINGS', 'STATISTICS', 'TAGS']);

function describe(
  context: Context,
  cluster: ClusterRecord,
  include: ReadonlySet<string>,
): Wire<Cluster> {
  const tasks = tasksOf(context, cluster);
  const running = tasks.filter((task) => task.lastStatus === 'RUNNING').length;
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: running,
    pendingTasksCount: tasks.filter((task) => isPending(task.lastStatus)).length,
    activeServicesCount: servicesOf(context, cluster).length,
    statistics: include.has('STATISTICS')
      ? [{ name: 'runningFargateTasksCount', value: String(running) }]
      : [],
    tags: include.has('TAGS') ? tagsOf(context, cluster.arn) : [],
    settings: include.has('SETTINGS') ? (cluster.settings as Wire<Cluster>['settings']) : [],
    configuration: include.has('CONFIGURATIONS')
      ? (cluster.configuration as Wire<Cluster>['configuration'])
      : undefined,
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: cluster.defaultCapacityProviderStrategy,
    serviceConnectDefaults:
      cluster.serviceConnectDefaults as Wire<Cluster>['serviceConnectDefaults'],
  };
}

function isPending(status: string): boolean {
  return status === 'PROVISIONING' || status === 'PENDING';
}

function servicesOf(context: Context, cluster: ClusterRecord) {
  return [...context.state.services.values()].filter(
    (service) => service.cluster === cluster && service.status !== 'INACTIVE',
  );
}

function tasksOf(context: Context, cluster: ClusterRecord) {
  return [...context.state.tasks.values()].filter(
    (task) => task.cluster === cluster && task.lastStatus !== 'STOPPED',
  );
}

type Settings = ClusterRecord['settings'];

function withDefaultSettings(settings: Settings): Settings {
  return merged([{ name: 'containerInsights', value: 'disabled' }], settings);
}

function merged(before: Settings, changes: Settings): Settings {
  const byName = new Map([...before, ...changes].map((setting) => [setting.name, setting]));
  return [...byName.values()];
}

function checkedProviders(providers: string[]): string[] {
  const unknown = providers.find((name) => name !== 'FARGATE' && name !== 'FARGATE_SPOT');
  if (unknown !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      `The specified capacity provider '${unknown}' was not found: the emulator has FARGATE and FARGATE_SPOT.`,
    );
  }
  return providers;
}
