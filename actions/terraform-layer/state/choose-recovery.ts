import { UserError, type Problem } from '../../shared/errors.js';
import type { Recovery } from '../sidecar/recovery.js';
import type { OperationEffect } from './check-operations.js';
import { recoveryWord, type StateOperation } from './operations.js';
import { parseStateDocument, withSerial, type StateDocument } from './state-document.js';

const at = { input: 'state-operations' };

/**
 * While a state waits that an apply could not write, nothing else is done: its serial would be
 * overtaken, and what is in it forgotten. Pure.
 *
 * Codes: `recovery-pending`.
 */
export function recoveryProblems(
  operations: readonly StateOperation[],
  recovery: Recovery | undefined,
): readonly Problem[] {
  const isFor = (operation: StateOperation): boolean =>
    (operation.kind === 'restore' && operation.version === recoveryWord) ||
    (operation.kind === 'forget' && operation.at === undefined);
  if (recovery === undefined || recovery.isOldCopy || operations.some(isFor)) return [];
  return [
    {
      code: 'recovery-pending',
      message: `${recovery.place} holds a state that an earlier apply could not write`,
      at,
      hint: 'put it back with "restore recovery", or drop it with "forget recovery"',
    },
  ];
}

/**
 * Text of the state that an apply could not write, under a serial that Terraform takes as newer
 * than the current one. Pure.
 *
 * @throws UserError `state-recovery-none`, `state-version-unreadable`, `state-version-lineage`
 */
export function chooseRecovery(
  recovery: Recovery | undefined,
  current: StateDocument | undefined,
): string {
  if (recovery === undefined) {
    throw new UserError({
      code: 'state-recovery-none',
      message: 'no apply left a state unwritten',
      at,
      hint: '"restore list" shows the versions of the state',
    });
  }
  const { text, place } = recovery;
  const saved = parseStateDocument(text);
  if (saved === undefined) {
    throw new UserError({
      code: 'state-version-unreadable',
      message: `${place} is not a state that can be read`,
      at,
      hint: 'push it by hand with "state push" of Terraform or OpenTofu, then "forget recovery"',
    });
  }
  if (current === undefined) return text;
  if (current.lineage !== saved.lineage) {
    throw new UserError({
      code: 'state-version-lineage',
      message: `${place} is of another lineage (${saved.lineage}) than the state (${current.lineage})`,
      at,
      hint: 'another state lies in this place: "import" what is missing, then "forget recovery"',
    });
  }
  if (saved.serial > current.serial) return text;
  return withSerial(text, current.serial + 1) ?? text;
}

/** Adds to a restore what the state has and the restored one does not, and the other way. Pure. */
export function withRestored(
  effects: readonly OperationEffect[],
  before: StateDocument | undefined,
  restored: string | undefined,
): readonly OperationEffect[] {
  const document = restored === undefined ? undefined : parseStateDocument(restored);
  if (document === undefined) return effects;
  const old = new Set((before?.instances ?? []).map(({ text }) => text));
  const fresh = new Set(document.instances.map(({ text }) => text));
  return effects.map((effect) =>
    effect.operation.kind !== 'restore'
      ? effect
      : {
          ...effect,
          addresses: [...old].filter((address) => !fresh.has(address)),
          becomes: [...fresh].filter((address) => !old.has(address)),
        },
  );
}
