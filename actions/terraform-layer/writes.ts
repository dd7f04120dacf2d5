import type { Command, Inputs } from './inputs.js';

/** Commands that change the world or a state: they take the role of an apply. */
export function writes(command: Command): boolean {
  switch (command) {
    case 'apply':
    case 'destroy':
    case 'state':
    case 'unlock':
      return true;
    case 'plan':
    case 'drift':
    case 'graph':
    case 'check':
    case 'conclude':
      return false;
  }
}

/** Whether a run asks gates before it: what only looks needs none. */
export function asksGates({
  command,
  dryRun,
  lockId,
}: Pick<Inputs, 'command' | 'dryRun' | 'lockId'>): boolean {
  const onlyLooks =
    (command === 'state' && dryRun) || (command === 'unlock' && (dryRun || lockId === undefined));
  return writes(command) && !onlyLooks;
}
