import { OperationError } from '../../shared/errors.js';
import type { Sidecar } from '../sidecar/sidecar.js';

/**
 * Keeps a state beside itself before it is changed, and returns the place.
 *
 * @throws OperationError `state-not-kept`
 */
export async function keepCopy(sidecar: Sidecar, text: string): Promise<string> {
  const place = `${sidecar.place}copy`;
  try {
    await sidecar.write('copy', text);
  } catch (cause) {
    throw new OperationError('state-not-kept', `a copy of the state cannot be kept in ${place}`, {
      cause,
    });
  }
  return place;
}
