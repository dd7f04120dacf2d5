import type { Stack } from '../stacks/workspace.js';
import { pushCommand } from '../terraform/errored-state.js';
import type { Sidecars } from './sidecar.js';
import { parseState } from './state-resources.js';
import type { Tolerate } from './tolerance.js';

/**
 * The state that an earlier apply could not write and that nobody has put back yet; one that the
 * state has overtaken is removed.
 */
export async function pendingRecovery(
  stack: Stack,
  sidecars: Sidecars,
  tolerate: Tolerate,
): Promise<{ readonly place: string; readonly command: string } | undefined> {
  const sidecar = sidecars(stack);
  if (sidecar === undefined) return undefined;
  const consequence = 'whether a state of an earlier apply waits to be put back is not known';
  const pending = await tolerate({ fallback: false, consequence }, async () => {
    const text = await sidecar.read('recovery');
    if (text === undefined) return false;
    const saved = parseState(text);
    const currentText = await sidecar.stateText();
    const current = currentText === undefined ? undefined : parseState(currentText);
    const overtaken =
      saved !== undefined &&
      current !== undefined &&
      saved.lineage === current.lineage &&
      saved.serial <= current.serial;
    return !overtaken;
  });
  if (!pending) return undefined;
  const place = `${sidecar.place}recovery`;
  return { place, command: pushCommand(stack.directory, { kind: 'stored', place, why: '' }) };
}
