import type { Problem } from '../../shared/errors.js';
import { suggestion } from '../../shared/inputs.js';
import { formatAddress, isWithin, type ResourceAddress } from '../terraform/resource-address.js';
import type { JournalEntry } from '../sidecar/journal.js';
import { isNamedBy } from './forget-orphans.js';
import type { StateOperation, WrittenAddress } from './operations.js';
import type { KnownInstance } from './state-document.js';

/** What an operation would do, by the addresses that it concerns. */
export interface OperationEffect {
  readonly operation: StateOperation;
  /** Addresses before it: those that move, go, or are untainted. */
  readonly addresses: readonly string[];
  /** Addresses after it, one for each that moves, or the one that is new. */
  readonly becomes: readonly string[];
}

/** What lies beside the state. */
export interface BesideState {
  /** What killed applies made and the state does not know. */
  readonly orphans: readonly JournalEntry[];
  /** Whether there is a state that an apply could not write. */
  readonly recovery: boolean;
}

/**
 * Goes through the operations in order on a state's addresses, so that each sees what those
 * before it leave. Pure.
 *
 * Codes: `state-address-unknown`, `state-address-taken`, `state-not-tainted`,
 * `state-move-mismatch`, `state-orphan-unknown`, `state-recovery-none`.
 */
export function checkOperations(
  operations: readonly StateOperation[],
  instances: readonly KnownInstance[],
  beside: BesideState = { orphans: [], recovery: false },
): { readonly effects: readonly OperationEffect[]; readonly problems: readonly Problem[] } {
  const known = new Map(instances.map((instance) => [instance.text, instance]));
  const problems: Problem[] = [];
  const problem = (code: string, message: string, hint?: string): void => {
    const at = { input: 'state-operations' };
    problems.push({ code, message, at, ...(hint === undefined ? {} : { hint }) });
  };
  const within = ({ address }: WrittenAddress): readonly KnownInstance[] =>
    [...known.values()].filter((instance) => isWithin(instance.address, address));
  const existing = (at: WrittenAddress): readonly KnownInstance[] => {
    const found = within(at);
    if (found.length === 0) {
      const near = suggestion(at.text, [...known.keys()]);
      problem('state-address-unknown', `the state has no ${at.text}`, near);
    }
    return found;
  };
  const free = (at: WrittenAddress): boolean => {
    const taken = within(at);
    if (taken.length > 0) problem('state-address-taken', `the state has ${at.text} already`);
    return taken.length === 0;
  };

  const effects = operations.map((operation): OperationEffect => {
    switch (operation.kind) {
      case 'import': {
        const text = formatAddress(operation.at.address);
        if (free(operation.at)) {
          known.set(text, { address: operation.at.address, text, tainted: false });
        }
        return { operation, addresses: [], becomes: [text] };
      }
      case 'mv': {
        const moving = existing(operation.from);
        const targets = moving.map(({ address }) =>
          movedAddress(address, operation.from.address, operation.to.address),
        );
        const fits = targets.every((target) => target !== undefined);
        if (!fits) {
          problem(
            'state-move-mismatch',
            `${operation.from.text} cannot become ${operation.to.text}`,
            'a resource becomes one of the same type, a module a module',
          );
        }
        const becomes = targets.flatMap((target) => (target === undefined ? [] : [target]));
        if (moving.length > 0 && fits && free(operation.to)) {
          for (const { text } of moving) known.delete(text);
          becomes.forEach((address, index) => {
            const text = formatAddress(address);
            known.set(text, { address, text, tainted: moving[index]?.tainted === true });
          });
        }
        return {
          operation,
          addresses: moving.map(({ text }) => text),
          becomes: becomes.map(formatAddress),
        };
      }
      case 'rm': {
        const going = existing(operation.at);
        for (const { text } of going) known.delete(text);
        return { operation, addresses: going.map(({ text }) => text), becomes: [] };
      }
      case 'untaint': {
        const text = formatAddress(operation.at.address);
        const instance = known.get(text);
        if (instance === undefined) existing(operation.at);
        if (instance === undefined ? within(operation.at).length > 0 : !instance.tainted) {
          problem(
            'state-not-tainted',
            instance === undefined
              ? `${text} has several instances: name one`
              : `${text} is not tainted`,
          );
        }
        if (instance !== undefined) known.set(text, { ...instance, tainted: false });
        return { operation, addresses: [text], becomes: [] };
      }
      case 'restore':
        return { operation, addresses: [], becomes: [] };
      case 'forget': {
        const { at } = operation;
        if (at === undefined) {
          if (!beside.recovery) problem('state-recovery-none', 'no apply left a state unwritten');
          return { operation, addresses: [], becomes: [] };
        }
        const found = beside.orphans.filter((entry) => isNamedBy(entry, at));
        if (found.length === 0) {
          const near = suggestion(
            at.text,
            beside.orphans.map(({ address }) => address),
          );
          problem('state-orphan-unknown', `no killed apply has left ${at.text} behind`, near);
        }
        return { operation, addresses: found.map(orphanWords), becomes: [] };
      }
    }
  });
  return { effects, problems };
}

function orphanWords({ address, id }: JournalEntry): string {
  return `${address}, id ${id ?? 'unknown'}`;
}

/** Where `address`, which is within `from`, stands once `from` has become `to`. */
function movedAddress(
  address: ResourceAddress,
  from: ResourceAddress,
  to: ResourceAddress,
): ResourceAddress | undefined {
  if (from.resource === undefined || to.resource === undefined) {
    if (from.resource !== undefined || to.resource !== undefined) return undefined;
    const [moved] = address.modules.slice(from.modules.length - 1);
    const [last] = to.modules.slice(-1);
    if (last === undefined || moved === undefined) return undefined;
    const inherits = from.modules.at(-1)?.key === undefined && last.key === undefined;
    const own = inherits && moved.key !== undefined ? { ...last, key: moved.key } : last;
    const modules = [
      ...to.modules.slice(0, -1),
      own,
      ...address.modules.slice(from.modules.length),
    ];
    return address.resource === undefined ? { modules } : { modules, resource: address.resource };
  }
  if (from.resource.type !== to.resource.type || address.resource === undefined) return undefined;
  const { key } = address.resource;
  const keeps = from.resource.key === undefined && to.resource.key === undefined;
  if (!keeps && from.resource.key === undefined && key !== undefined) return undefined;
  const resource = keeps && key !== undefined ? { ...to.resource, key } : to.resource;
  return { modules: to.modules, resource };
}
