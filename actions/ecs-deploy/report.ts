import {
  bullets,
  code,
  codeBlock,
  details,
  heading,
  paragraph,
  renderMarkdown,
  strong,
  table,
  text,
  type Block,
  type Inline,
} from '../shared/markdown.js';
import { formatDiagnosis, type Diagnosis } from './rollout/diagnosis.js';
import type { Applied } from './effects.js';
import { describeEnd, type FailedTask } from './rollout/failed-tasks.js';
import type { Followed } from './rollout/follow.js';
import { describePause } from './rollout/hooks.js';
import { shortName } from './model.js';
import type { Observed, Plan, Step } from './plan.js';
import { pauseBlocks } from './commands/continue/pause.js';
import { outcomeOf, type Outcome } from './result.js';
import { rolloutTimeline } from './rollout/timeline.js';
import {
  appSpecBlocks,
  appSpecTexts,
  codeDeployMessage,
  codeDeployTimeline,
  describeCodeDeployStep,
  lifecycleBlocks,
} from './strategies/code-deploy/report.js';
import { describeAroundStep, isAroundStep } from './tasks/around.js';
import { nothingAround } from './tasks/carry-out.js';
import {
  aroundBlocks,
  aroundOutputs,
  broughtAlong,
  describeSetback,
  diagnosisOf,
  failedUpdates,
  setbackCode,
} from './tasks/report-around.js';

/** What a command leaves behind. */
export interface Report {
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown for the job summary. */
  readonly summary: string;
  /** One sentence for the log. */
  readonly message: string;
  /** Present where the step must fail; the code is the error's. */
  readonly failure: { readonly code: string } | undefined;
}

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

const failing = new Set<Outcome>([
  'failed',
  'rolled-back',
  'superseded',
  'stopped',
  'timed-out',
  'cancelled',
]);

/** Reports a deploy. */
export function reportDeploy(observed: Observed, plan: Plan, applied: Applied): Report {
  const outcome = outcomeOf(applied, plan.upToDate);
  const message = messageOf(outcome, observed, applied);
  return reportRollout(observed, plan, applied, {
    outcome,
    message,
    failure: failureOf(outcome, applied),
  });
}

/** Why the step must fail with this outcome of a rollout; `undefined`: it need not. */
export function failureOf(
  outcome: Outcome,
  { around }: Pick<Applied, 'around'>,
): Report['failure'] {
  if (around.setback !== undefined) return { code: setbackCode(around.setback) };
  if (failing.has(outcome)) return { code: `deploy-${outcome}` };
  // The service is out and good, so the outcome says so; a task that was left behind must be seen.
  return failedUpdates(around).length > 0 ? { code: 'deploy-tasks-failed' } : undefined;
}

/** The outcome in one sentence where a rollback was what was asked for. */
export function rolledBackAsAsked(observed: Observed, applied: Applied): string {
  const revision = shortName(applied.taskDefinitionArn);
  return `${observed.service.name} was rolled back from ${revision} to ${nowRunning(applied, observed)}, as asked`;
}

/** What a rollout came to. */
export interface Verdict extends Pick<Report, 'message' | 'failure'> {
  readonly outcome: Outcome;
}

/** Reports a rollout whose verdict is known. */
export function reportRollout(
  observed: Observed,
  plan: Plan,
  applied: Applied,
  { outcome, message, failure }: Verdict,
): Report {
  const { followed } = applied;
  const sign = failure === undefined && outcome === 'rolled-back' ? '✅' : icon(outcome);
  return {
    outputs: outputsOf(observed, applied, outcome, message),
    summary: renderMarkdown([
      heading(3, `${sign} `, code(observed.service.name), `: ${outcome}`),
      paragraph(quoted(message)),
      ...(followed?.pause === undefined ? [] : pauseBlocks(observed.target)),
      ...factTable(observed, applied),
      ...(followed === undefined ? [] : diagnosisBlocks(followed)),
      ...aroundBlocks(applied.around),
      ...timelineBlocks(applied),
      ...(applied.codeDeploy === undefined ? [] : lifecycleBlocks(applied.codeDeploy)),
      ...details('Steps', [stepList(plan)]),
    ]),
    message,
    failure,
  };
}

