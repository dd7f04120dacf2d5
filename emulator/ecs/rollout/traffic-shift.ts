import type { Context } from '../context.js';
import type {
  DeploymentRecord,
  ServiceDeploymentRecord,
  ServiceRecord,
  TaskRecord,
  TrafficShift,
} from '../model.js';
import { isResolved, startHooks } from './hooks.js';
import { failDeployment, rollBack } from './rollback.js';
import { hasEnded } from './service-deployments.js';
import { cancelStage } from './shift-back.js';
import { stagesOf, type LifecycleStage, type StageStep } from './stages.js';
import { addEvent } from '../events.js';

const HOOK_ROLLBACK_REASON =
  'Service deployment rolled back because of lifecycle hook execution failure(s).';

/** The way of a new service deployment that shifts traffic; `undefined` for a rolling update. */
export function newShift(
  context: Context,
  service: ServiceRecord,
  olderDeployments: readonly DeploymentRecord[],
  wake: () => void,
): TrafficShift | undefined {
  const { deploymentConfiguration: configuration, workload } = service;
  if ((configuration.strategy ?? 'ROLLING') === 'ROLLING') return undefined;
  const [newest] = olderDeployments;
  const old =
    olderDeployments.find(({ rolloutState }) => rolloutState === 'COMPLETED') ??
    olderDeployments.find(
      ({ revision }) => revision === newest?.serviceDeployment.rollback?.revision,
    ) ??
    newest;
  const balanced = workload.loadBalancers.length > 0;
  return {
    steps: stagesOf(configuration, {
      replaces: old !== undefined,
      reconciles: olderDeployments.length > 1,
    }),
    old,
    oldCount: old === undefined ? 0 : liveTasks(context, old),
    // Without either "you don't get any of the managed traffic shifting benefits" (Developer
    // Guide, "Required resources for Amazon ECS blue/green deployments").
    managed: balanced || workload.serviceConnectConfiguration !== undefined,
    tested: workload.loadBalancers.some(
      ({ advancedConfiguration }) => advancedConfiguration?.testListenerRule !== undefined,
    ),
    at: -1,
    stage: undefined,
    workDone: false,
    hooks: [],
    production: 0,
    test: 0,
    cancels: [],
    wake,
  };
}

function liveTasks(context: Context, deployment: DeploymentRecord): number {
  return [...context.state.tasks.values()].filter(
    (task) => task.deployment === deployment && task.desiredStatus === 'RUNNING',
  ).length;
}

/** Whether the deployment is on its way through the stages: neither ended nor going back. */
export function isShifting(
  deployment: ServiceDeploymentRecord,
): deployment is ServiceDeploymentRecord & { shift: TrafficShift } {
  return deployment.shift !== undefined && !deployment.rollback && !hasEnded(deployment);
}

/** Enters the next stage. */
export function enterNextStage(context: Context, deployment: DeploymentRecord): void {
  const { serviceDeployment } = deployment;
  const { shift } = serviceDeployment;
  const step = shift?.steps[shift.at + 1];
  if (shift === undefined || step === undefined) return;
  cancelStage(shift);
  shift.at += 1;
  shift.stage = step.stage;
  shift.production = step.production ?? shift.production;
  if (shift.tested) shift.test = step.test ?? shift.test;
  shift.workDone = false;
  serviceDeployment.updatedAtMs = context.clock.now();
  shift.hooks = startHooks(context, shift, serviceDeployment.configuration, step.stage, {
    resolved: () => goOn(context, deployment),
    failed: () => failByHook(context, deployment),
  });
  if (!waitsForTasks.has(step.stage)) {
    const run = (): void => finishWork(context, deployment);
    shift.cancels.push(context.after(durationMs(context, step), run));
  }
  shift.wake();
}

const waitsForTasks: ReadonlySet<LifecycleStage> = new Set<LifecycleStage>([
  'RECONCILE_SERVICE',
  'SCALE_UP',
  'CLEAN_UP',
]);

function durationMs(context: Context, { stage, holdMinutes = 0 }: StageStep): number {
  const shifts = stage === 'TEST_TRAFFIC_SHIFT' || stage === 'PRODUCTION_TRAFFIC_SHIFT';
  const workMs = shifts ? context.timings.trafficShiftMs : context.timings.stageMs;
  return workMs + holdMinutes * 60_000;
}

/** Tells the stage how its tasks stand: some end with that. The scheduler ends CLEAN_UP itself. */
export function watchTasks(
  context: Context,
  deployment: DeploymentRecord,
  tasks: readonly TaskRecord[],
): void {
  const { shift } = deployment.serviceDeployment;
  if (shift === undefined || shift.workDone || deployment.rolloutState === 'FAILED') return;
  if (shift.stage === 'RECONCILE_SERVICE') {
    if (tasks.every((task) => task.deployment === shift.old)) finishWork(context, deployment);
  } else if (shift.stage === 'SCALE_UP') {
    const own = tasks.filter(
      (task) => task.deployment === deployment && task.desiredStatus === 'RUNNING',
    );
    if (own.length === deployment.service.desiredCount && own.every(({ healthy }) => healthy)) {
      finishWork(context, deployment);
    }
  }
}

function finishWork(context: Context, deployment: DeploymentRecord): void {
  const { shift } = deployment.serviceDeployment;
  if (shift === undefined) return;
  shift.workDone = true;
  goOn(context, deployment);
}

/** A stage ends when its own work and all of its hooks have. */
export function goOn(context: Context, deployment: DeploymentRecord): void {
  const { serviceDeployment } = deployment;
  if (!isShifting(serviceDeployment) || serviceDeployment.status !== 'IN_PROGRESS') return;
  const { shift } = serviceDeployment;
  if (shift.workDone && shift.hooks.every(isResolved)) enterNextStage(context, deployment);
}

/**
 * A hook that fails, or times out with the action ROLLBACK, rolls back whether or not anything
 * else is set to (Developer Guide, "Lambda hooks for Amazon ECS service deployments"). The event's
 * words were seen in aws/containers-roadmap#2664; those of the reason are ours.
 */
function failByHook(context: Context, deployment: DeploymentRecord): void {
  const { serviceDeployment, service } = deployment;
  if (!isShifting(serviceDeployment) || serviceDeployment.status !== 'IN_PROGRESS') return;
  const text = 'deployment failed: hook execution failure(s) detected.';
  failDeployment(context, deployment, text);
  addEvent(context, service, `(deployment ${deployment.id}) ${text}`);
  rollBack(context, deployment, HOOK_ROLLBACK_REASON);
  serviceDeployment.shift.wake();
}
