import type { Applied } from '../effects.js';
import type { Observed } from '../plan.js';
import type { Outcome } from '../result.js';
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
    'hook-id': followed?.pause?.id ?? '',
    'paused-stage': followed?.pause?.stage ?? '',
    'expires-at': isoTime(followed?.pause?.expiresAtMs) ?? '',
    'exit-code': diagnosis?.exitCode === undefined ? '' : String(diagnosis.exitCode),
    diagnosis: diagnosis === undefined ? '' : JSON.stringify(diagnosis),
    ...aroundOutputs(around),
  };
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
