import { toError } from '../../shared/errors.js';
import { awsErrorName } from '../aws/calls.js';
import type { DeployPorts } from '../ports.js';
import type { Diagnosis } from './diagnosis.js';

/** When we end a rollout that ECS itself would not end, or not yet. */
export interface GiveUpInputs {
  /** Ends a rollout whose failure can only repeat, without waiting for the circuit breaker. */
  readonly earlyEnd: boolean;
  /** How often a container must exit at once, with the same code, to count as one. */
  readonly earlyEndExits: number;
  /** What becomes of a rollout when the job is cancelled or the time limit is over. */
  readonly onCancel: 'rollback' | 'leave';
}

/** For a way back: what is stopped on its way back would go forward again. */
export function leftAlone<Inputs extends object>(
  inputs: Inputs,
): Inputs & { readonly onCancel: 'leave' } {
  return { ...inputs, onCancel: 'leave' };
}

/** For a way back that nobody has asked for by hand: nobody answers its pauses either. */
export function byItself<Inputs extends object>(
  inputs: Inputs,
): Inputs & { readonly onCancel: 'leave'; readonly onPause: 'answer' } {
  return { ...leftAlone(inputs), onPause: 'answer' };
}

/** Why we have asked ECS to stop the rollout and to go back. */
export type GaveUp =
  | { readonly why: 'repeats'; readonly diagnosis: Diagnosis }
  /** `lost`: the rollout cannot be looked at any more. */
  | { readonly why: 'timed-out' | 'cancelled' | 'lost' };

/** How long a rollback that we asked for is followed, at most. */
export const rollbackMinutes = 15;

/** What ECS made of the wish to go back. */
export type StopAnswer =
  | { readonly kind: 'stopping' }
  /** It had ended already, or goes back by itself. */
  | { readonly kind: 'too-late' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Asks ECS to stop a service deployment and to roll it back (API reference,
 * "StopServiceDeployment"); never throws, since the verdict on the rollout must still be told.
 */
export async function stopWithRollback(
  { ecs }: Pick<DeployPorts, 'ecs'>,
  serviceDeploymentArn: string | undefined,
): Promise<StopAnswer> {
  if (serviceDeploymentArn === undefined) {
    return { kind: 'refused', reason: 'the service deployment cannot be seen' };
  }
  try {
    await ecs.stopServiceDeployment(serviceDeploymentArn);
    return { kind: 'stopping' };
  } catch (thrown) {
    if (awsErrorName(thrown) === 'ConflictException') return { kind: 'too-late' };
    return { kind: 'refused', reason: toError(thrown).message };
  }
}
