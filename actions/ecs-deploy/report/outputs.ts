import type { Applied } from '../effects.js';
import type { Observed } from '../plan.js';
import type { Outcome } from '../result.js';
import type { SeenHook } from '../rollout/hooks.js';
import { aroundOutputs, diagnosisOf } from '../tasks/report-around.js';

/** The names of all outputs, as `action.yml` declares them. */
export const outputNames = [
  'outcome',
  'reason',
  'service-name',
  'cluster',
  'task-definition-arn',
  'previous-task-definition-arn',
  'deployment-id',
  'codedeploy-deployment-id',
  'service-deployment-arn',
  'image-digest',
  'hook-id',
  'paused-stage',
  'expires-at',
  'exit-code',
  'diagnosis',
  'services',
  'problems',
  'task-arn',
  'tasks',
  'desired-count',
  'previous-desired-count',
  'tfvars-line',
] as const;

/** Outputs that a command has nothing to say in are empty. */
export const emptyOutputs = Object.fromEntries(outputNames.map((name) => [name, ''])) as Outputs;

type Outputs = Readonly<Record<(typeof outputNames)[number], string>>;

export function outputsOf(
  observed: Observed,
  applied: Applied,
  outcome: Outcome,
  reason: string,
): Outputs {
  const { around, followed } = applied;
  const diagnosis = diagnosisOf(around, followed?.diagnosis);
  return {
    ...emptyOutputs,
    outcome,
    reason,
    'service-name': observed.target.serviceName,
    cluster: observed.target.cluster,
    'task-definition-arn': applied.taskDefinitionArn,
    'previous-task-definition-arn': observed.running.arn,
    'deployment-id': applied.own?.id ?? '',
    'codedeploy-deployment-id': applied.codeDeploy?.own?.id ?? '',
    'service-deployment-arn': followed?.serviceDeployment?.arn ?? '',
    'image-digest': observed.images[observed.container]?.digest ?? '',
    ...pauseOutputs(followed?.pause),
    'exit-code': diagnosis?.exitCode === undefined ? '' : String(diagnosis.exitCode),
    diagnosis: diagnosis === undefined ? '' : JSON.stringify(diagnosis),
    ...aroundOutputs(around),
  };
}

/** What tells of a pause; empty without one. */
export function pauseOutputs(
  pause: SeenHook | undefined,
): Pick<Outputs, 'hook-id' | 'paused-stage' | 'expires-at'> {
  return {
    'hook-id': pause?.id ?? '',
    'paused-stage': pause?.stage ?? '',
    'expires-at': isoTime(pause?.expiresAtMs) ?? '',
  };
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