/** Reports a rollback: what is a failure to a deploy is here what was asked for. */
export function reportRollback(observed: Observed, plan: Plan, applied: Applied): Report {
  const outcome = outcomeOf(applied, plan.upToDate);
  if (outcome !== 'succeeded' && outcome !== 'stopped') {
    return reportDeploy(observed, plan, applied);
  }
  const now = nowRunning(applied, observed);
  const message = `${observed.service.name} is rolled back from ${shortName(observed.running.arn)} to ${now}`;
  return reportRollout(observed, plan, applied, {
    outcome: 'rolled-back',
    message,
    failure: undefined,
  });
}

/** Reports what a command would do. */
export function reportDryRun(observed: Observed, plan: Plan): Report {
  const message =
    plan.steps.length === 0
      ? `${observed.service.name} runs this already: there is nothing to do`
      : `dry run: ${plan.steps.length} steps, nothing was changed`;
  const applied: Applied = {
    taskDefinitionArn: observed.running.arn,
    own: undefined,
    followed: undefined,
    proof: undefined,
    answeredTooLate: false,
    around: nothingAround,
    cancelledEarly: false,
  };
  return {
    outputs: outputsOf(observed, applied, 'dry-run', message),
    summary: renderMarkdown([
      heading(3, code(observed.service.name), ': dry run'),
      paragraph(quoted(message)),
      stepList(plan),
      ...appSpecBlocks(plan.steps),
    ]),
    message: [
      message,
      ...plan.steps.map((step) => `- ${describeStep(step)}`),
      ...appSpecTexts(plan.steps),
    ].join('\n'),
    failure: undefined,
  };
}

function outputsOf(
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
    services: '',
    problems: '',
    ...aroundOutputs(around),
  };
}

/** The outcome of a deploy in one sentence. */
export function messageOf(outcome: Outcome, observed: Observed, applied: Applied): string {
  const { setback } = applied.around;
  if (setback !== undefined) {
    return describeSetback(setback, {
      service: observed.service.name,
      revision: shortName(applied.taskDefinitionArn),
      running: shortName(observed.running.arn),
    });
  }
  const brought = broughtAlong(applied.around);
  const behind = failedUpdates(applied.around);
  const left =
    behind.length === 0
      ? ''
      : `; but ${behind.join(', ')} could not be brought to it and keep their revision`;
  const tasks = brought.length === 0 ? '' : `; so do ${brought.join(', ')}`;
  return `${rolloutMessage(outcome, observed, applied)}${tasks}${left}`;
}

