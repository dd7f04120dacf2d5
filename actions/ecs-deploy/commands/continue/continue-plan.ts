import type { AnswerInputs } from '../../inputs/continue.js';
import type { Plan, Step } from '../../plan.js';
import { releaseCurrent, releaseFacts } from '../../release-steps.js';
import { stepsAfterPause } from './after-pause.js';
import type { PausedRollout } from './observe.js';

/** Decides what to do with a rollout that paused, and why. */
export function planContinue(
  paused: PausedRollout,
  inputs: Pick<AnswerInputs, 'decision'> & {
    readonly wait: boolean;
    readonly keepRevisions: number | undefined;
  },
): Plan {
  const { observed, own, deployment, hookId, definition } = paused;
  const { decision, wait, keepRevisions } = inputs;
  const answer: readonly Step[] =
    hookId === undefined
      ? []
      : [
          {
            kind: 'continue-service-deployment',
            serviceDeploymentArn: deployment.arn,
            hookId,
            decision,
            reason: `the rollout is paused in ${deployment.shift?.stage ?? 'a stage without a name'}`,
          },
        ];
  if (!wait) return { definition, upToDate: false, steps: answer };
  const follow: Step = {
    kind: 'follow',
    deployment: own,
    serviceDeploymentArn: deployment.arn,
    reason:
      hookId === undefined
        ? 'somebody else has answered the pause already'
        : 'to its end, or to its next pause',
  };
  const rest =
    decision === 'continue'
      ? stepsAfterPause(observed, definition, keepRevisions)
      : releaseCurrent(releaseFacts(observed), false);
  return { definition, upToDate: false, steps: [...answer, follow, ...rest] };
}
