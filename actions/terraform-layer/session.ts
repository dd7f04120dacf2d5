import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { childEnvironment } from '../shared/env.js';
import { UserError } from '../shared/errors.js';
import { runUrl } from '../shared/github-context.js';
import type { EnvironmentConfig } from './config/infra-config.js';
import type { Ports } from './effects.js';
import type { Inputs } from './inputs.js';
import { openAccess, type RunAccess } from './run-access.js';
import { programEnvironment } from './modules-access/program-environment.js';
import { lockWatch } from './sidecar/lock-watch.js';
import { tolerance } from './sidecar/tolerance.js';
import type { Stack } from './stacks/workspace.js';
import { environmentOfChild } from './terraform/child-environment.js';
import { defaultParallelism } from './terraform/collector.js';
import { childAftermath } from './terraform/aftermath.js';
import type { ChildCare } from './terraform/cared-child.js';
import { earlyArguments } from './terraform/command-arguments.js';
import { commandLineTerraform } from './terraform/command-line.js';
import { declaredOnly, declaredVariables } from './terraform/declared-variables.js';
import { earlyProblems } from './terraform/early-support.js';
import { formerStates } from './terraform/former-state.js';
import { hcpApi, httpRequest } from './terraform/hcp-api.js';
import { discardSavedRun, withoutSavedRuns } from './terraform/hcp-runs.js';
import { checkHcpStacks, type HcpPorts } from './terraform/hcp-stacks.js';
import { hostToken } from './terraform/hcp-token.js';
import { terraformProgram } from './terraform/program.js';
import { restInstructions } from './terraform/rest-instructions.js';
import type { TerraformProgram } from './terraform/find.js';
import type { Terraform } from './terraform/terraform.js';
import { tofuFile } from './terraform/tofu-files.js';
import { awsValueStore } from './variables/aws-value-store.js';
import { stackVariables } from './variables/stack-variables.js';

/** What a command that runs Terraform works with: a private directory, proven access, a program. */
export interface Session extends RunAccess {
  /** Plan files: they hold sensitive values in clear. */
  readonly planDirectory: string;
  readonly parallelism: number;
  readonly program: TerraformProgram;
  readonly terraform: Terraform;
  /** For what is run beside `terraform`. */
  readonly care: ChildCare;
  /** The whole environment of Terraform in a stack, its secret variables included. */
  readonly environmentFor: (stack: Stack) => Readonly<Record<string, string>>;
  /** For `-var`: of the input `vars`, those that a stack declares. */
  readonly variablesFor: (stack: Stack) => Readonly<Record<string, string>>;
  /** What commands on a stack's state need to know where that is. */
  readonly earlyFor: (stack: Stack) => readonly string[];
  /** For a plan that is not applied after all; does nothing for plans that were made here. */
  readonly discardRun: (stack: Stack, planFile: string) => Promise<void>;
}

/**
 * Opens AWS access for each environment and proves it, reads the variables that `infra.yml` names,
 * finds Terraform, and makes the run's private directory. Nothing of the user's is touched.
 *
 * @throws UserError `module-source-not-literal` where this Terraform does not take an expression
 * @throws UserError, OperationError as `openEnvironments`, `stackVariables`, `checkHcpStacks` and
 * `terraformProgram` do
 */
