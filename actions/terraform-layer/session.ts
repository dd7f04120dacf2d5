import { mkdir, mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import type { EnvironmentConfig } from './config/infra-config.js';
import type { Ports } from './effects.js';
import type { Inputs } from './inputs.js';
import { childEnvironment } from '../shared/env.js';
import { openSidecars } from './sidecar/open-sidecars.js';
import type { Sidecars } from './sidecar/sidecar.js';
import type { Stack } from './stacks/workspace.js';
import { openEnvironments, type EnvironmentAccess } from './terraform/access.js';
import {
  commonEnvironment,
  environmentOfChild,
  type CommonEnvironment,
} from './terraform/child-environment.js';
import { defaultParallelism } from './terraform/collector.js';
import { childAftermath } from './terraform/aftermath.js';
import { commandLineTerraform } from './terraform/command-line.js';
import { declaredVariables } from './terraform/declared-variables.js';
import { terraformProgram } from './terraform/program.js';
import { restInstructions } from './terraform/rest-instructions.js';
import type { TerraformProgram } from './terraform/find.js';
import type { Terraform } from './terraform/terraform.js';

/** What a command that runs Terraform works with: a private directory, proven access, a program. */
export interface Session {
  /** Private to this run; the post step removes it. */
  readonly directory: string;
  /** Plan files: they hold sensitive values in clear. */
  readonly planDirectory: string;
  readonly parallelism: number;
  readonly access: ReadonlyMap<string, EnvironmentAccess>;
  readonly program: TerraformProgram;
  readonly terraform: Terraform;
  /** What stands beside the states. */
  readonly sidecars: Sidecars;
  /** Where Terraform's own logs lie until the run ends. */
  readonly logDirectory: string;
  readonly common: CommonEnvironment;
}

/**
 * Opens AWS access for each environment and proves it, finds Terraform, and makes the run's private
 * directory. Nothing of the user's is touched.
 *
 * @throws UserError, OperationError as `openEnvironments` and `terraformProgram` do
 */
export async function openSession(
  environments: readonly EnvironmentConfig[],
  stacks: readonly Stack[],
  inputs: Inputs,
  ports: Ports,
): Promise<Session> {
  await mkdir(ports.temporaryDirectory, { recursive: true });
  const directory = await mkdtemp(path.join(ports.temporaryDirectory, 'terraform-layer-'));
  ports.onRunDirectory(directory);
  const parallelism = inputs.parallelism ?? defaultParallelism(ports.machine);
  const common = await commonEnvironment({ ...ports, parallelism, runDirectory: directory });
  const access = await openEnvironments(environments, stacks, inputs, {
    ...ports,
    directory: path.join(directory, 'aws'),
    now: () => ports.clock.now(),
  });
  const program = await terraformProgram({
    ...ports,
    wanted: inputs.terraformVersion,
    releasesUrl: inputs.terraformReleasesUrl,
    environment: environmentOfChild(common, {}),
  });
  const declared = await declaredVariables(ports.root, stacks);
  const planDirectory = path.join(directory, 'plans');
  const logDirectory = path.join(directory, 'logs');
  await Promise.all([planDirectory, logDirectory].map((place) => mkdir(place, { mode: 0o700 })));
  const children = new Map(
    [...access].map(([name, { child }]) => [name, environmentOfChild(common, child)]),
  );
  const sidecars = openSidecars({ access }, ports);
  const ambient = childEnvironment();
  const terraform = commandLineTerraform({
    program: program.path,
    root: ports.root,
    environmentFor: ({ environment }) => children.get(environment) ?? {},
    variablesFor: ({ id }) => declaredOnly(inputs.variables, declared.get(id)),
    varFiles: inputs.varFiles,
    lockTimeoutSeconds: inputs.lockTimeoutSeconds,
    childrenDirectory: path.join(directory, 'children'),
    logDirectory,
    pluginCacheDirectory: common.pluginCacheDirectory,
    runProcess: ports.runProcess,
    restOf: (child) =>
      restInstructions({ ...child, root: ports.root, program: program.path, ambient }),
    afterChild: childAftermath({ ...ports, program: program.path, sidecars }),
    signal: ports.signal,
    now: () => ports.clock.now(),
  });
  return {
    ...{ directory, planDirectory, logDirectory, parallelism },
    ...{ access, program, terraform, sidecars, common },
  };
}

function declaredOnly(
  variables: Readonly<Record<string, string>>,
  declared: ReadonlySet<string> | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => declared?.has(name) === true),
  );
}