function rolloutMessage(outcome: Outcome, observed: Observed, applied: Applied): string {
  const { service, target } = observed;
  const { followed, proof } = applied;
  const revision = shortName(applied.taskDefinitionArn);
  const cause = because(followed?.diagnosis);
  const byCodeDeploy =
    applied.codeDeploy === undefined || proof?.kind === 'different'
      ? undefined
      : codeDeployMessage(
          outcome,
          { serviceName: service.name, revision, before: shortName(observed.running.arn) },
          applied.codeDeploy,
        );
  if (byCodeDeploy !== undefined) return byCodeDeploy;
  const stop = `aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn ${followed?.serviceDeployment?.arn ?? '<arn>'}`;
  switch (outcome) {
    case 'succeeded': {
      const took = Math.round(followed?.durationSeconds ?? 0);
      return followed?.service.desiredCount === 0
        ? `${service.name} is set to ${revision}, but its desired count is 0: no task ran, so this verifies nothing`
        : `${service.name} runs ${revision} after ${took} s`;
    }
    case 'no-op':
      return `${service.name} runs this already (${revision})`;
    case 'started':
      return `${service.name} is being rolled out to ${revision}; "wait: false" does not follow it${observed.around.tasks.length === 0 ? '' : ', and its tasks keep their revision'}`;
    case 'failed':
      if (proof?.kind === 'different') {
        const wrong = proof.differences.map(
          (one) => `container ${one.container} runs ${one.running} instead of ${one.wanted}`,
        );
        return `${service.name} was rolled out, but not with the image that was asked for: ${wrong.join('; ')}`;
      }
      return `${service.name} failed to roll out ${revision}${cause}`;
    case 'rolled-back':
      return `${service.name} failed to roll out ${revision} and ${followed?.gaveUp === undefined ? 'ECS' : 'was'} rolled back to ${nowRunning(applied, observed)}${cause}`;
    case 'paused':
      return `the rollout of ${revision} to ${service.name} is paused${followed?.pause === undefined ? '' : describePause(followed.pause)}; to go on: command "continue"`;
    case 'superseded':
      return `the rollout of ${revision} was superseded by ${followed?.supersededBy ?? 'another one'}: its own verdict is unknown`;
    case 'stopped':
      return `the rollout of ${revision} was stopped by hand${followed?.statusReason === undefined ? '' : `: ${followed.statusReason}`}; ${service.name} runs ${nowRunning(applied, observed)}`;
    case 'timed-out':
      return `${service.name} has not rolled out ${revision} within the time limit${cause}. ${afterwards(followed, `${service.name} runs ${nowRunning(applied, observed)}`, stop)}`;
    case 'cancelled':
      return applied.cancelledEarly || applied.own === undefined
        ? `cancelled before ${target.serviceName} was touched`
        : `cancelled: nobody follows the rollout of ${revision} any more. ${afterwards(followed, undefined, stop)}`;
    case 'dry-run':
      return 'dry run';
  }
}

