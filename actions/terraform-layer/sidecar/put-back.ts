import path from 'node:path';
import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import type { PutBack } from '../schedule/hooks.js';
import type { Stack } from '../stacks/workspace.js';
import { moveKeptState } from '../terraform/kept-state.js';
import { settleJournal } from './journal-session.js';
import {
  judgeRecovery,
  oldCopyText,
  readRecovery,
  recoveryWords,
  removeRecovery,
} from './recovery.js';
import type { Sidecar, Sidecars } from './sidecar.js';
import type { Tolerate } from './tolerance.js';

/**
 * Makes the state of a stack what a text says, under the state's lock, never by force; answers with
 * Terraform's words where it refuses.
 */
export type PushState = (
  stack: Stack,
  text: string,
) => Promise<{ readonly ok: true } | { readonly ok: false; readonly why: string }>;

/**
 * Puts a state back that an earlier apply could not write, where nothing has written the state
 * since: it then has all that the state has, and what that apply made. Else it stays where it lies.
 */
export async function putBack(
  stack: Stack,
  ports: {
    /** Absolute path of the repository's root. */
    readonly root: string;
    readonly sidecars: Sidecars;
    readonly tolerate: Tolerate;
    readonly push: PushState;
    readonly clock: Pick<Clock, 'now'>;
    readonly log: Pick<Logger, 'warning'>;
    readonly secrets: Pick<Secrets, 'redact'>;
  },
): Promise<PutBack> {
  const { sidecars, tolerate } = ports;
  const sidecar = sidecars(stack);
  const file = await moveKeptState(stack, ports.root, sidecar);
  if (file !== undefined) {
    const hint = `push it with "state push" of Terraform or OpenTofu, or delete it: ${path.relative(ports.root, file)}`;
    return { kind: 'pending', place: file, why: 'it was never put back', hint };
  }
  if (sidecar === undefined) return { kind: 'none' };
  const unknown = 'whether a state of an earlier apply waits to be put back is not known';
  const text = await tolerate({ fallback: undefined, consequence: unknown }, () =>
    sidecar.read('recovery'),
  );
  if (text === undefined) return { kind: 'none' };
  const found = await judgeRecovery(sidecar, text);
  if (found === undefined) {
    // All that it has is in the state: it may not stand in the way of the next one.
    const stays = 'a state that was put back stays beside the state';
    const removed = await tolerate({ fallback: { isNext: false }, consequence: stays }, () =>
      removeRecovery(sidecar),
    );
    return removed.isNext ? putBack(stack, ports) : { kind: 'none' };
  }
  const { place, obstacle, isOldCopy } = found;
  if (isOldCopy) {
    ports.log.warning(ports.secrets.redact(oldCopyText(stack, place)));
    return { kind: 'none' };
  }
  const hint = recoveryWords;
  if (obstacle !== undefined) return { kind: 'pending', place, why: obstacle, hint };
  const pushed = await ports.push(stack, text);
  if (!pushed.ok) {
    // Another run may have put it back meanwhile.
    const still = await readRecovery(sidecar);
    return still === undefined
      ? { kind: 'none' }
      : { kind: 'pending', place, why: pushed.why, hint };
  }
  const consequence = 'it was put back, and the next run takes it for what is in the state';
  await tolerate({ fallback: undefined, consequence }, () => afterPutBack(sidecar, ports.clock));
  return { kind: 'done', place };
}

/** Forgets a recovery that has become the state, and what the journal named because of it. */
export async function afterPutBack(sidecar: Sidecar, clock: Pick<Clock, 'now'>): Promise<void> {
  const { isNext } = await removeRecovery(sidecar);
  // What a second one holds is not in the state yet.
  if (isNext) return;
  // While a lock is held the journal is another run's.
  if ((await sidecar.lockText()) === undefined) await settleJournal(sidecar, [], clock);
}
