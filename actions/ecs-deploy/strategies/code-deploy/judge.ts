import type { RolloutOutcome } from '../../rollout/judge.js';
import { isShifted, type CodeDeployment, type CodeDeployTarget } from './model.js';

/** One look at our deployment. */
export interface CodeDeploySight {
  readonly deployment: CodeDeployment;
  readonly target: CodeDeployTarget | undefined;
  /** The deployment that goes back from ours. */
  readonly rollback: CodeDeployment | undefined;
  /** A deployment of the same group that began after ours, and is no rollback of it. */
  readonly newer: string | undefined;
  /** Looks since ours ended without success and without a rollback, this one included. */
  readonly looksSinceEnd: number;
  /** We stopped it ourselves, because its tasks cannot start, or at the time limit. */
  readonly givenUp: boolean;
}

export type CodeDeployJudgement =
  | { readonly kind: 'going'; readonly phase: 'deploying' | 'ready' | 'rolling-back' }
  | { readonly kind: 'ended'; readonly outcome: RolloutOutcome };

/**
 * Judges our deployment, and the rollback that follows it under an id of its own. With
 * `waitForTermination` false, success is that all traffic is at the new tasks and the last hook was
 * content: CodeDeploy's own status stays InProgress until the old tasks are gone, for an hour by
 * default.
 *
 * Source: CodeDeploy API reference, "DeploymentInfo", "RollbackInfo"; User Guide, "Redeploy and
 * roll back a deployment with CodeDeploy".
 */
export function judgeCodeDeploy(
  sight: CodeDeploySight,
  waitForTermination: boolean,
): CodeDeployJudgement {
  const { deployment, target } = sight;
  const ended = (outcome: RolloutOutcome): CodeDeployJudgement => ({ kind: 'ended', outcome });
  switch (deployment.status) {
    case 'Succeeded':
      return ended('succeeded');
    case 'Failed':
    case 'Stopped':
      return judgeEnd(sight);
    case 'Ready':
      return { kind: 'going', phase: 'ready' };
    case 'Baking':
      return { kind: 'going', phase: 'deploying' };
    default:
      return !waitForTermination && isShifted(deployment, target)
        ? ended('succeeded')
        : { kind: 'going', phase: 'deploying' };
  }
}

function judgeEnd(sight: CodeDeploySight): CodeDeployJudgement {
  const { rollback, newer, looksSinceEnd } = sight;
  const byHand = isStoppedByHand(sight.deployment) && !sight.givenUp;
  const stopped: RolloutOutcome = newer === undefined ? 'stopped' : 'superseded';
  switch (rollback?.status) {
    case 'Succeeded':
      return { kind: 'ended', outcome: byHand ? stopped : 'rolled-back' };
    case 'Failed':
    case 'Stopped':
      return { kind: 'ended', outcome: 'failed' };
    case undefined:
      // The rollback's id may come a moment after the end.
      return looksSinceEnd <= patience(sight)
        ? { kind: 'going', phase: 'rolling-back' }
        : { kind: 'ended', outcome: byHand ? stopped : 'failed' };
    default:
      return { kind: 'going', phase: 'rolling-back' };
  }
}

/** By a person or a program, or because nobody started the rerouting in time: no failure of ours. */
function isStoppedByHand({ status, error }: CodeDeployment): boolean {
  return status === 'Stopped' && error?.code !== 'ALARM_ACTIVE';
}

/** How many looks a rollback may take to show up. */
function patience({ deployment, target }: CodeDeploySight): number {
  const { status, error, rollsBackOn } = deployment;
  if (status === 'Failed') {
    // Before the new tasks there is nothing to go back from (User Guide, BeforeInstall).
    const early = target?.events[0]?.status === 'Failed';
    return rollsBackOn.includes('DEPLOYMENT_FAILURE') && !early ? 2 : 0;
  }
  if (error?.code === 'ALARM_ACTIVE')
    return rollsBackOn.includes('DEPLOYMENT_STOP_ON_ALARM') ? 2 : 0;
  // Whoever stops says whether it rolls back, whatever the group says.
  return 1;
}
