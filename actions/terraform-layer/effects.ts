import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../shared/clock.js';
import { childEnvironment, type Env } from '../shared/env.js';
import type { GithubContext } from '../shared/github-context.js';
import type { Logger } from '../shared/log.js';
import type { FetchIdToken } from '../shared/oidc.js';
import type { RunProcess } from '../shared/process.js';
import type { Secrets } from '../shared/secrets.js';
import { affectedStacks } from './graph/affected.js';
import type { Command, Inputs } from './inputs.js';
import type { Observed, RunPlan } from './plan.js';
import { Progress } from './report/progress.js';
import { changedFiles } from './review/changed-files.js';
import type { StackOutcome } from './schedule/outcome.js';
import { runSchedule, stacksOf } from './schedule/schedule.js';
import { checkSyntax, loadWorkspace } from './stacks/load-workspace.js';
import { openSession } from './session.js';
import type { Machine } from './terraform/collector.js';
import { declaredVariables } from './terraform/declared-variables.js';
import { retryingTerraform } from './terraform/retrying.js';

/** The world as a run needs it. */
export interface Ports {
  readonly env: Env;
  readonly log: Logger;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly runProcess: RunProcess;
  /** For short questions to git and Terraform. */
  readonly runQuery: RunProcess;
  readonly fetchIdToken: FetchIdToken;
  readonly github: GithubContext | undefined;
  /** Absolute path of the repository's root. */
  readonly root: string;
  /** Where private directories are made: `RUNNER_TEMP`. */
  readonly temporaryDirectory: string;
  /** Command line that prints AWS credentials for a request file. */
  readonly credentialProcess: readonly string[];
  /** Told the private directory of the run, which the post step removes. */
  readonly onRunDirectory: (directory: string) => void;
}

/**
 * Reads the repository and what changed in it; touches nothing else.
 *
 * @throws UserError with every problem of `infra.yml`, the configuration, or the graph
 */
export async function observe(inputs: Inputs, ports: Ports): Promise<Observed> {
  const { root } = ports;
  const workspace = await loadWorkspace({
    root,
    directory: inputs.workingDirectory,
    ...(inputs.configPath === undefined ? {} : { configPath: inputs.configPath }),
    variables: inputs.variables,
  });
  const withVariables = Object.keys(inputs.variables).length > 0 ? workspace.stacks : [];
  const [declared, missing] = await Promise.all([
    declaredVariables(root, withVariables),
    missingFiles(root, inputs.varFiles),
  ]);
  const observed = { workspace, declaredVariables: declared, missingVarFiles: missing };
  if (inputs.layers.kind !== 'changed') return { ...observed, affected: undefined };
  const { changed, deleted, range } = await changedFiles(
    {
      root,
      directory: inputs.workingDirectory,
      environment: childEnvironment(),
      runProcess: ports.runQuery,
    },
    ports.github?.pullRequest,
  );
  ports.log.info(`${changed.length + deleted.length} files changed in ${range}`);
  const affected = affectedStacks({ workspace, changedFiles: changed, deletedFiles: deleted });
  return { ...observed, affected };
}

/**
 * Runs Terraform in every stack of the plan: `apply` changes the world, `plan` and `drift` only
 * look. A stack that fails is an outcome, not an error.
 *
 * @throws UserError or OperationError where nothing could be started
 */
export async function perform(
  plan: RunPlan,
  inputs: Inputs,
  ports: Ports,
): Promise<readonly StackOutcome[]> {
  const stacks = plan.stages.flatMap((stage) => stage.stacks.map(({ stack }) => stack));
  if (stacks.length === 0) return [];
  await checkSyntax({ root: ports.root, stacks });
  const { stages, workspace } = plan;
  const command = scheduledCommand(plan.command);
  const mayRun = stacksOf({ command, stages, workspace });
  const session = await openSession(plan.environments, mayRun, inputs, ports);
  const { parallelism, terraform, planDirectory } = session;
  const progress = new Progress(ports.log, {
    command: plan.command,
    total: stacks.length,
    redact: (text) => ports.secrets.redact(text),
  });
  const { signal, clock } = ports;
  ports.log.info(`${stacks.length} stacks, up to ${parallelism} at a time`);
  const outcomes = await runSchedule({
    command,
    stages,
    workspace,
    concurrency: parallelism,
    ports: {
      terraform: retryingTerraform(terraform, {
        retries: inputs.retries,
        clock,
        signal,
        random: Math.random,
        onRetry: (stack, retry) => progress.step(stack, { kind: 'retry', retry }),
      }),
      planDirectory,
      hooks: {},
      signal,
      now: () => clock.now(),
      onProgress: (stack, event) => progress.step(stack, event),
    },
    onEnd: (outcome) => progress.end(outcome),
  });
  for (const outcome of outcomes) await progress.output(outcome);
  return outcomes;
}

/** Until other commands have a way of their own, they look and change nothing. */
function scheduledCommand(command: Command): 'plan' | 'drift' | 'apply' {
  return command === 'apply' || command === 'drift' ? command : 'plan';
}

async function missingFiles(root: string, files: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    files.map((file) =>
      stat(path.join(root, file)).then(
        (entry) => entry.isFile(),
        () => false,
      ),
    ),
  );
  return files.filter((_, index) => found[index] !== true);
}
