import { statusOf, withPermission, type GithubClient } from '../../shared/github-client.js';

/** A job of this run, as GitHub lists it. */
export interface RunJob {
  /** Of a reusable workflow `<job that calls> / <job>`. */
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | undefined;
}

/** What a person has said to environments that wait in this run. */
export interface RunApproval {
  readonly state: string;
  readonly environments: readonly string[];
}

/** This very run, as GitHub sees it. */
export interface OwnRun {
  /** Jobs of one attempt; empty where GitHub does not know it. */
  jobsOf(attempt: number): Promise<readonly RunJob[]>;
  approvals(): Promise<readonly RunApproval[]>;
}

/**
 * This run over GitHub's REST API ("List jobs for a workflow run attempt", "Get the review history
 * for a workflow run"). The job needs `actions: read`.
 *
 * @throws OperationError `github-permission-missing`
 */
export function githubOwnRun({ octokit, repository }: GithubClient, runId: number): OwnRun {
  const { actions } = octokit.rest;
  const run = { ...repository, run_id: runId };
  return {
    jobsOf: (attempt) =>
      withPermission('actions: read', async () => {
        try {
          const jobs = await octokit.paginate(actions.listJobsForWorkflowRunAttempt, {
            ...{ ...run, attempt_number: attempt, per_page: 100 },
          });
          return jobs.map(({ name, status, conclusion }) => ({
            ...{ name, status, conclusion: conclusion ?? undefined },
          }));
        } catch (error) {
          if (statusOf(error) === 404) return [];
          throw error;
        }
      }),
    approvals: () =>
      withPermission('actions: read', async () => {
        const { data } = await actions.getReviewsForRun(run);
        return data.map(({ state, environments }) => ({
          state,
          environments: environments.flatMap(({ name }) => name ?? []),
        }));
      }),
  };
}

/** How the gate of a run stands. */
export type GateJobStanding =
  | { readonly kind: 'passed'; readonly attempt: number }
  /** It is there, and has not succeeded. */
  | { readonly kind: 'not-passed'; readonly attempt: number; readonly state: string }
  | { readonly kind: 'missing' };

/**
 * How the gate job stands in this attempt, or, where only failed jobs are run again, in the last
 * attempt that it was part of. Callers for other directories may have one of the same name: one that
 * passed is enough, since each is behind the same environment.
 */
export async function observeGateJob(
  name: string,
  attempt: number,
  run: Pick<OwnRun, 'jobsOf'>,
): Promise<GateJobStanding> {
  for (let asked = attempt; asked >= 1; asked -= 1) {
    const jobs = (await run.jobsOf(asked)).filter(
      (job) => job.name === name || job.name.endsWith(` / ${name}`),
    );
    const [first] = jobs;
    if (first === undefined) continue;
    const passed = jobs.some(({ conclusion }) => conclusion === 'success');
    if (passed) return { kind: 'passed', attempt: asked };
    return { kind: 'not-passed', attempt: asked, state: first.conclusion ?? first.status };
  }
  return { kind: 'missing' };
}

/** Whether a person has approved an environment in this run. GitHub's names have no case. */
export function isApproved(environment: string, approvals: readonly RunApproval[]): boolean {
  return approvals.some(
    ({ state, environments }) =>
      state === 'approved' &&
      environments.some((name) => name.toLowerCase() === environment.toLowerCase()),
  );
}
