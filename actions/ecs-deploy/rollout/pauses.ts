import { OperationError } from '../../shared/errors.js';
import { isAccessDenied } from '../aws/calls.js';
import { shortName } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { answerPause } from './answer-pause.js';
import type { Judgement, Sight } from './judge.js';

/**
 * What a PAUSE hook that awaits an action leads to: the end of the following, or a wait for whoever
 * answers. `answer` is for an automatic way back: nobody is there to answer, and what it goes to has
 * passed the pause before.
 */
export type OnPause = 'end' | 'wait' | 'answer';

export interface PauseRequest {
  readonly onPause?: OnPause | undefined;
  /** A pause that has been answered: ECS may show it for a moment more. */
  readonly answeredHookId?: string | undefined;
}

/** So often an answer is tried that AWS does not take. */
const mostTries = 3;

/** Deals with the pauses of a rollout that is followed. */
export function openPauses(
  ports: Pick<DeployPorts, 'ecs' | 'log'>,
  { onPause = 'end', answeredHookId }: PauseRequest,
): {
  /** Whether the following is to end at the pause that was seen, if it was one. */
  endsAt(judgement: Judgement, sight: Sight): Promise<boolean>;
} {
  const answered = new Set(answeredHookId === undefined ? [] : [answeredHookId]);
  const tries = new Map<string, number>();
  return {
    async endsAt(judgement, { own, serviceDeployment }) {
      if (judgement.kind !== 'going' || judgement.phase !== 'paused') return false;
      const { id: hookId } = judgement.hook;
      if (onPause === 'wait' || answered.has(hookId)) return false;
      if (onPause === 'end' || serviceDeployment === undefined) return true;
      const name = shortName(own.taskDefinitionArn);
      try {
        const { arn: serviceDeploymentArn } = serviceDeployment;
        ports.log.info(
          `${name} has passed this pause before: on the way back, it is not asked for`,
        );
        await answerPause(ports, { serviceDeploymentArn, hookId, decision: 'continue' });
        answered.add(hookId);
        return false;
      } catch (thrown) {
        if (!(thrown instanceof OperationError)) throw thrown;
        const tried = (tries.get(hookId) ?? 0) + 1;
        tries.set(hookId, tried);
        ports.log.warning(`the pause ${hookId} cannot be answered: ${thrown.message}`);
        return isAccessDenied(thrown) || tried >= mostTries;
      }
    },
  };
}
