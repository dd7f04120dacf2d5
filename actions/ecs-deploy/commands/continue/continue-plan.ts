import type { AnswerInputs } from '../../inputs/continue.js';
import type { Plan, Step } from '../../plan.js';
import { releaseCurrent } from '../../release-steps.js';
import { cleanUp } from '../../revisions/clean-up.js';
import { planAround } from '../../tasks/around.js';
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
  const { target, images, origin, atMs } = observed;
  const { decision } = inputs;
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
  const follow: Step = {
    kind: 'follow',
    deployment: own,
    serviceDeploymentArn: deployment.arn,
    reason:
      hookId === undefined
        ? 'somebody else has answered the pause already'
        : 'to its end, or to its next pause',
  };
  const release = releaseCurrent({ target, images, ...origin, atMs }, false);
  const concludes = inputs.wait && decision === 'continue';
  const around = planAround({ ...observed, definition, rollsOut: false, concludes });
  return {
    definition,
    upToDate: false,
    steps: !inputs.wait
      ? answer
      : concludes
        ? [
            ...answer,
            follow,
            ...around.after,
            ...release,
            ...around.last,
            ...cleanUp(observed, new Set(), inputs.keepRevisions),
          ]
        : [...answer, follow, ...release],
  };
}
