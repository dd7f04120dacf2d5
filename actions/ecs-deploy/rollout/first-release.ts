import { OperationError } from '../../shared/errors.js';
import type { DeployPorts } from '../ports.js';
import type { Target } from '../target.js';
import type { Followed } from './follow.js';

/** What became of something that a first release made, and that goes with it. */
type TakenBack = { readonly kind: 'done' } | { readonly kind: 'refused'; readonly reason: string };

/** What a first release that failed has left. */
export interface FirstReleaseTakenBack {
  /** Absent where no count was given. */
  readonly count: TakenBack | undefined;
  /** `release/current`, with whose name Terraform would give the count again. */
  readonly record: (TakenBack & { readonly path: string }) | undefined;
}

/** The count and the record of a service's first release, which go with it. */
export interface FirstRelease {
  /** `release/current` was written for a service that has no task. */
  recorded(): void;
  /** The service, which had no task, was given a count. */
  given(): void;
  /**
   * Sets the count to 0 again and removes `release/current`: a first release has only the
   * placeholder to go back to, which cannot be pulled. With the count ECS would try that for ever,
   * and with the record the next `terraform apply` would give the count once more. A refusal is
   * told, and costs no verdict.
   *
   * @param options `again`: also what was refused before
   */
  takeBack(options?: { readonly again?: boolean }): Promise<void>;
  /** Absent where there was nothing to take back, or nothing that had to be. */
  result(): FirstReleaseTakenBack | undefined;
}

export function openFirstRelease(
  { ecs, parameters, log }: Pick<DeployPorts, 'ecs' | 'parameters' | 'log'>,
  { cluster, serviceName, release }: Pick<Target, 'cluster' | 'serviceName' | 'release'>,
): FirstRelease {
  let isGiven = false;
  let isRecorded = false;
  let count: TakenBack | undefined;
  let record: FirstReleaseTakenBack['record'];

  const isDue = (result: TakenBack | undefined, again: boolean): boolean =>
    result === undefined || (result.kind === 'refused' && again);
  const attempt = async (
    work: () => Promise<void>,
    told: { readonly done: string; readonly refused: string },
  ): Promise<TakenBack> => {
    try {
      await work();
      log.info(`${told.done}: its first release failed`);
      return { kind: 'done' };
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      log.warning(`${told.refused}: ${thrown.message}`);
      return { kind: 'refused', reason: thrown.message };
    }
  };
  const takeCountBack = async (): Promise<void> => {
    count = await attempt(
      async () => {
        await ecs.updateService({
          cluster,
          service: serviceName,
          taskDefinitionArn: undefined,
          desiredCount: 0,
          forceNewDeployment: false,
        });
      },
      {
        done: `set the desired count of ${serviceName} back to 0`,
        refused: `the desired count of ${serviceName} stays`,
      },
    );
  };
  const takeRecordBack = async (path: string): Promise<void> => {
    const taken = await attempt(() => parameters.remove(path), {
      done: `removed ${path} of ${serviceName}`,
      refused: `${path} stays`,
    });
    record = { ...taken, path };
  };

  return {
    recorded() {
      isRecorded = true;
    },
    given() {
      isGiven = true;
    },
    async takeBack({ again = false } = {}) {
      const path = release?.path;
      // At once: a cancelled job has seconds.
      await Promise.all([
        isGiven && isDue(count, again) ? takeCountBack() : undefined,
        path !== undefined && (isGiven || isRecorded) && isDue(record, again)
          ? takeRecordBack(path)
          : undefined,
      ]);
    },
    result: () => (count === undefined && record === undefined ? undefined : { count, record }),
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

/** What became of a first release's count and record, to be put behind what became of the rollout. */
export function takenBackMessage(
  taken: FirstReleaseTakenBack | undefined,
  target: Pick<Target, 'cluster' | 'serviceName'>,
): string {
  return taken === undefined ? '' : `${countMessage(taken.count, target)}${recordMessage(taken)}`;
}

function countMessage(
  count: TakenBack | undefined,
  { cluster, serviceName }: Pick<Target, 'cluster' | 'serviceName'>,
): string {
  switch (count?.kind) {
    case undefined:
      return '';
    case 'done':
      return '; its desired count is 0 again, for it has no earlier release to run';
    case 'refused':
      return `; its desired count could not be set back to 0 (${count.reason}), so ECS goes on starting a placeholder that cannot run, until: aws ecs update-service --cluster ${cluster} --service ${serviceName} --desired-count 0`;
  }
}

function recordMessage({ record }: FirstReleaseTakenBack): string {
  return record?.kind === 'refused'
    ? `; ${record.path} could not be removed (${record.reason}), so the next terraform apply gives the count again, to a placeholder that cannot run, unless: aws ssm delete-parameter --name ${record.path}`
    : '';
}
