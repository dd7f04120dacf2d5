import { OperationError } from '../../shared/errors.js';
import type { DeployPorts } from '../ports.js';
import type { Followed } from './follow.js';

/** What became of the count that a first release gave its service. */
export type CountTakenBack =
  { readonly kind: 'done' } | { readonly kind: 'refused'; readonly reason: string };

/** The count of a service's first release, which goes with it. */
export interface FirstCount {
  /** The service, which had no task, was given a count. */
  given(): void;
  /**
   * Sets the count to 0 again: a first release has only the placeholder to go back to, which
   * cannot be pulled, and ECS would try that for ever. A refusal is told, and costs no verdict.
   *
   * @param options `again`: also where it was refused before
   */
  takeBack(options?: { readonly again?: boolean }): Promise<void>;
  /** Absent where the count stays, or none was given. */
  result(): CountTakenBack | undefined;
}

export function openFirstCount(
  { ecs, log }: Pick<DeployPorts, 'ecs' | 'log'>,
  { cluster, serviceName }: { readonly cluster: string; readonly serviceName: string },
): FirstCount {
  let isGiven = false;
  let result: CountTakenBack | undefined;
  return {
    given() {
      isGiven = true;
    },
    async takeBack({ again = false } = {}) {
      if (!isGiven || result?.kind === 'done') return;
      if (result !== undefined && !again) return;
      try {
        await ecs.updateService({
          cluster,
          service: serviceName,
          taskDefinitionArn: undefined,
          desiredCount: 0,
          forceNewDeployment: false,
        });
        result = { kind: 'done' };
        log.info(`set the desired count of ${serviceName} back to 0: its first release failed`);
      } catch (thrown) {
        if (!(thrown instanceof OperationError)) throw thrown;
        result = { kind: 'refused', reason: thrown.message };
        log.warning(`the desired count of ${serviceName} stays: ${thrown.message}`);
      }
    },
    result: () => result,
  };
}

/** Whether a rollout that is not followed any more has gone back, or goes back. */
export function goesBack({ outcome, gaveUp }: Pick<Followed, 'outcome' | 'gaveUp'>): boolean {
  switch (outcome) {
    case 'failed':
    case 'rolled-back':
    case 'stopped':
      return true;
    case 'cancelled':
    case 'timed-out':
    case 'unknown':
      return gaveUp?.answer.kind === 'stopping';
    case 'succeeded':
    case 'superseded':
    case 'paused':
      return false;
  }
}

/** What became of the count, to be put behind what became of the rollout. */
export function countMessage(
  taken: CountTakenBack | undefined,
  { cluster, serviceName }: { readonly cluster: string; readonly serviceName: string },
): string {
  switch (taken?.kind) {
    case undefined:
      return '';
    case 'done':
      return '; its desired count is 0 again, for it has no earlier release to run';
    case 'refused':
      return `; its desired count could not be set back to 0 (${taken.reason}), so ECS goes on starting a placeholder that cannot run, until: aws ecs update-service --cluster ${cluster} --service ${serviceName} --desired-count 0`;
  }
}
