import {
  code,
  codeBlock,
  details,
  paragraph,
  strong,
  table,
  text,
  type Block,
  type Inline,
} from '../../../shared/markdown.js';
import { shortName } from '../../model.js';
import { explainDiagnosis } from '../../rollout/diagnosis.js';
import type { Followed } from '../../rollout/follow.js';
import { barsOfTasks, gantt, type Bar } from '../../rollout/timeline.js';
import { fillAppSpec, hooksOfText, placeholder } from './app-spec.js';
import type { CodeDeploySight } from './judge.js';
import type { CodeDeployState } from './run.js';
import type { CodeDeployStep } from './steps.js';
import { primaryTaskSet } from '../../primary.js';

interface MessageFacts {
  readonly serviceName: string;
  /** `family:revision` that was deployed, and that ran before. */
  readonly revision: string;
  readonly before: string;
}

/** The outcome of a deploy through CodeDeploy in one sentence; `undefined`: nothing of its own. */
export function codeDeployMessage(
  outcome: string,
  facts: MessageFacts,
  { followed, sight, own }: CodeDeployState,
): string | undefined {
  const { serviceName, revision } = facts;
  const deployment = sight?.deployment;
  const id = deployment?.id ?? own?.id ?? '';
  const cause =
    followed?.diagnosis === undefined ? '' : `: ${explainDiagnosis(followed.diagnosis)}`;
  const stop = `aws deploy stop-deployment --auto-rollback-enabled --deployment-id ${id}`;
  const now = runningNow(followed) ?? facts.before;
  switch (outcome) {
    case 'succeeded': {
      if (followed?.service.desiredCount === 0) return undefined;
      const took = Math.round(followed?.durationSeconds ?? 0);
      const old =
        deployment?.status === 'InProgress'
          ? `; CodeDeploy ends the old tasks within ${deployment.terminationWaitMinutes} min, and ${id} is in flight until then`
          : '';
      return `${serviceName} runs ${revision} after ${took} s${old}`;
    }
    case 'failed': {
      const rollback = sight?.rollback;
      const left =
        rollback === undefined
          ? `and was not rolled back; ${serviceName} runs ${now}`
          : `and its rollback ${rollback.id} failed; ${serviceName} runs ${now}`;
      return deployment?.status === 'Failed' || deployment?.status === 'Stopped'
        ? `${id} failed to deploy ${revision} ${left}${cause}`
        : undefined;
    }
    case 'rolled-back':
      return `${id} failed to deploy ${revision}, and ${sight?.rollback?.id ?? 'CodeDeploy'} rolled back to ${now}${cause}`;
    case 'superseded':
      return `${id}, which deployed ${revision}, was stopped, and ${followed?.supersededBy ?? 'another deployment'} took over: its own verdict is unknown`;
    case 'stopped':
      return `${id}, which deployed ${revision}, was stopped (${followed?.statusReason ?? 'no reason given'}; CloudTrail's StopDeployment says by whom); ${serviceName} runs ${now}`;
    case 'timed-out':
      if (deployment?.status === 'Succeeded') {
        return `${id} has deployed ${revision}, but not all of its tasks run within the time limit${cause}`;
      }
      return `${id} has not deployed ${revision} within the time limit${cause}. ${whenStopped(sight, now) ?? afterwards(followed, stop)}`;
    case 'paused':
      return `${id}, which deploys ${revision}, waits for someone to reroute its traffic${deployment === undefined ? '' : `, for ${deployment.readyWaitMinutes} min`}; to go on: command "continue"`;
    case 'unknown':
      return `what becomes of ${id}, which deploys ${revision}, is not known, for AWS cannot be asked any more: ${followed?.statusReason ?? ''}${cause}. ${afterwards(followed, stop)}. Command "status" tells what the service runs`;
    case 'cancelled':
      if (deployment?.status === 'Succeeded') {
        return `cancelled: ${id} has deployed ${revision}, and nobody follows its tasks any more`;
      }
      return own === undefined
        ? undefined
        : `cancelled: nobody follows ${id} any more. ${afterwards(followed, stop)}`;
    default:
      return undefined;
  }
}

/** What the service runs, where the way back was seen to its end. */
function whenStopped(sight: CodeDeploySight | undefined, now: string): string | undefined {
  if (sight?.deployment.status !== 'Stopped') return undefined;
  const { rollback } = sight;
  if (rollback === undefined) return `It was stopped before its tasks were there; ${now} runs on`;
  return rollback.status === 'Succeeded'
    ? `It was stopped, and ${rollback.id} rolled back to ${now}`
    : undefined;
}