export async function openSession(
  environments: readonly EnvironmentConfig[],
  stacks: readonly Stack[],
  inputs: Inputs,
  ports: Ports,
  opened?: RunAccess,
  /** Those whose states are still elsewhere, where the run only looks. */
  moves: readonly { readonly from: Stack; readonly to: Stack }[] = [],
): Promise<Session> {
  const { directory, access, sidecars } =
    opened ?? (await openAccess(environments, stacks, inputs, ports));
  const parallelism = inputs.parallelism ?? defaultParallelism(ports.machine);
  const { common, environment, initEnvironment } = await programEnvironment(inputs, {
    ...ports,
    parallelism,
    runDirectory: directory,
  });
  const ofTofu = await tofuFile(ports.root, stacks);
  const program = await terraformProgram({
    ...ports,
    wanted: inputs.terraformVersion,
    releasesUrl: inputs.terraformReleasesUrl,
    hasTofuFiles: ofTofu !== undefined,
    environment,
  });
  if (ofTofu !== undefined && program.name === 'terraform') {
    ports.log.warning('OpenTofu alone reads this file, and this run uses Terraform', {
      file: ofTofu,
    });
  }
  const refused = earlyProblems(stacks, program);
  if (refused.length > 0) throw new UserError(refused);
  const hcp: HcpPorts = {
    ...ports,
    api: hcpApi(httpRequest, { retries: inputs.retries }),
    tokenOf: (host) => hostToken(host, environment),
  };
  const remoteStacks = await checkHcpStacks(stacks, hcp);
  const variables = await stackVariables(
    needVariables(inputs) ? stacks : [],
    environments,
    inputs,
    {
      ...ports,
      environment,
      storeOf: (name) => {
        const aws = access.get(name)?.aws;
        return aws === undefined ? undefined : awsValueStore(aws);
      },
    },
  );
  const declared = await declaredVariables(ports.root, stacks);
  const planDirectory = path.join(directory, 'plans');
  const logDirectory = path.join(directory, 'logs');
  await Promise.all(
    [planDirectory, logDirectory].map((place) => mkdir(place, { recursive: true, mode: 0o700 })),
  );
  const children = new Map(
    [...access].map(([name, { child }]) => [name, environmentOfChild(common, child)]),
  );
  const environmentFor: Session['environmentFor'] = (stack) => ({
    ...children.get(stack.environment),
    ...variables.get(stack.id),
  });
  const ambient = childEnvironment();
  const variablesFor: Session['variablesFor'] = ({ id }) =>
    declaredOnly(inputs.variables, declared.get(id));
  const { varFiles } = inputs;
  const earlyFor: Session['earlyFor'] = (stack) =>
    earlyArguments(stack, { root: ports.root, varFiles, variablesFor });
  const care: ChildCare = {
    program: program.path,
    root: ports.root,
    childrenDirectory: path.join(directory, 'children'),
    logDirectory,
    runProcess: ports.runProcess,
    signal: ports.signal,
    now: () => ports.clock.now(),
    restOf: (child) =>
      restInstructions({
        ...{ ...child, root: ports.root, program: program.path, ambient },
        varFiles: inputs.varFiles,
      }),
    watchLock: lockWatch({
      ...{ sidecars, clock: ports.clock, tolerate: tolerance(ports) },
      runUrl: ports.github === undefined ? undefined : runUrl(ports.github),
    }),
    afterChild: childAftermath({ ...ports, program: program.path, sidecars, earlyFor }),
  };
  const commandLine = commandLineTerraform({
    ...care,
    environmentFor,
    initEnvironment,
    variablesFor,
    varFiles: inputs.varFiles,
    lockTimeoutSeconds: inputs.lockTimeoutSeconds,
    pluginCacheDirectory: common.pluginCacheDirectory,
    formerStates: await formerStates(moves, {
      root: ports.root,
      directory: path.join(directory, 'former'),
    }),
  });
  return {
    care,
    directory,
    planDirectory,
    parallelism,
    access,
    sidecars,
    program,
    terraform: onlyShows(inputs) ? withoutSavedRuns(commandLine, remoteStacks, hcp) : commandLine,
    environmentFor,
    variablesFor,
    earlyFor,
    discardRun: async (stack, planFile) => {
      if (remoteStacks.has(stack.id)) await discardSavedRun(stack, planFile, hcp);
    },
  };
}

function onlyShows({ command }: Inputs): boolean {
  return command === 'plan' || command === 'drift';
}

/** A lock is shown and released without any value of the configuration. */
function needVariables({ command }: Inputs): boolean {
  return command !== 'unlock';
}
