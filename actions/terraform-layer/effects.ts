import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../shared/clock.js';
import { childEnvironment, type Env } from '../shared/env.js';
import type { GithubContext } from '../shared/github-context.js';
import type { Logger } from '../shared/log.js';
import type { FetchIdToken } from '../shared/oidc.js';
import type { RunProcess } from '../shared/process.js';
import type { Secrets } from '../shared/secrets.js';
import type { ChangeOrigin } from './changes/changed-files.js';
import type { Git } from './changes/git.js';
import { observeHistory } from './changes/history.js';
import type { AppliedHistory, ObservedHistory } from './changes/observed-history.js';
import type { Inputs } from './inputs.js';
import type { Observed } from './plan.js';
import { loadWorkspace } from './stacks/load-workspace.js';
import type { Machine } from './terraform/collector.js';
import { declaredVariables } from './terraform/declared-variables.js';

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
  /** Told where the private directory of the run will be, which the post step removes. */
  readonly onRunDirectory: (directory: string) => void;
}

/** What the repository itself says, before anything outside of it is asked. */
export type Repository = Omit<Observed, 'affected' | 'history'>;

/**
 * Reads the repository; touches nothing and asks nobody.
 *
 * @throws UserError with every problem of `infra.yml`, the configuration, or the graph
 */
export async function readRepository(inputs: Inputs, ports: Ports): Promise<Repository> {
  const { root } = ports;
  const workspace = await loadWorkspace({
    root,
    directory: inputs.workingDirectory,
    ...(inputs.configPath === undefined ? {} : { configPath: inputs.configPath }),
    variables: inputs.variables,
    varFiles: inputs.varFiles,
  });
  const withVariables = Object.keys(inputs.variables).length > 0 ? workspace.stacks : [];
  const [declared, missing] = await Promise.all([
    declaredVariables(root, withVariables),
    missingFiles(root, inputs.varFiles),
  ]);
  return { workspace, declaredVariables: declared, missingVarFiles: missing };
}

/**
 * Compares the checkout with what counts for this command; the workspace's configuration then has
 * the gates of the base.
 *
 * @throws UserError as `observeHistory` does
 */
export async function observe(
  inputs: Inputs,
  repository: Repository,
  ports: Ports,
  applied: AppliedHistory | undefined,
): Promise<Observed & { readonly history: ObservedHistory }> {
  const { workspace } = repository;
  const history = await observeHistory({
    inputs,
    workspace,
    git: gitOf(inputs, ports),
    origin: changeOrigin(ports.github),
    run: ports.github,
    applied,
    log: ports.log,
  });
  return {
    ...repository,
    workspace: { ...workspace, config: history.policy.config },
    affected: history.affected,
    history,
  };
}

function changeOrigin(github: GithubContext | undefined): ChangeOrigin | undefined {
  if (github?.mergeGroup !== undefined) {
    return { kind: 'merge-group', baseSha: github.mergeGroup.baseSha };
  }
  const pull = github?.pullRequest;
  return pull && { kind: 'pull-request', headSha: pull.headSha, baseRef: pull.baseRef };
}

/** The history of the checkout. */
export function gitOf(inputs: Inputs, ports: Ports): Git {
  return {
    root: ports.root,
    directory: inputs.workingDirectory,
    environment: childEnvironment(),
    // What is given text to read is no short question.
    runProcess: (request) =>
      request.input === undefined ? ports.runQuery(request) : ports.runProcess(request),
  };
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
