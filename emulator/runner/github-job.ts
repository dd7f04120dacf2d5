import { z } from 'zod';
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
  /** The reusable workflows that the run calls; default: that of `jobWorkflowRef`. */
  readonly referencedWorkflows?: readonly string[];
  /** Which form of `sub` the repository uses. Default `classic`. */
  readonly subjectFormat?: 'classic' | 'immutable';
}

async function post(
  githubUrl: string,
  control: 'tokens' | 'oidc-jobs' | 'results-jobs' | 'runs',
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
  return (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
}

/** The head of a run as GitHub lists it: a pull request's own, not its test merge. */
function headOf(job: JobOptions): {
  readonly headSha: string;
  readonly headBranch: string;
  readonly headRepository: string | undefined;
} {
  const { event } = job;
  const payload = headSchema.parse(event?.payload ?? {});
  const ref = job.ref ?? event?.ref ?? 'refs/heads/main';
  return {
    headSha:
      payload.pull_request?.head.sha ??
      payload.merge_group?.head_sha ??
      job.sha ??
      event?.sha ??
      '0'.repeat(40),
    headBranch: payload.pull_request?.head.ref ?? ref.replace(/^refs\/heads\//, ''),
    headRepository: payload.pull_request?.head.repo?.full_name,
  };
}

const headSchema = z.object({
  pull_request: z
    .object({
      head: z.object({
        sha: z.string(),
        ref: z.string(),
        repo: z.object({ full_name: z.string() }).nullish(),
      }),
    })
    .optional(),
  merge_group: z.object({ head_sha: z.string() }).optional(),
});

/** The run that a job is part of, as it is seeded. */
function runOf(github: GithubJobOptions, job: JobOptions, repository: string) {
  const { jobWorkflowRef } = github;
  const referenced =
    github.referencedWorkflows ?? (jobWorkflowRef === undefined ? [] : [jobWorkflowRef]);
  const workflowPath = (job.workflowRef ?? '').split('@')[0]?.split('/').slice(2).join('/');
  return {
    repository,
    id: Number(job.runId ?? '1'),
    name: job.workflow,
    path: workflowPath === '' ? undefined : workflowPath,
    event: job.event?.name,
    ...headOf(job),
    number: Number(job.runNumber ?? '1'),
    attempt: Number(job.runAttempt ?? '1'),
    actor: job.actor,
    referencedWorkflows: referenced.map((workflow) => ({ path: workflow })),
  };
}

/**
 * Connects a job to an emulated GitHub: a `GITHUB_TOKEN` of its own, the API's address, an OIDC
 * request token whose claims are those of the job, and the artifact service of its run, which is
 * listed as in progress until the job has finished.
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
  const run = runOf(github, job, repository);
  const { runtimeToken, resultsUrl } = await post(github.githubUrl, 'results-jobs', {
    ...run,
    jobId: job.job,
    repositoryId: Number(job.repositoryId ?? '456789'),
  });
  return {
    ...job,
    repository,
    ...(token === undefined ? {} : { token }),
    urls: { api: github.githubUrl, graphql: `${github.githubUrl}/graphql`, ...job.urls },
    ...(requestToken === undefined || requestUrl === undefined
      ? {}
      : { oidc: { requestToken, requestUrl } }),
    ...(runtimeToken === undefined || resultsUrl === undefined
      ? {}
      : { results: { url: resultsUrl, runtimeToken } }),
    onFinished: async (conclusion) => {
      await job.onFinished?.(conclusion);
      // The emulator may have been emptied or closed meanwhile: then there is no run to end.
      await post(github.githubUrl, 'runs', { ...run, status: 'completed', conclusion }).catch(
        () => undefined,
      );
    },
  };
}
