import { counted } from '../shared/counted.js';
import {
  code,
  details,
  heading,
  paragraph,
  renderMarkdown,
  type Inline,
} from '../shared/markdown.js';
import { pauseBlocks } from './commands/continue/pause.js';
import type { Applied } from './effects.js';
import { shortName } from './model.js';
import type { Observed, Plan } from './plan.js';
import { diagnosisBlocks, factTable, timelineBlocks } from './report/blocks.js';
import { messageOf, nowRunning, tasksMessage } from './report/message.js';
import { outputsOf } from './report/outputs.js';
import { describeStep, stepList } from './report/steps.js';
import { outcomeOf, type Outcome } from './result.js';
import { appSpecBlocks, appSpecTexts, lifecycleBlocks } from './strategies/code-deploy/report.js';
import { nothingAround } from './tasks/carry-out.js';
import { aroundBlocks, failedUpdates, setbackCode } from './tasks/report-around.js';

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

const failing = new Set<Outcome>([
  'failed',
  'rolled-back',
  'superseded',
  'stopped',
  'timed-out',
  'cancelled',
  'unknown',
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
      ...(outcome === 'paused' ? pauseBlocks(observed.target) : []),
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
  const message = `${observed.service.name} is rolled back from ${shortName(observed.running.arn)} to ${now}${tasksMessage(applied)}`;
  return reportRollout(observed, plan, applied, {
    outcome: 'rolled-back',
    message,
    failure: failureOf('succeeded', applied),
  });
}

/** Reports what a command would do. */
export function reportDryRun(observed: Observed, plan: Plan): Report {
  const message =
    plan.steps.length === 0
      ? `${observed.service.name} runs this already: there is nothing to do`
      : `dry run: ${counted(plan.steps.length, 'step')}, nothing was changed`;
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

function icon(outcome: Outcome): string {
  if (outcome === 'succeeded' || outcome === 'no-op') return '✅';
  return failing.has(outcome) ? '❌' : 'ℹ️';
}

/** Messages hold names and log lines of others: as code, GitHub neither pings nor links in them. */
const quoted = (message: string): Inline => code(message);
