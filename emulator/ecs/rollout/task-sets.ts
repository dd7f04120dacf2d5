import { AwsError } from '../../aws-error.js';
import { numericId } from '../arns.js';
import type { Context } from '../context.js';
import { addEvent } from '../events.js';
import type { DeploymentRecord, ServiceRecord, TaskRecord, Workload } from '../model.js';
import type { ImageResolution } from '../ports.js';

// A task set is kept running like a deployment that has no rollout: API reference, "TaskSet".

/** How the service scheduler starts and stops tasks of a set. */
interface Hands {
  launch(context: Context, set: DeploymentRecord, count: number): void;
  stop(context: Context, set: DeploymentRecord, tasks: readonly TaskRecord[]): void;
}

/** A new task set of a CODE_DEPLOY service, the primary one where it is the first. */
export function createTaskSet(
  context: Context,
  service: ServiceRecord,
  workload: Workload,
  images: Map<string, ImageResolution>,
  externalId?: string,
): DeploymentRecord {
  const now = context.clock.now();
  const id = `ecs-svc/${numericId()}`;
  const revision = {
    arn: context.arns.of(`service-revision/${service.cluster.name}/${service.name}/${numericId()}`),
    createdAtMs: now,
    workload,
    images,
    alternate: false,
  };
  const set: DeploymentRecord = {
    id,
    service,
    revision,
    createdAtMs: now,
    updatedAtMs: now,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: '',
    failedTasks: 0,
    failedRounds: 0,
    failedSinceLaunch: false,
    throttledUntilMs: 0,
    // Never listed: service deployments belong to the controller ECS.
    serviceDeployment: {
      arn: '',
      service,
      createdAtMs: now,
      updatedAtMs: now,
      target: revision,
      sources: [],
      configuration: {},
      status: 'IN_PROGRESS',
      breakerStatus: 'DISABLED',
      failureCount: 0,
      alarmStatus: 'DISABLED',
      triggeredAlarms: [],
    },
    warnedDeadlock: false,
    taskSet: {
      ...(externalId === undefined ? {} : { externalId }),
      status: service.taskSets.length === 0 ? 'PRIMARY' : 'ACTIVE',
      scale: 100,
      stability: 'STABILIZING',
      stabilityAtMs: now,
    },
  };
  service.taskSets.unshift(set);
  return set;
}

/** Makes a set the primary one, and the service run what it runs. */
export function makePrimary(context: Context, service: ServiceRecord, set: DeploymentRecord): void {
  for (const { taskSet } of service.taskSets) {
    if (taskSet?.status === 'PRIMARY') taskSet.status = 'ACTIVE';
  }
  if (set.taskSet !== undefined) set.taskSet.status = 'PRIMARY';
  set.updatedAtMs = context.clock.now();
  service.workload = set.revision.workload;
}

/** Takes a set down to no tasks; it is gone when they are. */
export function drainTaskSet(context: Context, set: DeploymentRecord): void {
  if (set.taskSet === undefined) return;
  set.taskSet.status = 'DRAINING';
  set.taskSet.scale = 0;
  set.updatedAtMs = context.clock.now();
}

/** `desiredCount` of the service times the scale, rounded up (API reference, "Scale"). */
export function computedDesiredCount(set: DeploymentRecord): number {
  return Math.ceil((set.service.desiredCount * (set.taskSet?.scale ?? 100)) / 100);
}

export function taskSetArn(service: ServiceRecord, set: DeploymentRecord): string {
  return `${service.arn.replace(':service/', ':task-set/')}/${set.id}`;
}

/** Starts and stops tasks until every set has as many as its scale says. */
export function reconcileTaskSets(
  context: Context,
  service: ServiceRecord,
  tasks: readonly TaskRecord[],
  hands: Hands,
): void {
  const now = context.clock.now();
  for (const set of [...service.taskSets]) {
    const { taskSet } = set;
    if (taskSet === undefined) continue;
    const own = tasks.filter((task) => task.deployment === set);
    const live = own.filter((task) => task.desiredStatus === 'RUNNING');
    const wanted = computedDesiredCount(set);
    if (live.length > wanted) hands.stop(context, set, live.slice(wanted));
    if (live.length < wanted && now >= set.throttledUntilMs) {
      hands.launch(context, set, wanted - live.length);
    }
    if (taskSet.status === 'DRAINING' && own.length === 0) {
      service.taskSets = service.taskSets.filter((other) => other !== set);
      continue;
    }
    // API reference, "TaskSet", stabilityStatus: running equals computed, none pending, all healthy.
    const steady = live.length === wanted && live.every((task) => task.healthy);
    const stability = steady ? 'STEADY_STATE' : 'STABILIZING';
    if (stability === taskSet.stability) continue;
    taskSet.stability = stability;
    taskSet.stabilityAtMs = now;
    if (steady) addEvent(context, service, `(taskSet ${set.id}) has reached a steady state.`);
  }
}

/** CreateService API: a CODE_DEPLOY service needs a target group. */
export function checkTargetGroup(workload: Workload): void {
  if (workload.loadBalancers.some(({ targetGroupArn }) => targetGroupArn !== undefined)) return;
  throw new AwsError(
    'InvalidParameterException',
    'Load balancer with a target group is required for a service with a CODE_DEPLOY deployment controller.',
  );
}

/**
 * What UpdateService refuses on a CODE_DEPLOY service: all but the count, the deployment
 * configuration, the grace period, placement, managed tags and tag propagation (API reference,
 * "UpdateService"). The first words are seen in boto3#1936; the others follow them. Whether a task
 * definition that is unchanged would pass is not documented: it is refused.
 */
export function refuseForCodeDeploy(request: Readonly<Record<string, unknown>>): void {
  const refused = Object.entries(notUpdatable).find(([member]) => request[member] !== undefined);
  if (refused === undefined) return;
  throw new AwsError(
    'InvalidParameterException',
    `Unable to ${refused[1]} on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.`,
  );
}

const notUpdatable: Readonly<Record<string, string>> = {
  taskDefinition: 'update task definition',
  networkConfiguration: 'update network parameters',
  platformVersion: 'update platform version',
  loadBalancers: 'update load balancers',
  capacityProviderStrategy: 'update capacity provider strategy',
  serviceRegistries: 'update service registries',
  forceNewDeployment: 'force a new deployment',
};
