import { OperationError, UserError } from '../../shared/errors.js';
import type { Sidecar } from '../sidecar/sidecar.js';
import { parseStateDocument, type StateDocument } from './state-document.js';

/**
 * Keeps a state beside itself before it is changed, and returns the place. The same place holds a
 * state that an apply could not write: such a one is not lost for a copy of the current one.
 *
 * @throws UserError `recovery-pending`
 * @throws OperationError `state-not-kept`
 */
export async function keepCopy(
  sidecar: Sidecar,
  text: string,
  current: StateDocument | undefined,
): Promise<string> {
  const place = `${sidecar.place}recovery`;
  try {
    const older = await sidecar.read('recovery');
    if (older !== undefined && !isOvertaken(older, current)) {
      throw new UserError({
        code: 'recovery-pending',
        message: `${place} holds a state of an earlier apply that was never put back`,
        hint: 'look at it, push it with "terraform state push" or delete it, and run again',
      });
    }
    await sidecar.write('recovery', text);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new OperationError('state-not-kept', `a copy of the state cannot be kept in ${place}`, {
      cause,
    });
  }
  return place;
}

function isOvertaken(text: string, current: StateDocument | undefined): boolean {
  const saved = parseStateDocument(text);
  return (
    saved !== undefined &&
    current !== undefined &&
    saved.lineage === current.lineage &&
    saved.serial <= current.serial
  );
}
