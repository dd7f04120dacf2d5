import { randomUUID } from 'node:crypto';
import type * as ecsSdk from '@aws-sdk/client-ecs';
import { OperationError } from '../../shared/errors.js';
import type {
  OneOffTask,
  RunTaskRequest,
  StartedTask,
  TaskNetwork,
  TaskPlacement,
  TaskRunner,
} from '../tasks/ports.js';
import type { EcsCalls } from './ecs-calls.js';
import { toTask } from './ecs-views.js';
import { launchSettings } from './launch-settings.js';

/** One-off tasks of Amazon ECS behind the port, by the SDK. */
export function openTasks(call: EcsCalls): TaskRunner {
  return {
    async placementOf(cluster, service) {
      const answer = await call('DescribeServices', (client, sdk) =>
        client.send(new sdk.DescribeServicesCommand({ cluster, services: [service] })),
      );
      return toPlacement(answer.services?.[0]);
    },

    async run(request) {
      const input = runTaskInput(request);
      const answer = await call('RunTask', (client, sdk) =>
        client.send(new sdk.RunTaskCommand(input)),
      );
      return toStarted(answer);
    },

    async look(cluster, arn) {
      const answer = await call('DescribeTasks', (client, sdk) =>
        client.send(new sdk.DescribeTasksCommand({ cluster, tasks: [arn] })),
      );
      const [found] = answer.tasks ?? [];
      return found === undefined ? undefined : toOneOffTask(found);
    },

    async stop(cluster, arn, reason) {
      await call('StopTask', (client, sdk) =>
        client.send(
          // API reference, "StopTask": a reason may be 1024 characters long.
          new sdk.StopTaskCommand({ cluster, task: arn, reason: reason.slice(0, 1024) }),
        ),
      );
    },
  };
}

/**
 * API reference, "RunTask". The client token makes a retried request the same request ("Ensuring
 * idempotency"), so that a lost answer does not run a migration twice.
 */
function runTaskInput(request: RunTaskRequest): ecsSdk.RunTaskCommandInput {
  const { overrides, placement } = request;
  const { network } = placement;
  return {
    cluster: request.cluster,
    taskDefinition: request.taskDefinitionArn,
    count: 1,
    clientToken: randomUUID(),
    startedBy: request.startedBy,
    enableECSManagedTags: true,
    tags: request.tags.map((tag) => ({ ...tag })),
    ...(placement.capacityProviders.length > 0
      ? {
          capacityProviderStrategy: placement.capacityProviders.map(({ name, weight, base }) => ({
            capacityProvider: name,
            ...(weight === undefined ? {} : { weight }),
            ...(base === undefined ? {} : { base }),
          })),
        }
      : placement.launchType === undefined
        ? {}
        : { launchType: placement.launchType as ecsSdk.LaunchType }),
    ...(placement.platformVersion === undefined
      ? {}
      : { platformVersion: placement.platformVersion }),
    ...(network === undefined ? {} : { networkConfiguration: networkInput(network) }),
    overrides: {
      ...(overrides.cpu === undefined ? {} : { cpu: String(overrides.cpu) }),
      ...(overrides.memoryMib === undefined ? {} : { memory: String(overrides.memoryMib) }),
      ...(overrides.taskRoleArn === undefined ? {} : { taskRoleArn: overrides.taskRoleArn }),
      ...(overrides.executionRoleArn === undefined
        ? {}
        : { executionRoleArn: overrides.executionRoleArn }),
      containerOverrides: [
        {
          name: overrides.container,
          ...(overrides.command === undefined ? {} : { command: [...overrides.command] }),
          environment: Object.entries(overrides.environment).map(([name, value]) => ({
            name,
            value,
          })),
          ...(overrides.containerMemoryMib === undefined
            ? {}
            : { memory: overrides.containerMemoryMib }),
        },
      ],
    },
  };
}

function networkInput(network: TaskNetwork): ecsSdk.NetworkConfiguration {
  return {
    awsvpcConfiguration: {
      subnets: [...network.subnets],
      securityGroups: [...network.securityGroups],
      assignPublicIp: network.assignPublicIp ? 'ENABLED' : 'DISABLED',
    },
  };
}

function toStarted(answer: ecsSdk.RunTaskCommandOutput): StartedTask {
  const arn = answer.tasks?.[0]?.taskArn;
  if (arn !== undefined) return { kind: 'started', arn };
  const failures = (answer.failures ?? []).map(({ reason, detail }) => ({
    reason: reason ?? 'unknown',
    detail,
  }));
  if (failures.length === 0) {
    throw new OperationError(
      'aws-answer-incomplete',
      'ecs:RunTask answered with neither a task nor a failure',
    );
  }
  return { kind: 'refused', failures };
}

function toPlacement(service: ecsSdk.Service | undefined): TaskPlacement {
  const { strategy, network, ...settings } = launchSettings(service ?? {});
  return {
    ...settings,
    capacityProviders: strategy.map(({ capacityProvider, weight, base }) => ({
      name: capacityProvider ?? '',
      weight,
      base,
    })),
    network:
      network === undefined
        ? undefined
        : {
            subnets: network.subnets ?? [],
            securityGroups: network.securityGroups ?? [],
            assignPublicIp: network.assignPublicIp === 'ENABLED',
          },
  };
}

function toOneOffTask(task: ecsSdk.Task): OneOffTask {
  const { containers, ...rest } = toTask(task);
  return {
    ...rest,
    lastStatus: task.lastStatus ?? '',
    desiredStatus: task.desiredStatus ?? '',
    containers: containers.map((container, index) => ({
      ...container,
      lastStatus: task.containers?.[index]?.lastStatus ?? '',
    })),
  };
}
