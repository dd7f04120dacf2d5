import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import type { StackHooks } from '../schedule/hooks.js';
import type { Stack } from '../stacks/workspace.js';
import { lockLogFile } from '../terraform/command-line.js';
import { orphansText } from './import-block.js';
import { openJournal } from './journal-session.js';
import { runOfLock } from './lock-notes.js';
import { writeLedger } from './ledger.js';
import { orphansOf } from './orphans.js';
import { pendingRecovery } from './recovery.js';
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

/**
 * What stands beside a state during a run: orphans are asked for before a stack is planned, a
 * journal is kept while it is applied, and what was applied is noted once it has ended.
 */
export function stateHooks(ports: {
  readonly sidecars: Sidecars;
  readonly tolerate: Tolerate;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warning'>;
  readonly secrets: Pick<Secrets, 'redact'>;
  /** Of the session. */
  readonly logDirectory: string;
  readonly runUrl: string | undefined;
  readonly actor: string | undefined;
  /** The commit whose code is applied; undefined: nothing is noted, as for a run that only plans. */
  readonly appliedSha: string | undefined;
}): Required<Pick<StackHooks, 'openJournal' | 'orphans' | 'ended'>> {
  const { sidecars, tolerate, clock, runUrl, appliedSha, actor } = ports;
  const lockLogOf = (stack: Stack): string => lockLogFile(ports.logDirectory, stack, 'apply');
  return {
    openJournal: (stack) => openJournal(stack, { sidecars, tolerate, clock, runUrl, lockLogOf }),
    async orphans(stack) {
      const [orphans, recovery] = await Promise.all([
        orphansOf(stack, sidecars, tolerate),
        pendingRecovery(stack, sidecars, tolerate),
      ]);
      if (recovery !== undefined) {
        ports.log.warning(
          ports.secrets.redact(
            `An apply of ${stack.displayId} could not write its state, which is in ${recovery.place}. To put it back: ${recovery.command}`,
          ),
        );
      }
      if (orphans.length > 0) {
        const place = sidecars(stack)?.place ?? '';
        ports.log.warning(ports.secrets.redact(orphansText(stack, orphans, place)));
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
      if (appliedSha === undefined) return;
      if (end.status !== 'applied' && end.status !== 'unchanged') return;
      const entry = {
        version: 1 as const,
        sha: appliedSha,
        at: new Date(clock.now()).toISOString(),
        ...(runUrl === undefined ? {} : { runUrl }),
        ...(actor === undefined ? {} : { actor }),
      };
      // "unchanged" too: the state has what this commit says.
      await writeLedger([stack], entry, sidecars, tolerate);
    },
  };
}
