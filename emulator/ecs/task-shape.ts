import type { Container, HealthStatus, Task } from '@aws-sdk/client-ecs';
import type { Context } from './context.js';
import { digestOf } from './images.js';
import type { ContainerRecord, TaskRecord } from './model.js';
import { tagsOf } from './tags.js';
import { seconds, type Wire } from './wire.js';

/** A task as DescribeTasks returns it. */
export function describeTask(context: Context, task: TaskRecord, withTags: boolean): Wire<Task> {
  const fargate = task.launchType === 'FARGATE' || task.capacityProviderName !== undefined;
  const { definition } = task.taskDefinition;
  const subnet = task.networkConfiguration?.awsvpcConfiguration?.subnets?.[0];
  return {
    taskArn: task.arn,
    clusterArn: task.cluster.arn,
    taskDefinitionArn: task.taskDefinition.arn,
    group: task.group,
    startedBy: task.startedBy,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    healthStatus: healthOf(task),
    connectivity: task.startedAtMs === undefined ? undefined : 'CONNECTED',
    connectivityAt: seconds(task.startedAtMs),
    containers: task.containers.map((container) => describeContainer(task, container, subnet)),
    attachments:
      subnet === undefined
        ? []
        : [
            {
              id: task.id,
              type: 'ElasticNetworkInterface',
              status: task.lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED',
              details: [
                { name: 'subnetId', value: subnet },
                { name: 'privateIPv4Address', value: addressOf(task) },
              ],
            },
          ],
    attributes: [
      {
        name: 'ecs.cpu-architecture',
        value: definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64',
      },
    ],
    availabilityZone: `${context.arns.region}a`,
    cpu: definition.cpu,
    memory: definition.memory,
    launchType: (fargate ? 'FARGATE' : task.launchType) as Wire<Task>['launchType'],
    capacityProviderName: task.capacityProviderName,
    platformVersion: fargate ? '1.4.0' : undefined,
    platformFamily: fargate ? 'Linux' : undefined,
    enableExecuteCommand: task.enableExecuteCommand,
    overrides: task.overrides as Wire<Task>['overrides'],
    createdAt: seconds(task.createdAtMs),
    pullStartedAt: seconds(task.pullStartedAtMs),
    pullStoppedAt: seconds(task.pullStoppedAtMs),
    startedAt: seconds(task.startedAtMs),
    stoppingAt: seconds(task.stoppingAtMs),
    executionStoppedAt: seconds(task.executionStoppedAtMs),
    stoppedAt: seconds(task.stoppedAtMs),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    version: task.version,
    tags: withTags ? tagsOf(context, task.arn) : [],
  };
}

function describeContainer(
  task: TaskRecord,
  container: ContainerRecord,
  subnet: string | undefined,
): Wire<Container> {
  const { definition } = container;
  return {
    containerArn: `${task.arn.replace(':task/', ':container/')}/${definition.name ?? ''}`,
    taskArn: task.arn,
    name: definition.name,
    image: container.image,
    // Known once the image was pulled.
    imageDigest:
      container.runtimeId === undefined
        ? undefined
        : digestOf(container.image, container.resolution),
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    healthStatus: container.healthStatus,
    networkBindings: [],
    networkInterfaces:
      subnet === undefined ? [] : [{ attachmentId: task.id, privateIpv4Address: addressOf(task) }],
    cpu: String(definition.cpu ?? 0),
    memory: definition.memory === undefined ? undefined : String(definition.memory),
    memoryReservation:
      definition.memoryReservation === undefined ? undefined : String(definition.memoryReservation),
  };
}

// Developer Guide, "Determine Amazon ECS task health …": only essential containers with a health
// check count; UNKNOWN while any of them is.
function healthOf(task: TaskRecord): HealthStatus {
  const states = task.containers
    .filter(({ definition }) => definition.healthCheck && definition.essential !== false)
    .map((container) => container.healthStatus);
  if (states.includes('UNHEALTHY')) return 'UNHEALTHY';
  return states.length > 0 && states.every((state) => state === 'HEALTHY') ? 'HEALTHY' : 'UNKNOWN';
}

function addressOf(task: TaskRecord): string {
  const [high = 0, low = 0] = Buffer.from(task.id.slice(0, 4), 'hex');
  return `10.0.${high}.${low}`;
}
