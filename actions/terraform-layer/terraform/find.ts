import { basename, delimiter, join } from 'node:path';
import { access, constants } from 'node:fs/promises';
import { z } from 'zod';
import { OperationError, UserError } from '../../shared/errors.js';
import { parseJsonAs } from '../../shared/json-text.js';
import type { Logger } from '../../shared/log.js';
import type { RunProcess } from '../../shared/process.js';
import { isBelowFloor, tooOld, type VersionConstraint } from './version-constraint.js';

/** What people type to run it. */
export type ProgramName = 'terraform' | 'tofu';

/** A Terraform or OpenTofu that can be run. */
export interface TerraformProgram {
  readonly name: ProgramName;
  /** Absolute path. */
  readonly path: string;
  readonly version: string;
}

const versionSchema = z.object({ terraform_version: z.string() });

/**
 * The first program on the PATH that fits: Terraform before OpenTofu, each as often as the PATH
 * has it; OpenTofu first where the configuration has `.tofu` files. What is older than
 * `versionFloor` never fits. Where none fits, `download` is asked.
 *
 * @throws UserError `tofu-not-found` where OpenTofu is asked for and no fitting one is on the PATH;
 * `terraform-version-too-old` where the constraint leaves no room above the floor
 */
export async function findTerraform(options: {
  readonly wanted: VersionConstraint;
  /** Whether the configuration has files that OpenTofu alone reads. */
  readonly hasTofuFiles?: boolean;
  readonly searchPath: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly runProcess: RunProcess;
  readonly log: Logger;
  readonly download: () => Promise<{ readonly directory: string; readonly version: string }>;
}): Promise<TerraformProgram> {
  const { wanted, log } = options;
  if (!wanted.reachesFloor) throw new UserError(tooOld(wanted));
  const names = programNames(wanted, options.hasTofuFiles === true);
  const passedOver: string[] = [];
  for (const name of names) {
    for (const path of await programsOnPath(name, options.searchPath)) {
      const version = await versionOf(path, options);
      if (version !== undefined && wanted.allows(version) && !isBelowFloor(version)) {
        log.info(`Using ${title(name)} ${version} (${path})`);
        return { name, path, version };
      }
      passedOver.push(`${path} ${version === undefined ? 'does not run' : `is ${version}`}`);
    }
  }
  if (wanted.program === 'tofu') {
    throw new UserError({
      code: 'tofu-not-found',
      message: `no OpenTofu for ${JSON.stringify(wanted.text)} is on the PATH${listed(passedOver)}`,
      at: { input: 'terraform-version' },
      hint: 'only Terraform is downloaded: install OpenTofu in an earlier step, for example with opentofu/setup-opentofu',
    });
  }
  if (passedOver.length > 0) log.info(`No fitting Terraform on the PATH${listed(passedOver)}`);
  const { directory, version } = await options.download();
  const path = join(directory, 'terraform');
  log.info(`Using Terraform ${version} (${path})`);
  return { name: 'terraform', path, version };
}

/** Which of both a path is of. */
export function programName(program: string): ProgramName {
  return basename(program) === 'tofu' ? 'tofu' : 'terraform';
}

function programNames(
  { program }: VersionConstraint,
  hasTofuFiles: boolean,
): readonly ProgramName[] {
  if (program !== undefined) return [program];
  return hasTofuFiles ? ['tofu', 'terraform'] : ['terraform', 'tofu'];
}

async function programsOnPath(name: string, searchPath: string): Promise<readonly string[]> {
  const candidates = searchPath
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name));
  const found = await Promise.all(
    [...new Set(candidates)].map(async (path) => {
      try {
        await access(path, constants.X_OK);
        return [path];
      } catch {
        return [];
      }
    }),
  );
  return found.flat();
}

async function versionOf(
  path: string,
  { environment, runProcess }: Parameters<typeof findTerraform>[0],
): Promise<string | undefined> {
  try {
    const result = await runProcess({
      command: path,
      args: ['version', '-json'],
      env: environment,
    });
    if (result.exitCode !== 0) return undefined;
    return parseJsonAs(versionSchema, result.stdout)?.terraform_version;
  } catch (error) {
    if (error instanceof OperationError) return undefined;
    throw error;
  }
}

function title(name: ProgramName): string {
  return name === 'tofu' ? 'OpenTofu' : 'Terraform';
}

function listed(passedOver: readonly string[]): string {
  return passedOver.length === 0 ? '' : ` (${passedOver.join('; ')})`;
}
