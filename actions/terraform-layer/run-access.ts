import path from 'node:path';
import type { EnvironmentConfig } from './config/infra-config.js';
import type { Ports } from './effects.js';
import type { Inputs } from './inputs.js';
import { makeRunDirectory } from './run-directory.js';
import { openSidecars } from './sidecar/open-sidecars.js';
import type { Sidecars } from './sidecar/sidecar.js';
import type { Stack } from './stacks/workspace.js';
import { openEnvironments, type EnvironmentAccess } from './terraform/access.js';

/** Proven access to AWS, and a directory for what must not be seen. */
export interface RunAccess {
  /** Private to this run; the post step removes it. */
  readonly directory: string;
  readonly access: ReadonlyMap<string, EnvironmentAccess>;
  /** What stands beside the states. */
  readonly sidecars: Sidecars;
}

/**
 * Opens AWS access for each environment and proves it, and makes the run's private directory.
 *
 * @throws UserError, OperationError as `openEnvironments` does
 */
export async function openAccess(
  environments: readonly EnvironmentConfig[],
  stacks: readonly Stack[],
  inputs: Inputs,
  ports: Ports,
): Promise<RunAccess> {
  const directory = await makeRunDirectory(ports);
  const access = await openEnvironments(environments, stacks, inputs, {
    ...ports,
    directory: path.join(directory, 'aws'),
    now: () => ports.clock.now(),
  });
  return { directory, access, sidecars: openSidecars({ access }, ports) };
}

/**
 * Access to environments that the run leaves alone, to look as a plan does.
 *
 * @throws UserError, OperationError as `openEnvironments` does
 */
export async function openEarlier(
  environments: readonly EnvironmentConfig[],
  stacks: readonly Stack[],
  { directory }: Pick<RunAccess, 'directory'>,
  inputs: Inputs,
  ports: Ports,
): Promise<RunAccess> {
  const looking: Inputs = { ...inputs, command: 'plan' };
  const access = await openEnvironments(environments, stacks, looking, {
    ...ports,
    directory: path.join(directory, 'aws-earlier'),
    now: () => ports.clock.now(),
  });
  return { directory, access, sidecars: openSidecars({ access }, ports) };
}
