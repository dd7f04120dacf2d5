import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OperationError, UserError, type Problem } from '../../shared/errors.js';
import type { Sidecar } from '../sidecar/sidecar.js';
import type { Stack } from '../stacks/workspace.js';
import type { StateRun } from '../terraform/state-commands.js';
import type { StatePlace } from '../terraform/state-place.js';
import { readRecovery } from '../sidecar/recovery.js';
import { recoveryProblems } from './choose-recovery.js';
import { keepCopy } from './keep-copy.js';
import {
  emptiedState,
  holdsResources,
  parseStateDocument,
  sameContent,
  withSerial,
} from './state-document.js';

/** What is to be done so that a state lies at its new place alone. */
export type MoveStep =
  | { readonly kind: 'nothing' }
  /** Write `text` at the new place, over what holds nothing; `clear` it first where Terraform asks. */
  | { readonly kind: 'copy'; readonly text: string; readonly clear: string | undefined }
  /** The new place has it already: a move that was interrupted. */
  | { readonly kind: 'empty-former' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'unreadable' };

/**
 * Looks at the former and the new place of a state. `written` is what this run wrote at the new
 * place, which it may write over. Pure; undefined is a place without a state.
 */
export function nextMoveStep(
  former: string | undefined,
  now: string | undefined,
  written?: string,
): MoveStep {
  if (former === undefined || !holdsResources(former)) return { kind: 'nothing' };
  const old = parseStateDocument(former);
  if (old === undefined) return { kind: 'unreadable' };
  const target = now === undefined ? undefined : parseStateDocument(now);
  if (now === undefined || target === undefined) {
    return now === undefined
      ? { kind: 'copy', text: former, clear: undefined }
      : { kind: 'unreadable' };
  }
  const ours = written !== undefined && sameContent(written, now);
  if (holdsResources(now) && !ours) {
    if (sameContent(former, now)) return { kind: 'empty-former' };
    // Moved by hand before, and applied since; the former place was left as it was.
    if (old.lineage === target.lineage && target.serial > old.serial) return { kind: 'nothing' };
    return { kind: 'taken' };
  }
  if (ours && sameContent(former, now)) return { kind: 'empty-former' };
  const text = withSerial(former, Math.max(old.serial, target.serial + 1));
  if (text === undefined) return { kind: 'unreadable' };
  // Terraform writes over a state of another lineage only where it is quite empty.
  const clear = old.lineage === target.lineage ? undefined : emptiedState(now, target.serial + 1);
  return { kind: 'copy', text, clear };
}

export interface StateMove {
  readonly from: Stack;
  readonly to: Stack;
  readonly former: StatePlace;
  readonly now: StatePlace;
  /** Beside the former place: where a copy is kept. */
  readonly formerSidecar: Sidecar;
  /**
   * Takes along what stands beside the former state; called once the new place has the state, and
   * before the former one is emptied: afterwards no run would know that there is something to move.
   */
  readonly takeAlong: () => Promise<void>;
  /** Private; texts of states lie in it for a moment. */
  readonly directory: string;
}

/** How often a state is moved once more because it was changed meanwhile. */
const mostRounds = 3;

/**
 * Moves a state. It is copied first, and then its former place is emptied under a serial that
 * Terraform takes only while the former state is the one that was copied; where it is not, the
 * whole begins again. Each write is made by Terraform under the lock of its place. So a state is
 * never lost, and never in two places once this has ended well; an interrupted move is finished by
 * the next one. Returns where the copy is kept; undefined where there was nothing to move.
 *
 * @throws UserError `state-place-taken`, `state-unreadable`, `state-locked`, `recovery-pending`
 * @throws OperationError `state-not-moved`, `state-not-kept`
 */
export async function moveState(move: StateMove): Promise<string | undefined> {
  const { from, to, former, now, formerSidecar } = move;
  if ((await formerSidecar.lockText()) !== undefined) throw locked(from);
  // It belongs to the former place; the operations that settle it work there, on the former code.
  const recovery = recoveryProblems([], await readRecovery(formerSidecar));
  if (recovery.length > 0) throw new UserError(recovery);
  let written: string | undefined;
  let copy: string | undefined;
  for (let round = 1; ; round += 1) {
    const text = await former.pull();
    const step = nextMoveStep(text, await now.pull(), written);
    if (step.kind === 'nothing' || text === undefined) return copy;
    if (step.kind === 'taken') throw new UserError(placeTaken(from, to));
    if (step.kind === 'unreadable') throw unreadable(from, to);
    copy = await keepCopy(formerSidecar, text);
    if (step.kind === 'copy') {
      if (step.clear !== undefined) await push(move, now, step.clear, to);
      await push(move, now, step.text, to);
      written = step.text;
      const arrived = await now.pull();
      if (arrived === undefined || !sameContent(arrived, text)) throw changedMeanwhile(to);
    }
    await move.takeAlong();
    const empty = emptiedState(text, (parseStateDocument(text)?.serial ?? 0) + 1);
    if (empty === undefined) throw unreadable(from, to);
    const run = await write(move, former, empty);
    if (run.end === 'succeeded') return copy;
    const after = await former.pull();
    const changed = after !== undefined && !sameContent(after, text);
    if (!changed || round === mostRounds) throw notMoved(from, run);
  }
}

async function push(move: StateMove, place: StatePlace, text: string, stack: Stack): Promise<void> {
  const run = await write(move, place, text);
  if (run.end !== 'succeeded') throw notMoved(stack, run);
}

async function write({ directory }: StateMove, place: StatePlace, text: string): Promise<StateRun> {
  const file = path.join(directory, 'moved.tfstate');
  await writeFile(file, text, { mode: 0o600 });
  return place.push(file);
}

/** Why a state does not move: two states hold resources. */
export function placeTaken(from: Stack, to: Stack): Problem {
  return {
    code: 'state-place-taken',
    message: `the state of ${to.id} is to be moved from ${from.stateKey} to ${to.stateKey}, and both hold resources`,
    at: to.backend.at ?? { file: to.directory },
    hint:
      'look at both with "state list" of Terraform or OpenTofu. Where the former one is of no use any more, ' +
      'take its directory out of moved-from; else give the stack another key',
  };
}

function unreadable(from: Stack, to: Stack): UserError {
  return new UserError({
    code: 'state-unreadable',
    message: `the state in ${from.stateKey} or ${to.stateKey} is not in a form that can be read, so that it is not moved`,
    at: to.backend.at ?? { file: to.directory },
    hint: 'move it by hand: "init -migrate-state" of Terraform or OpenTofu',
  });
}

function locked({ id, stateKey }: Stack): UserError {
  return new UserError({
    code: 'state-locked',
    message: `the state of ${id}, ${stateKey}, is locked, so that it is not moved`,
    hint: 'run again once the run that holds the lock has ended; "command: unlock" shows who it is',
  });
}

function changedMeanwhile({ id, stateKey }: Stack): OperationError {
  return new OperationError(
    'state-not-moved',
    `the state of ${id} was changed in ${stateKey} while it was moved there: run again`,
  );
}

function notMoved({ stateKey }: Stack, { lines, heldLockId }: StateRun): OperationError {
  const lock = heldLockId === undefined ? '' : ` The lock ${heldLockId} was left on it.`;
  return new OperationError(
    'state-not-moved',
    `${stateKey} could not be written, and nothing was applied: run again.${lock} ${lines.join(' ')}`,
    { details: heldLockId === undefined ? {} : { heldLockId } },
  );
}
