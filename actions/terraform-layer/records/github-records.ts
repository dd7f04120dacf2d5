import { statusOf, withPermission, type GithubClient } from '../../shared/github-client.js';
import { downloadArtifact } from './download-artifact.js';
import type { MergedPull } from './found.js';
import type { WorkflowRun } from './provenance.js';
import { parseRecordName } from './record-name.js';
import type { RecordSource, ReviewRuns } from './record-source.js';
import { maximumRecordBytes } from './record-store.js';

type Octokit = GithubClient['octokit'];
type RunData = Awaited<ReturnType<Octokit['rest']['actions']['getWorkflowRun']>>['data'];
type PullData = Awaited<
  ReturnType<Octokit['rest']['repos']['listPullRequestsAssociatedWithCommit']>
>['data'][number];

/**
 * Pull requests and runs over GitHub's REST API, each question asked once. The job needs
 * `actions: read` and `pull-requests: read`.
 *
 * @param defaultBranch what pull requests must have been merged into
 * @throws OperationError `github-permission-missing`, with what to grant
 */
export function githubReviewRuns(
  { octokit, repository }: GithubClient,
  defaultBranch: string,
): ReviewRuns {
  const { actions, pulls, repos } = octokit.rest;
  const list = async (
    filter: Omit<Parameters<typeof actions.listWorkflowRunsForRepo>[0] & object, 'owner' | 'repo'>,
  ) => (await actions.listWorkflowRunsForRepo({ ...repository, per_page: 100, ...filter })).data;
  const run = async (id: number): Promise<WorkflowRun> =>
    toRun((await actions.getWorkflowRun({ ...repository, run_id: id })).data);
  const associated = once('pull-requests: read', async (commitSha: string) => {
    try {
      const { data } = await repos.listPullRequestsAssociatedWithCommit({
        ...repository,
        commit_sha: commitSha,
        per_page: 100,
      });
      return data;
    } catch (error) {
      // A commit that was never pushed belongs to no pull request.
      if (statusOf(error) === 422) return [];
      throw error;
    }
  });
  return {
    pullsOf: async (commitSha) =>
      (await associated(commitSha)).flatMap((pull) => toMerged(pull, defaultBranch)),
    mergedPull: once('pull-requests: read', async (number: number) => {
      try {
        const { data } = await pulls.get({ ...repository, pull_number: number });
        return toMerged(data, defaultBranch)[0];
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    }),
    runsAt: once('actions: read', async (headSha: string) => {
      const { workflow_runs: runs } = await list({
        head_sha: headSha,
        exclude_pull_requests: true,
      });
      return runs.map(toRun);
    }),
    dispatchedRuns: onlyOnce('actions: read', async () => {
      const { workflow_runs: runs } = await list({
        event: 'workflow_dispatch',
        branch: defaultBranch,
        exclude_pull_requests: true,
      });
      return runs.map(toRun);
    }),
    hasMergeGroups: onlyOnce(
      'actions: read',

      async () => (await list({ event: 'merge_group', per_page: 1 })).total_count > 0,
    ),
    run: once('actions: read', run),
  };
}

/** Records in artifacts of runs, taken by id and held against their digest. */
export function artifactSource({ octokit, repository }: GithubClient): RecordSource {
  const { actions } = octokit.rest;
  const artifactsOf = once('actions: read', async (runId: number) =>
    octokit.paginate(actions.listWorkflowRunArtifacts, {
      ...repository,
      run_id: runId,
      per_page: 100,
    }),
  );
  return {
    recordsOf: async (run, subjectSha) =>
      (await artifactsOf(run.id)).flatMap((artifact) => {
        const name = parseRecordName(artifact.name);
        if (name?.subjectSha !== subjectSha) return [];
        const digest = artifact.digest ?? undefined;
        return [
          {
            ...{ name: artifact.name, leg: name.leg, attempt: name.attempt },
            ...{ artifactId: artifact.id, digest, createdAt: artifact.created_at ?? undefined },
            read: async () => {
              if (artifact.expired) return { refusal: 'expired' as const };
              if (digest === undefined) return { refusal: 'no-digest' as const };
              if (artifact.size_in_bytes > maximumRecordBytes) {
                return { refusal: 'too-large' as const };
              }
              return downloadArtifact({ octokit, repository }, artifact.id, digest);
            },
          },
        ];
      }),
  };
}

function toRun(data: RunData): WorkflowRun {
  return {
    id: data.id,
    attempt: data.run_attempt ?? 1,
    event: data.event,
    status: data.status ?? '',
    path: withoutRef(data.path),
    headSha: data.head_sha,
    headBranch: data.head_branch ?? undefined,
    repositoryId: data.repository.id,
    headRepositoryId: (data.head_repository as { readonly id: number } | null)?.id,
    calls: (data.referenced_workflows ?? []).map(({ path }) => withoutRef(path)),
    url: data.html_url,
    createdAt: data.created_at,
  };
}

/** GitHub writes `path@ref` in some places, and the path alone in others. */
function withoutRef(path: string): string {
  return path.replace(/@.*$/, '');
}

function toMerged(
  pull: Pick<
    PullData,
    'number' | 'merged_at' | 'merge_commit_sha' | 'head' | 'base' | 'user' | 'html_url'
  >,
  defaultBranch: string,
): readonly MergedPull[] {
  if (pull.merged_at === null || pull.base.ref !== defaultBranch) return [];
  const headRepository = pull.head.repo as { readonly id: number } | null;
  return [
    {
      number: pull.number,
      headSha: pull.head.sha,
      headRef: pull.head.ref,
      mergeCommitSha: pull.merge_commit_sha ?? undefined,
      author: pull.user?.login ?? '',
      fromFork: headRepository?.id !== pull.base.repo.id,
      url: pull.html_url,
    },
  ];
}

/**
 * Asks once for each argument; the same question meanwhile waits for the same answer. What GitHub
 * refuses is an error that says what to grant, never an answer.
 */
function once<A extends string | number, T>(
  permission: string,
  ask: (argument: A) => Promise<T>,
): (argument: A) => Promise<T> {
  const asked = new Map<A, Promise<T>>();
  return (argument) => {
    const known = asked.get(argument);
    if (known !== undefined) return known;
    const answer = withPermission(permission, () => ask(argument));
    asked.set(argument, answer);
    return answer;
  };
}

function onlyOnce<T>(permission: string, ask: () => Promise<T>): () => Promise<T> {
  const one = once(permission, ask);
  return () => one('');
}
