import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { OperationError } from '../../shared/errors.js';
import type { ValueMap } from '../hcl/value.js';
import { localStateFile } from '../sidecar/backend-place.js';
import { defaultWorkspace } from '../stacks/state-identity.js';
import type { Stack } from '../stacks/workspace.js';
import { stateCommands, type StateCommandOptions, type StateCommands } from './state-commands.js';

/** A state where a backend's settings say, without the code that it belongs to. */
export type StatePlace = Pick<StateCommands, 'pull' | 'push'>;

/** How a backend is written so that it holds in any directory. */
export interface PlacedBackend {
  readonly type: string;
  /** May hold credentials: it belongs into private files alone. */
  readonly config: ValueMap;
  readonly workspace: string | undefined;
}

/** A stack's backend, with the path of a local state made absolute. */
export function placedBackend(stack: Stack, root: string): PlacedBackend {
  const { type, config } = stack.backend;
  const file = localStateFile(stack, root);
  if (file !== undefined) {
    return { type, config: { path: file }, workspace: defaultWorkspace };
  }
  return { type, config, workspace: stack.workspace };
}

/**
 * Initialises the place of a stack's state in a private directory, which holds nothing but its
 * backend: no provider is needed, and no code of an earlier commit. Terraform itself takes the locks
 * and compares lineages and serials.
 *
 * @throws OperationError `state-unreachable`
 */
export async function openStatePlace(
  stack: Stack,
  options: Omit<StateCommandOptions, 'variables' | 'varFiles'> & {
    /** Private to this run. */
    readonly directory: string;
  },
): Promise<StatePlace> {
  const { type, config, workspace } = placedBackend(stack, options.root);
  const name = createHash('sha256').update(stack.stateKey).digest('hex').slice(0, 24);
  const place = path.join(options.directory, name);
  await mkdir(place, { recursive: true, mode: 0o700 });
  await writeFile(
    path.join(place, 'main.tf.json'),
    JSON.stringify({ terraform: { backend: { [type]: config } } }),
    { mode: 0o600 },
  );
  const { TF_DATA_DIR: _, TF_WORKSPACE: __, ...environment } = options.environment;
  const child = await options.runProcess({
    command: options.program,
    args: ['init', '-input=false', '-no-color', '-reconfigure'],
    cwd: place,
    env: { ...environment, ...(workspace === undefined ? {} : { TF_WORKSPACE: workspace }) },
    signal: options.signal,
  });
  if (child.exitCode !== 0) {
    throw new OperationError(
      'state-unreachable',
      `the state ${stack.stateKey} cannot be reached: ${child.stderr.trim()}`,
    );
  }
  // The backend is written out here: no variable is in it.
  const { workspace: ___, earlyExpressions: ____, ...rest } = stack;
  return stateCommands(
    {
      ...{ ...rest, directory: '.', binding: 'directory' },
      ...(workspace === undefined ? {} : { workspace }),
    },
    { ...options, environment, root: place, variables: {}, varFiles: [] },
  );
}
