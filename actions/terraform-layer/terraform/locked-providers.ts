import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Stack } from '../stacks/workspace.js';

/**
 * Versions of the providers that `terraform init` chose, by source address: those of the stack's
 * `.terraform.lock.hcl` (Terraform documentation, "Dependency Lock File"), which Terraform itself
 * formats. Undefined where there is no such file.
 */
export async function lockedProviders(
  root: string,
  { directory }: Pick<Stack, 'directory'>,
): Promise<Readonly<Record<string, string>> | undefined> {
  const file = path.join(root, directory, '.terraform.lock.hcl');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : providersIn(text);
}

function providersIn(text: string): Readonly<Record<string, string>> {
  const blocks = text.matchAll(/^provider\s+"([^"]+)"\s*\{[^}]*?^\s*version\s*=\s*"([^"]+)"/gm);
  return Object.fromEntries([...blocks].map(([, source = '', version = '']) => [source, version]));
}
