import type { JobOptions } from './job.js';
import { RunnerError } from './runner-error.js';

/** What a workflow grants its job, and what GitHub's token will say about it. */
export interface GithubJobOptions {
  /** Address of the emulated GitHub. */
  readonly githubUrl: string;
  /** `id-token: write`. Default true. */
  readonly idToken?: boolean;
  /** What `GITHUB_TOKEN` may do. Default `write`. */
  readonly access?: 'read' | 'write';
  /** The job's `environment:`. */
  readonly environment?: string;
  /** The reusable workflow that holds the job; default: the workflow itself. */
  readonly jobWorkflowRef?: string;
  /** Which form of `sub` the repository uses. Default `classic`. */
  readonly subjectFormat?: 'classic' | 'immutable';
}

async function post(
  githubUrl: string,
  control: 'tokens' | 'oidc-jobs',
  body: unknown,
): Promise<Record<string, string>> {
  const response = await fetch(`${githubUrl}/_emulator/${control}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new RunnerError('github-refused', `${control}: ${response.status} ${text}`);
  }
  return JSON.parse(text) as Record<string, string>;
}

/**
 * Connects a job to an emulated GitHub: a `GITHUB_TOKEN` of its own, the API's address, and an
 * OIDC request token whose claims are those of the job.
 *
 * @returns the options for `createJob` or `runStep`
 * @throws RunnerError `github-refused`
 */
export async function withGithub<Options extends JobOptions>(
  github: GithubJobOptions,
  job: Options,
): Promise<Options> {
  const repository = job.repository ?? 'acme/infra';
  const { token } = await post(github.githubUrl, 'tokens', { access: github.access ?? 'write' });
  const ref = job.ref ?? job.event?.ref;
  const sha = job.sha ?? job.event?.sha;
  const claims = {
    repository,
    repositoryId: job.repositoryId,
    repositoryOwnerId: job.repositoryOwnerId,
    environment: github.environment,
    ref,
    sha,
    headRef: job.event?.headRef,
    baseRef: job.event?.baseRef,
    eventName: job.event?.name,
    workflow: job.workflow,
    workflowRef: job.workflowRef,
    jobWorkflowRef: github.jobWorkflowRef,
    runId: job.runId,
    runNumber: job.runNumber,
    runAttempt: job.runAttempt,
    actor: job.actor,
    subjectFormat: github.subjectFormat,
  };
  const oidc = github.idToken === false ? {} : await post(github.githubUrl, 'oidc-jobs', claims);
  const { requestToken, requestUrl } = oidc;
  return {
    ...job,
    repository,
    ...(token === undefined ? {} : { token }),
    urls: { api: github.githubUrl, graphql: `${github.githubUrl}/graphql`, ...job.urls },
    ...(requestToken === undefined || requestUrl === undefined
      ? {}
      : { oidc: { requestToken, requestUrl } }),
  };
}
