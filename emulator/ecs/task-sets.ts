import type { CapacityProviderStrategyItem, NetworkConfiguration } from '@aws-sdk/client-ecs';
import { AwsError } from '../aws-error.js';
import { shortName } from './arns.js';
import { requireCluster } from './clusters.js';
import type { Context } from './context.js';
import { resolveImages } from './images.js';
import type { DeploymentRecord, ServiceRecord } from './model.js';
import { tasksOfService, wake } from './rollout/scheduler.js';
import {
  computedDesiredCount,
  createTaskSet,
  drainTaskSet,
  makePrimary,
} from './rollout/task-sets.js';
import { requireService } from './services.js';
import { requireActiveTaskDefinition } from './task-definitions.js';

/** One task set as CodeDeploy sees it. */
export interface TaskSetView {
  /** `ecs-svc/…` */
  readonly id: string;
  readonly status: 'PRIMARY' | 'ACTIVE' | 'DRAINING';
  readonly taskDefinitionArn: string;
  readonly targetGroupName: string | undefined;
  readonly desiredCount: number;
  readonly pendingCount: number;
  readonly runningCount: number;
  readonly steady: boolean;
}

/** What a new task set runs; what is left out is taken from the primary one. */
export interface TaskSetSpec {
  readonly externalId: string;
  readonly taskDefinition: string;
  readonly containerName: string;
  readonly containerPort: number;
  readonly targetGroupName: string;
  readonly platformVersion: string | undefined;
  readonly networkConfiguration: NetworkConfiguration | undefined;
  readonly capacityProviderStrategy: CapacityProviderStrategyItem[] | undefined;
}

/** What the emulated CodeDeploy does with a service: it is the caller of the task set operations. */
export interface TaskSets {
  /** Undefined where there is no such service. */
  service(
    cluster: string,
    name: string,
  ): { readonly arn: string; readonly status: string; readonly controller: string } | undefined;
  list(cluster: string, name: string): readonly TaskSetView[];
  /** Returns the new set's id. Throws AwsError as CreateTaskSet does. */
  create(cluster: string, name: string, spec: TaskSetSpec): Promise<string>;
  /** Does nothing for a set that is gone. */
  makePrimary(cluster: string, name: string, id: string): void;
  drain(cluster: string, name: string, id: string): void;
}

export function taskSetsOf(context: Context): TaskSets {
  const find = (cluster: string, name: string): ServiceRecord | undefined => {
    const arn = context.arns.of(`service/${shortName(cluster)}/${shortName(name)}`);
    return context.state.services.get(arn);
  };
  const change = (
    cluster: string,
    name: string,
    id: string,
    run: (service: ServiceRecord, set: DeploymentRecord) => void,
  ): void => {
    const service = find(cluster, name);
    const set = service?.taskSets.find((candidate) => candidate.id === id);
    if (service === undefined || set === undefined) return;
    run(service, set);
    wake(context, service);
  };
  return {
    service: find,
    list: (cluster, name) =>
      (find(cluster, name)?.taskSets ?? []).map((set) => viewOf(context, set)),
    async create(cluster, name, spec) {
      const definition = requireActiveTaskDefinition(context, spec.taskDefinition);
      const images = await resolveImages(context, definition);
      const service = requireService(context, requireCluster(context, cluster), name);
      if (service.status !== 'ACTIVE') {
        throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
      }
      const container = definition.definition.containerDefinitions?.find(
        (candidate) => candidate.name === spec.containerName,
      );
      if (container === undefined) {
        throw new AwsError(
          'InvalidParameterException',
          `The container ${spec.containerName} does not exist in the task definition.`,
        );
      }
      const { workload } = service;
      const [balancer] = workload.loadBalancers;
      const set = createTaskSet(
        context,
        service,
        {
          ...workload,
          taskDefinition: definition,
          loadBalancers: [
            {
              targetGroupArn: siblingTargetGroup(
                balancer?.targetGroupArn ?? '',
                spec.targetGroupName,
              ),
              containerName: spec.containerName,
              containerPort: spec.containerPort,
            },
          ],
          platformVersion: spec.platformVersion ?? workload.platformVersion,
          networkConfiguration: spec.networkConfiguration ?? workload.networkConfiguration,
          ...(spec.capacityProviderStrategy === undefined
            ? {}
            : {
                capacityProviderStrategy: spec.capacityProviderStrategy,
                launchType: undefined,
              }),
        },
        images,
        spec.externalId,
      );
      wake(context, service);
      return set.id;
    },
    makePrimary: (cluster, name, id) =>
      change(cluster, name, id, (service, set) => makePrimary(context, service, set)),
    drain: (cluster, name, id) => change(cluster, name, id, (_, set) => drainTaskSet(context, set)),
  };
}

function viewOf(context: Context, set: DeploymentRecord): TaskSetView {
  const own = tasksOfService(context, set.service).filter((task) => task.deployment === set);
  return {
    id: set.id,
    status: set.taskSet?.status ?? 'ACTIVE',
    taskDefinitionArn: set.revision.workload.taskDefinition.arn,
    targetGroupName: targetGroupName(set.revision.workload.loadBalancers[0]?.targetGroupArn),
    desiredCount: computedDesiredCount(set),
    pendingCount: own.filter(
      ({ lastStatus }) => lastStatus === 'PROVISIONING' || lastStatus === 'PENDING',
    ).length,
    runningCount: own.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    steady: set.taskSet?.stability === 'STEADY_STATE',
  };
}

/** `…:targetgroup/NAME/ID` gives NAME; anything else itself. */
function targetGroupName(arn: string | undefined): string | undefined {
  return arn === undefined ? undefined : (/:targetgroup\/([^/]+)\//.exec(arn)?.[1] ?? arn);
}

/** Deployment groups know target groups by name: the ARN of another one of the same account. */
function siblingTargetGroup(arn: string, name: string): string {
  return arn.includes(':targetgroup/')
    ? arn.replace(/:targetgroup\/[^/]+\//, `:targetgroup/${name}/`)
    : name;
}
