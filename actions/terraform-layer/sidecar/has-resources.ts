import { holdsResources } from '../state/state-document.js';
import type { Sidecar } from './sidecar.js';

/**
 * Whether a state holds anything that exists in the world, undefined where that cannot be told. A
 * state that a destroy has emptied counts as none: on S3 its object stays.
 */
export async function hasResources(
  sidecar: Pick<Sidecar, 'stateVersion' | 'stateText'> | undefined,
): Promise<boolean | undefined> {
  const version = await sidecar?.stateVersion();
  if (sidecar === undefined || version === undefined) return undefined;
  if (version === 'absent') return false;
  const text = await sidecar.stateText();
  return text !== undefined && holdsResources(text);
}