/** What becomes of a deployment that nobody waits for any more. */
function afterwards(followed: Followed | undefined, stop: string): string {
  switch (followed?.gaveUp?.answer.kind) {
    case 'stopping':
      return 'CodeDeploy was asked to roll it back, and does so by itself';
    case 'too-late':
      return 'It had ended already';
    default:
      return `CodeDeploy goes on with it; to stop it: ${stop}`;
  }
}

function runningNow(followed: Followed | undefined): string | undefined {
  const primary = followed && primaryTaskSet(followed.service);
  return primary && shortName(primary.taskDefinitionArn);
}

/** The lifecycle events with their times, functions and diagnostics. */
export function lifecycleBlocks({ sight }: CodeDeployState): readonly Block[] {
  if (sight === undefined) return [];
  const { deployment, target, rollback } = sight;
  const hooks = hooksOfText(deployment.appSpec);
  const rows = (target?.events ?? []).map(({ name, status, startMs, endMs, message }) => [
    text(name),
    text(status),
    text(
      startMs === undefined || endMs === undefined
        ? ''
        : `${Math.round((endMs - startMs) / 1000)} s`,
    ),
    codeOrNothing(hooks[name]),
    codeOrNothing(message),
  ]);
  return [
    paragraph(strong(text('CodeDeploy:')), ' ', code(deployment.id), ` ${deployment.status}`),
    table(['event', 'status', 'took', 'Lambda function', 'diagnostics'], rows),
    ...(rollback === undefined
      ? []
      : [paragraph('Rolled back by ', code(rollback.id), `: ${rollback.status}`)]),
  ];
}

function codeOrNothing(value: string | undefined): Inline {
  return value === undefined ? text('') : code(value);
}

/** Lifecycle events, rollback and failed tasks over time, as a Mermaid gantt chart. */
export function codeDeployTimeline({ sight, followed }: CodeDeployState): string | undefined {
  const events = (sight?.target?.events ?? []).flatMap((event): readonly Bar[] => {
    const { name, status, startMs: fromMs, endMs: toMs } = event;
    return fromMs === undefined || toMs === undefined
      ? []
      : [{ section: 'Deployment', label: name, critical: status === 'Failed', fromMs, toMs }];
  });
  const { createdAtMs, completedAtMs } = sight?.rollback ?? {};
  const rollback: readonly Bar[] =
    createdAtMs === undefined || completedAtMs === undefined
      ? []
      : [
          {
            section: 'Rollback',
            label: 'traffic back',
            critical: false,
            fromMs: createdAtMs,
            toMs: completedAtMs,
          },
        ];
  return gantt([...events, ...rollback, ...barsOfTasks(followed?.failedTasks ?? [])]);
}

/** The AppSpec that a step sends. */
export function appSpecBlocks(steps: readonly { readonly kind: string }[]): readonly Block[] {
  return appSpecTexts(steps).flatMap((content) =>
    details('AppSpec', [codeBlock('yaml', content)], true),
  );
}

/** The AppSpecs of the steps, with a placeholder for what is not registered yet. */
export function appSpecTexts(steps: readonly { readonly kind: string }[]): readonly string[] {
  return (steps as readonly CodeDeployStep[]).flatMap((step) =>
    step.kind === 'create-deployment'
      ? [fillAppSpec(step.appSpec, step.taskDefinitionArn ?? placeholder)]
      : [],
  );
}

/** One step in words, for the dry run and the summary. */
export function describeCodeDeployStep(step: CodeDeployStep): string {
  switch (step.kind) {
    case 'create-deployment': {
      const of =
        step.taskDefinitionArn === undefined ? '' : ` of ${shortName(step.taskDefinitionArn)}`;
      const config = step.config === undefined ? '' : ` with ${step.config}`;
      const spec = step.appSpec.path === undefined ? '' : `, AppSpec ${step.appSpec.path}`;
      return `${step.kind} in ${step.application}/${step.group}${of}${config}${spec}: ${step.reason}`;
    }
    case 'set-desired-count':
      return `${step.kind} ${step.desiredCount}: ${step.reason}`;
    case 'stop-code-deploy':
    case 'continue-code-deploy':
      return `${step.kind} ${step.deploymentId}: ${step.reason}`;
    case 'follow-code-deploy':
    case 'follow-tasks':
      return `${step.kind}: ${step.reason}`;
  }
}
