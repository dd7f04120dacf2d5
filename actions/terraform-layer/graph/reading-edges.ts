import type { Edge } from '../stacks/workspace.js';

/** Whether the one stack reads the state of the other, and does not merely come after it. */
export function isReading({ origins }: Pick<Edge, 'origins'>): boolean {
  return origins.some(({ kind }) => kind !== 'after');
}
