import { childEnvironment, type Env } from '../actions/shared/env.js';
import { OperationError } from '../actions/shared/errors.js';
import type { ChildResult, RunProcess } from '../actions/shared/process.js';

/** A repository on some GitHub. */
export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
  /** Of its REST API. */
  readonly apiUrl: string;
}

/** `owner/name`, as `--repo` takes it. */
export const repositoryPattern = /^[\w.-]+\/[\w.-]+$/;

/**
 * The repository that is meant: as it is named, else where `origin` leads, else that of the job.
 *
 * @returns undefined where none of them says
 */
export async function findRepository(
  named: string | undefined,
  root: string,
  ports: { readonly env: Env; readonly runProcess: RunProcess },
): Promise<RepositoryName | undefined> {
  const { env, runProcess } = ports;
  const remote = await runQuietly(runProcess, 'git', ['-C', root, 'remote', 'get-url', 'origin']);
  const origin = remote === undefined ? undefined : ofRemote(remote);
  const [owner, name] = (named ?? '').split('/');
  if (owner !== undefined && name !== undefined) {
    return { owner, name, apiUrl: apiUrlOf(origin?.host, env) };
  }
  if (origin !== undefined) {
    return { owner: origin.owner, name: origin.name, apiUrl: apiUrlOf(origin.host, env) };
  }
  const [jobOwner, jobName] = (env('GITHUB_REPOSITORY') ?? '').split('/');
  if (jobOwner === undefined || jobName === undefined) return undefined;
  return { owner: jobOwner, name: jobName, apiUrl: apiUrlOf(undefined, env) };
}

/** `https://host/owner/name.git`, `git@host:owner/name`, `ssh://git@host/owner/name`. */
function ofRemote(
  url: string,
): { readonly host: string; readonly owner: string; readonly name: string } | undefined {
  const match =
    /^(?:(?:https?|ssh):\/\/(?:[^@/]+@)?|[^@/]+@)(?<host>[^:/]+)(?::\d+)?[:/](?<owner>[\w.-]+)\/(?<name>[\w.-]+?)(?:\.git)?\/?$/.exec(
      url,
    )?.groups;
  const { host, owner, name } = match ?? {};
  if (host === undefined || owner === undefined || name === undefined) return undefined;
  return { host, owner, name };
}

/** GitHub docs, "Getting started with the REST API": another host has it under `/api/v3`. */
function apiUrlOf(host: string | undefined, env: Env): string {
  const named = env('GITHUB_API_URL');
  if (named !== undefined) return named;
  return host === undefined || host === 'github.com'
    ? 'https://api.github.com'
    : `https://${host}/api/v3`;
}

/**
 * A token: that of the environment (`GH_TOKEN` before `GITHUB_TOKEN`, as `gh` takes them), else
 * that of `gh auth login`.
 */
export async function findToken(
  ports: { readonly env: Env; readonly runProcess: RunProcess },
  fromEnvironmentOnly: boolean,
): Promise<string | undefined> {
  const { env, runProcess } = ports;
  const given = env('GH_TOKEN') ?? env('GITHUB_TOKEN');
  if (given !== undefined || fromEnvironmentOnly) return given;
  return runQuietly(runProcess, 'gh', ['auth', 'token']);
}

/** What a program prints, without its end; undefined where it is not there, or fails. */
async function runQuietly(
  runProcess: RunProcess,
  command: string,
  args: readonly string[],
): Promise<string | undefined> {
  let result: ChildResult;
  try {
    result = await runProcess({ command, args, env: childEnvironment() });
  } catch (error) {
    if (error instanceof OperationError && error.code === 'command-not-found') return undefined;
    throw error;
  }
  const text = result.stdout.trim();
  return result.exitCode === 0 && text !== '' ? text : undefined;
}
