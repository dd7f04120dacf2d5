import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import type { StackHooks } from '../schedule/hooks.js';
import type { StackEnd } from '../schedule/outcome.js';
import type { Stack } from '../stacks/workspace.js';
import { lockLogFile } from '../terraform/held-lock.js';
import { orphansText } from './import-block.js';
import { openJournal } from './journal-session.js';
import { markLedger, noteHeldBack, writeLedger } from './ledger.js';
import { runOfLock } from './lock-notes.js';
import { orphansOf } from './orphans.js';
import { putBack, type PushState } from './put-back.js';
import { pendingRecovery, recoveryText } from './recovery.js';
import type { Sidecars } from './sidecar.js';
import type { Tolerate } from './tolerance.js';

/** Address of the run that holds this lock, where it left word. */
async function holderOf(
  stack: Stack,
  lockId: string,
  sidecars: Sidecars,
  tolerate: Tolerate,
): Promise<string | undefined> {
  const sidecar = sidecars(stack);
  if (sidecar === undefined) return undefined;
  const consequence = 'which run holds a lock is not known';
  return tolerate({ fallback: undefined, consequence }, () => runOfLock(sidecar, lockId));
}

/** What a stack has got once its apply has ended well. */
export interface ReachedCommit {
  readonly sha: string;
  /** Then something that it reads is yet to be brought to it, and the stack's base stays. */
  readonly heldBack: boolean;
}

/**
 * What stands beside a state during a run: orphans are asked for before a stack is planned, a
 * journal is kept while it is applied, and what was applied is noted once it has ended.
 */
export function stateHooks(ports: {
  readonly sidecars: Sidecars;
  readonly tolerate: Tolerate;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warning' | 'notice'>;
  readonly secrets: Pick<Secrets, 'redact'>;
  /** Of the session. */
  readonly logDirectory: string;
  readonly runUrl: string | undefined;
  readonly actor: string | undefined;
  /** The commit that is applied; undefined: nothing is noted, as for a run that only plans. */
  readonly reaches: (stack: Stack) => ReachedCommit | undefined;
  /** Then what was applied before is taken back. */
  readonly destroys: boolean;
  readonly push: PushState;
  /** Absolute path of the repository's root. */
  readonly root: string;
}): Required<Pick<StackHooks, 'openJournal' | 'orphans' | 'putBack' | 'ended'>> {
  const { sidecars, tolerate, clock, runUrl, actor } = ports;
  const lockLogOf = (stack: Stack): string => lockLogFile(ports.logDirectory, stack, 'apply');
  const takeBack = async (stack: Stack): Promise<void> => {
    if (ports.destroys) await markLedger(stack, 'destroy', sidecars, tolerate);
  };
  /** Ids of the stacks whose recovery an apply has asked for. */
  const asked = new Set<string>();
  return {
    async putBack(stack) {
      asked.add(stack.id);
      const found = await putBack(stack, ports);
      if (found.kind === 'done') {
        ports.log.notice(
          ports.secrets.redact(
            `${stack.displayId}: the state that an earlier apply could not write was put back from ${found.place}`,
          ),
        );
      }
      return found;
    },
    async openJournal(stack) {
      // Before anything is changed: this run may be killed in the middle of it, and what it has done
      // by then is in the world, also where a revert makes the files what they were.
      await takeBack(stack);
      if (ports.reaches(stack) !== undefined) await markLedger(stack, 'apply', sidecars, tolerate);
      return openJournal(stack, { sidecars, tolerate, clock, runUrl, lockLogOf });
    },
    async orphans(stack) {
      const [orphans, recovery] = await Promise.all([
        orphansOf(stack, sidecars, tolerate),
        asked.has(stack.id) ? undefined : pendingRecovery(stack, sidecars, tolerate),
      ]);
      if (recovery !== undefined) {
        ports.log.warning(
          ports.secrets.redact(recoveryText(stack, recovery.place, recovery.obstacle)),
        );
      }
      if (orphans.length > 0) {
        ports.log.warning(ports.secrets.redact(orphansText(stack, orphans)));
      }
      return orphans;
    },
    async ended({ stack, end }) {
      if (end.status === 'failed' && end.lock !== undefined) {
        const holder = await holderOf(stack, end.lock.id, sidecars, tolerate);
        if (holder !== undefined) {
          ports.log.warning(`${stack.displayId}: its lock ${end.lock.id} is held by ${holder}`);
        }
      }
      // Once more: an apply that held the lock until then may have noted itself meanwhile.
      if (mayHaveChanged(end)) await takeBack(stack);
      if (end.status !== 'applied' && end.status !== 'unchanged') return;
      const reached = ports.reaches(stack);
      if (reached === undefined) return;
      if (reached.heldBack) return noteHeldBack(stack, reached.sha, sidecars, tolerate);
      const entry = {
        version: 1 as const,
        sha: reached.sha,
        at: new Date(clock.now()).toISOString(),
        ...(runUrl === undefined ? {} : { runUrl }),
        ...(actor === undefined ? {} : { actor }),
      };
      // "unchanged" too: the state has what this commit says.
      await writeLedger([stack], entry, sidecars, tolerate);
    },
  };
}

/** "unchanged" too: where nothing is left to destroy, nothing of what was applied is there. */
function mayHaveChanged(end: StackEnd): boolean {
  return (
    end.status === 'applied' ||
    end.status === 'unchanged' ||
    ((end.status === 'failed' || end.status === 'interrupted') && end.step === 'apply')
  );
}
