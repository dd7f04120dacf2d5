import { createHash } from 'node:crypto';
import type { Stack } from '../stacks/workspace.js';

/** A file name for a stack; its id is a path of any length. */
export function stackFileName({ id }: Stack, suffix: string): string {
  return `${createHash('sha256').update(id).digest('hex').slice(0, 24)}.${suffix}`;
}
