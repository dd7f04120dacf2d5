import { diagnose, type Diagnosis } from '../../rollout/diagnosis.js';
import type { FailedTask } from '../../rollout/failed-tasks.js';
import type { JsonObject, ServiceEvent } from '../../model.js';
import { hooksOfText } from './app-spec.js';
import type { CodeDeploySight } from './judge.js';
import type { LifecycleEvent } from './model.js';

export interface CodeDeployFacts {
  readonly sight: CodeDeploySight;
  readonly definition: JsonObject;
  readonly failedTasks: readonly FailedTask[];
  readonly events: readonly ServiceEvent[];
  /** What the load balancer says of unhealthy targets, the new tasks' first. */
  readonly targetHealth: readonly string[];
}

/**
 * Why the deployment failed: alarms that fired, a hook by its Lambda function and what it said,
 * else the tasks of the new task set, else what the load balancer says of its targets, else what
 * CodeDeploy says.
 */
export function diagnoseCodeDeploy(facts: CodeDeployFacts): Diagnosis {
  const { sight, failedTasks } = facts;
  const { deployment, rollback } = sight;
  const alarms = firedAlarms(sight);
  const byTasks = diagnose({
    definition: facts.definition,
    failedTasks,
    events: facts.events,
    serviceDeployment: undefined,
    statusReason: reasonOf(sight),
    targetHealth: facts.targetHealth,
  });
  if (alarms.length > 0) {
    return { ...byTasks, code: 'alarm', cause: `alarm ${alarms.join(', ')} fired` };
  }
  const hook = failedHook(sight);
  if (hook !== undefined && deployment.status === 'Failed') {
    return {
      code: 'lifecycle-hook',
      cause: `hook ${hook.event.name} (Lambda function ${hook.lambda}) failed${hook.event.message === undefined ? '' : `: ${hook.event.message}`}`,
      hint: `its log group is /aws/lambda/${hook.lambda}`,
      container: undefined,
      exitCode: undefined,
      failedTasks: failedTasks.length,
      lastLogLine: undefined,
    };
  }
  const rollbackFailed = rollback?.status === 'Failed' || rollback?.status === 'Stopped';
  if ((failedTasks.length > 0 || facts.targetHealth.length > 0) && !rollbackFailed) return byTasks;
  // CodeDeploy's reason, which says more than an event of the service.
  return {
    ...byTasks,
    code: 'unknown',
    cause: reasonOf(sight) ?? unfinished(sight) ?? byTasks.cause,
  };
}

/** What CodeDeploy says about the end, of a failed rollback first; that we stopped it is no reason. */
export function reasonOf({
  deployment: { error },
  rollback,
  givenUp,
}: CodeDeploySight): string | undefined {
  const own =
    error === undefined || (givenUp && error.code === 'MANUAL_STOP')
      ? undefined
      : `${error.code}: ${error.message}`;
  const back = rollback?.error && `the rollback ${rollback.id} failed: ${rollback.error.message}`;
  return back === undefined ? own : [back, own].filter((text) => text !== undefined).join('; ');
}

/** What was not done when we stopped it: CodeDeploy calls it failed then. */
function unfinished({ target, givenUp }: CodeDeploySight): string | undefined {
  const event = target?.events.find(
    ({ status }) => status === 'InProgress' || (givenUp && status === 'Failed'),
  );
  return event && `no task failed, but ${event.name} did not end`;
}

/** The names in `Activated alarms: <a> <b>`, as CodeDeploy writes them. */
function firedAlarms({ deployment }: CodeDeploySight): readonly string[] {
  if (deployment.error?.code !== 'ALARM_ACTIVE') return [];
  const names = [...deployment.error.message.matchAll(/<([^>]+)>/g)].map(([, name = '']) => name);
  return names.length > 0 ? names : ['of the deployment group'];
}

function failedHook({
  deployment,
  target,
}: CodeDeploySight): { readonly event: LifecycleEvent; readonly lambda: string } | undefined {
  const event = target?.events.find(({ status }) => status === 'Failed');
  const lambda = event && hooksOfText(deployment.appSpec)[event.name];
  return event === undefined || lambda === undefined ? undefined : { event, lambda };
}
