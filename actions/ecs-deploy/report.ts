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
import { shortName } from './model.js';
import type { Observed, Plan, Step } from './plan.js';
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
  'exit-code',
  'diagnosis',
] as const;

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
  const { followed } = applied;
  return {
    outputs: outputsOf(observed, applied, outcome, message),
    summary: renderMarkdown([
      heading(3, `${icon(outcome)} `, code(observed.service.name), `: ${outcome}`),
      paragraph(quoted(message)),
      ...factTable(observed, applied),
      ...(followed === undefined ? [] : diagnosisBlocks(followed)),
      ...timelineBlocks(applied),
      ...(applied.codeDeploy === undefined ? [] : lifecycleBlocks(applied.codeDeploy)),
      ...details('Steps', [stepList(plan)]),
    ]),
    message,
    failure: failing.has(outcome) ? { code: `deploy-${outcome}` } : undefined,
  };
}

/** Reports what a deploy would do. */
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
  const { followed } = applied;
  const diagnosis = followed?.diagnosis;
  return {
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
    'exit-code': diagnosis?.exitCode === undefined ? '' : String(diagnosis.exitCode),
    diagnosis: diagnosis === undefined ? '' : JSON.stringify(diagnosis),
  };
}

function messageOf(outcome: Outcome, observed: Observed, applied: Applied): string {
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
      return `${service.name} runs this already (${revision}): nothing was changed`;
    case 'started':
      return `${service.name} is being rolled out to ${revision}; "wait: false" does not follow it`;
    case 'failed':
      if (proof?.kind === 'different') {
        const wrong = proof.differences.map(
          (one) => `container ${one.container} runs ${one.running} instead of ${one.wanted}`,
        );
        return `${service.name} was rolled out, but not with the image that was asked for: ${wrong.join('; ')}`;
      }
      return `${service.name} failed to roll out ${revision}${cause}`;
    case 'rolled-back':
      return `${service.name} failed to roll out ${revision} and ECS rolled back to ${nowRunning(applied, observed)}${cause}`;
    case 'superseded':
      return `the rollout of ${revision} was superseded by ${followed?.supersededBy ?? 'another one'}: its own verdict is unknown`;
    case 'stopped':
      return `the rollout of ${revision} was stopped by hand${followed?.statusReason === undefined ? '' : `: ${followed.statusReason}`}; ${service.name} runs ${nowRunning(applied, observed)}`;
    case 'timed-out':
      return `${service.name} has not rolled out ${revision} within the time limit${cause}. ECS goes on with it; to stop it: ${stop}`;
    case 'cancelled':
      return applied.cancelledEarly || applied.own === undefined
        ? `cancelled before ${target.serviceName} was touched`
        : `cancelled: nobody follows the rollout of ${revision} any more, and ECS goes on with it; to stop it: ${stop}`;
    case 'dry-run':
      return 'dry run';
  }
}

function because(diagnosis: Diagnosis | undefined): string {
  return diagnosis === undefined ? '' : `: ${formatDiagnosis(diagnosis)}`;
}

function nowRunning(applied: Applied, observed: Observed): string {
  const primary = applied.followed?.service.deployments.find(({ status }) => status === 'PRIMARY');
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
function failedTaskBlocks(failedTasks: readonly FailedTask[]): readonly Block[] {
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
      return `${step.kind} to ${step.taskDefinitionArn === undefined ? 'the new revision' : shortName(step.taskDefinitionArn)}${count}${force}: ${step.reason}`;
    }
    case 'follow':
      return `${step.kind}: ${step.reason}`;
    case 'create-deployment':
    case 'set-desired-count':
    case 'follow-code-deploy':
    case 'follow-tasks':
      return describeCodeDeployStep(step);
  }
}