/** What became of a rollout that nobody waits for any more. */
function afterwards(
  followed: Followed | undefined,
  rolledBack: string | undefined,
  stop: string,
): string {
  switch (followed?.gaveUp?.answer.kind) {
    case 'stopping':
      return followed.serviceDeployment?.status === 'ROLLBACK_SUCCESSFUL' &&
        rolledBack !== undefined
        ? `It was rolled back: ${rolledBack}`
        : 'ECS was asked to roll it back, and does so by itself';
    case 'too-late':
      return 'ECS had ended it already';
    case 'refused':
    case undefined:
      return `ECS goes on with it; to stop it: ${stop}`;
  }
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function because(diagnosis: Diagnosis | undefined): string {
  return diagnosis === undefined ? '' : `: ${formatDiagnosis(diagnosis)}`;
}

function nowRunning(applied: Applied, observed: Observed): string {
  const { deployments = [], taskSets = [] } = applied.followed?.service ?? {};
  const primary = [...deployments, ...taskSets].find(({ status }) => status === 'PRIMARY');
  return shortName(primary?.taskDefinitionArn ?? observed.running.arn);
}

function icon(outcome: Outcome): string {
  if (outcome === 'succeeded' || outcome === 'no-op') return '✅';
  return failing.has(outcome) ? '❌' : 'ℹ️';
}

/** Messages hold names and log lines of others: as code, GitHub neither pings nor links in them. */
const quoted = (message: string): Inline => code(message);

function factTable(observed: Observed, applied: Applied): readonly Block[] {
  const rows: (readonly [string, string])[] = [
    ['cluster', observed.target.cluster],
    ['task definition', shortName(applied.taskDefinitionArn)],
    ['before', shortName(observed.running.arn)],
    ['made from', observed.base.origin],
    ...Object.entries(observed.images).map(
      ([container, { image }]) => [`image of ${container}`, image] as const,
    ),
  ];
  if (applied.own !== undefined) rows.push(['deployment', applied.own.id]);
  if (applied.proof !== undefined) rows.push(['running image', proofText(applied.proof)]);
  return [
    table(
      ['', ''],
      rows.map(([name, value]) => [name, code(value)]),
    ),
  ];
}

function proofText(proof: NonNullable<Applied['proof']>): string {
  if (proof.kind === 'same') return 'as asked, by digest';
  return proof.kind === 'different' ? 'not what was asked' : `not compared: ${proof.reason}`;
}

function diagnosisBlocks(followed: Followed): readonly Block[] {
  const { diagnosis, failedTasks, events } = followed;
  const blocks: Block[] = [];
  if (diagnosis !== undefined) {
    blocks.push(paragraph(strong(text('Cause:')), ' ', code(diagnosis.cause)));
    if (diagnosis.hint !== undefined) blocks.push(paragraph(diagnosis.hint));
  }
  blocks.push(...failedTaskBlocks(failedTasks));
  if (blocks.length > 0 && events.length > 0) {
    const lines = [...events].reverse().slice(-50);
    blocks.push(
      ...details('Service events', [
        codeBlock(
          'text',
          lines.map(({ atMs, message }) => `${new Date(atMs).toISOString()} ${message}`).join('\n'),
        ),
      ]),
    );
  }
  return blocks;
}

/** Tasks that ended alike are told together, with the log of the last that has one. */
export function failedTaskBlocks(failedTasks: readonly FailedTask[]): readonly Block[] {
  const groups = new Map<string, FailedTask[]>();
  for (const task of failedTasks) {
    const end = describeEnd(task);
    groups.set(end, [...(groups.get(end) ?? []), task]);
  }
  return [...groups].slice(0, 10).flatMap(([end, tasks]) => {
    const log = tasks.findLast(({ logLines }) => logLines.length > 0)?.logLines ?? [];
    const count = tasks.length === 1 ? '1 task: ' : `${tasks.length} tasks: `;
    return [
      paragraph(count, code(end)),
      ...(log.length === 0 ? [] : [codeBlock('text', log.join('\n'))]),
    ];
  });
}

function timelineBlocks({ followed, codeDeploy }: Applied): readonly Block[] {
  if (followed === undefined) return [];
  const chart =
    codeDeploy === undefined ? rolloutTimeline(followed) : codeDeployTimeline(codeDeploy);
  return chart === undefined ? [] : details('Timeline', [codeBlock('mermaid', chart)], true);
}

function stepList(plan: Plan): Block {
  return plan.steps.length === 0
    ? paragraph('none')
    : bullets(plan.steps.map((step) => [code(describeStep(step))]));
}

/** One step in words, for the dry run and the summary. */
export function describeStep(step: Step): string {
  if (isAroundStep(step)) return describeAroundStep(step);
  switch (step.kind) {
    case 'write-release-starting':
    case 'write-release-current':
      return `${step.kind} ${step.path}: ${step.reason}`;
    case 'register-task-definition': {
      const changes = step.changes.slice(0, 20).map(({ kind, path }) => `${path} ${kind}`);
      const more = step.changes.length > 20 ? `, and ${step.changes.length - 20} more` : '';
      return `${step.kind} in family ${step.family}: ${step.reason} (${changes.join(', ')}${more})`;
    }
    case 'update-service': {
      const count = step.desiredCount === undefined ? '' : `, desired count ${step.desiredCount}`;
      const force = step.forceNewDeployment ? ', forced' : '';
      const settings =
        step.deploymentConfiguration === undefined ? '' : ', with the settings of the contract';
      return `${step.kind} to ${step.taskDefinitionArn === undefined ? 'the new revision' : shortName(step.taskDefinitionArn)}${count}${force}${settings}: ${step.reason}`;
    }
    case 'continue-service-deployment':
      return `${step.kind} with ${step.decision.toUpperCase()}, hook ${step.hookId}: ${step.reason}`;
    case 'stop-deployment':
    case 'follow':
      return `${step.kind}: ${step.reason}`;
    case 'create-deployment':
    case 'stop-code-deploy':
    case 'continue-code-deploy':
    case 'set-desired-count':
    case 'follow-code-deploy':
    case 'follow-tasks':
      return describeCodeDeployStep(step);
    case 'deregister-revisions': {
      const { revisions } = step;
      if (revisions === undefined) return `${step.kind} ${step.reason}`;
      const which = revisions.length === 0 ? 'none' : revisions.map(shortName).join(', ');
      return `${step.kind} ${which}: ${step.reason}`;
    }
  }
}
