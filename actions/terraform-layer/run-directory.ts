import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Ports } from './effects.js';

/**
 * Makes the private directory of a run (mode 0700), and returns its absolute path.
 *
 * Its path is told before it is made: whenever this process is killed, the post step knows of it.
 */
export async function makeRunDirectory({
  temporaryDirectory,
  onRunDirectory,
}: Pick<Ports, 'temporaryDirectory' | 'onRunDirectory'>): Promise<string> {
  const directory = path.join(temporaryDirectory, `terraform-layer-${randomUUID()}`);
  onRunDirectory(directory);
  await mkdir(temporaryDirectory, { recursive: true });
  await mkdir(directory, { mode: 0o700 });
  return directory;
}
