import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { TestEmulator } from './emulator.js';

/** The OpenTofu that tests are to use: `TOFU_PATH` names the program. */
export const tofuPath = process.env['TOFU_PATH'];

/** A directory for the PATH in which that program stands as `tofu`. */
export async function tofuDirectory(
  emulator: Pick<TestEmulator, 'directory'>,
  program: string,
): Promise<string> {
  const directory = path.join(emulator.directory, 'opentofu');
  if (!existsSync(directory)) {
    await mkdir(directory, { recursive: true });
    await symlink(path.resolve(program), path.join(directory, 'tofu'));
  }
  return directory;
}

/**
 * Inputs and environment of a run with OpenTofu instead of Terraform, where `TOFU_PATH` is set: so
 * each suite of terraform-layer can be run with either. A run that has its own programs keeps them.
 */
export async function withTofu(
  emulator: Pick<TestEmulator, 'directory'>,
  run: {
    readonly inputs: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>> | undefined;
  },
): Promise<{
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}> {
  const { inputs, env = {} } = run;
  if (tofuPath === undefined || 'PATH' in env) return { inputs, env };
  const directory = await tofuDirectory(emulator, tofuPath);
  return {
    inputs: { 'terraform-version': 'tofu >= 1.11', ...inputs },
    env: { ...env, PATH: `${directory}${path.delimiter}${process.env['PATH'] ?? ''}` },
  };
}
