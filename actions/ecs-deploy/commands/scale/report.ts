import {
  bullets,
  code,
  codeBlock,
  heading,
  paragraph,
  renderMarkdown,
  table,
  text,
  type Block,
} from '../../../shared/markdown.js';
import type { ScaleChange } from '../../inputs/scale.js';
import type { Report } from '../../report.js';
import { failedTaskBlocks } from '../../report/blocks.js';
import { emptyOutputs } from '../../report/outputs.js';
import { explainDiagnosis } from '../../rollout/diagnosis.js';
import type { FollowedCount } from './follow-count.js';
import { describeScaleStep, type ScaleObserved, type ScalePlan } from './plan.js';

type ScaleOutcome = FollowedCount['outcome'] | 'started' | 'no-op' | 'dry-run';

/** Reports a change of the count. */
export function reportScale(
  observed: ScaleObserved,
  change: ScaleChange,
  plan: ScalePlan,
  followed: FollowedCount | undefined,
): Report {
  const outcome = followed?.outcome ?? (plan.steps.length === 0 ? 'no-op' : 'started');
  const message = messageOf(outcome, observed, plan, followed);
  const good = ['succeeded', 'started', 'no-op'].includes(outcome);
  return {
    outputs: outputsOf(observed, plan, outcome, message, followed),
    message: [message, ...plainNotes(observed, plan)].join('\n'),
    failure: good ? undefined : { code: `scale-${outcome}` },
    summary: renderMarkdown([
      heading(3, good ? '✅ ' : '❌ ', code(observed.service.name), `: ${outcome}`),
      paragraph(code(message)),
      table(
        ['', ''],
        [
          ['count', text(`${plan.from} → ${plan.to}`)],
          ['who', code(observed.origin.actor ?? 'unknown')],
          ['why', code(change.reason)],
          ['when', text(new Date(observed.atMs).toISOString())],
          ['run', code(observed.origin.run ?? 'not on GitHub')],
          ['autoscaling', text(limitsText(observed))],
        ],
      ),
      ...(followed === undefined ? [] : failedTaskBlocks(followed.failedTasks)),
      ...permanence(observed, plan),
    ]),
  };
}

/** Reports what a change of the count would do. */
export function reportScaleDryRun(observed: ScaleObserved, plan: ScalePlan): Report {
  const message =
    plan.steps.length === 0
      ? `${observed.service.name} is asked for ${plan.to} tasks already: there is nothing to do`
      : `dry run: ${observed.service.name} from ${plan.from} to ${plan.to} tasks, nothing was changed`;
  const steps = plan.steps.map(describeScaleStep);
  return {
    outputs: outputsOf(observed, plan, 'dry-run', message, undefined),
    message: [message, ...steps.map((step) => `- ${step}`)].join('\n'),
    failure: undefined,
    summary: renderMarkdown([
      heading(3, code(observed.service.name), ': dry run'),
      paragraph(code(message)),
      ...(steps.length === 0 ? [] : [bullets(steps.map((step) => [code(step)]))]),
    ]),
  };
}

function outputsOf(
  observed: ScaleObserved,
  plan: ScalePlan,
  outcome: ScaleOutcome,
  reason: string,
  followed: FollowedCount | undefined,
): Report['outputs'] {
  const diagnosis = followed?.diagnosis;
  return {
    ...emptyOutputs,
    outcome,
    reason,
    'service-name': observed.target.serviceName,
    cluster: observed.target.cluster,
    'task-definition-arn': observed.running.arn,
    'exit-code': diagnosis?.exitCode === undefined ? '' : String(diagnosis.exitCode),
    diagnosis: diagnosis === undefined ? '' : JSON.stringify(diagnosis),
    'desired-count': String(plan.to),
    'previous-desired-count': String(plan.from),
    'tfvars-line': tfvarsLine(observed, plan),
  };
}

function messageOf(
  outcome: ScaleOutcome,
  { service }: ScaleObserved,
  { from, to }: ScalePlan,
  followed: FollowedCount | undefined,
): string {
  const cause =
    followed?.diagnosis === undefined ? '' : `: ${explainDiagnosis(followed.diagnosis)}`;
  const running = followed?.service.runningCount ?? 0;
  switch (outcome) {
    case 'succeeded':
      return `${service.name} runs ${to} tasks, before it was ${from}`;
    case 'started':
      return `${service.name} is asked for ${to} tasks, before it was ${from}; "wait: true" would have waited for them`;
    case 'no-op':
      return `${service.name} is asked for ${to} tasks already: nothing was changed`;
    case 'superseded':
      return `${service.name} was asked for ${to} tasks, and is asked for ${followed?.service.desiredCount ?? 0} now: somebody, or autoscaling, has set another count`;
    case 'timed-out':
      return `${service.name} runs ${running} of ${to} tasks after the time limit, and ECS goes on trying${cause}`;
    case 'cancelled':
      return `cancelled: ${service.name} is asked for ${to} tasks and runs ${running}; ECS goes on`;
    case 'dry-run':
      return 'dry run';
  }
}

/** The line that makes the count permanent, by the contract's name of the variable. */
function tfvarsLine({ target }: ScaleObserved, { to }: ScalePlan): string {
  return `${target.contract?.desiredCountVariable ?? 'desired_count'} = ${to}`;
}

function limitsText({ limits }: ScaleObserved): string {
  if (limits === 'none') return 'off';
  if (limits === 'unreadable') return 'could not be read';
  return `${limits.min} to ${limits.max}${limits.suspended ? ', suspended' : ''}`;
}

/** What undoes a change of autoscaling. */
function restoreCommand({ limits, target }: ScaleObserved, plan: ScalePlan): string | undefined {
  if (limits === 'none' || limits === 'unreadable') return undefined;
  const base = `aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id service/${target.cluster}/${target.serviceName}`;
  for (const step of plan.steps) {
    if (step.kind === 'set-limits') {
      return `${base} --min-capacity ${limits.min} --max-capacity ${limits.max}`;
    }
    if (step.kind === 'suspend-policies') {
      return `${base} --suspended-state DynamicScalingInSuspended=false,DynamicScalingOutSuspended=false,ScheduledScalingSuspended=${limits.scheduledSuspended}`;
    }
  }
  return undefined;
}

function permanentText({ limits }: ScaleObserved): string {
  return limits === 'none'
    ? 'The next apply sets the count back, unless the tfvars say:'
    : 'Autoscaling owns the count, within its limits. Where Terraform sets it, the tfvars say:';
}

function plainNotes(observed: ScaleObserved, plan: ScalePlan): readonly string[] {
  if (plan.steps.length === 0) return [];
  const restore = restoreCommand(observed, plan);
  return [
    `${permanentText(observed)} ${tfvarsLine(observed, plan)}`,
    ...(restore === undefined ? [] : [`to set autoscaling back: ${restore}`]),
  ];
}

function permanence(observed: ScaleObserved, plan: ScalePlan): readonly Block[] {
  if (plan.steps.length === 0) return [];
  const restore = restoreCommand(observed, plan);
  return [
    paragraph(permanentText(observed)),
    codeBlock('hcl', tfvarsLine(observed, plan)),
    ...(restore === undefined
      ? []
      : [paragraph('To set autoscaling back:'), codeBlock('sh', restore)]),
  ];
}
