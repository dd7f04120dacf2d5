import { githubClient, type GithubClient } from '../../shared/github-client.js';
import { githubComments, type Comments } from '../../shared/github-comments.js';
import type { GithubContext } from '../../shared/github-context.js';
import type { Logger } from '../../shared/log.js';
import { artifactSource, githubReviewRuns } from '../records/github-records.js';
import type { RecordSource, ReviewRuns } from '../records/record-source.js';
import { githubDeployments, type Deployments } from './deployment.js';
import { githubOwnRun, type OwnRun } from './gate-job.js';
import { githubPeople } from './github-people.js';
import { githubEnvironments, type GithubEnvironments } from './observe-gate.js';
import type { People } from './people.js';

/** All that a reviewed apply asks GitHub and tells it, over one client. */
export interface ReviewAccess {
  /** Short name. */
  readonly defaultBranch: string;
  readonly runs: ReviewRuns;
  /** Records in artifacts; `sidecarSource` has those beside the states. */
  readonly artifacts: RecordSource;
  readonly people: People;
  readonly environments: GithubEnvironments;
  readonly deployments: Deployments;
  readonly comments: Comments;
  readonly ownRun: OwnRun;
}

/** Opens GitHub for the repository of this run. @param token is to be masked before */
export async function openReviewAccess(
  token: string,
  context: GithubContext,
  log: Logger,
): Promise<ReviewAccess> {
  const client = await githubClient(token, context, log);
  const defaultBranch = context.defaultBranch ?? (await askDefaultBranch(client));
  return {
    defaultBranch,
    runs: githubReviewRuns(client, defaultBranch),
    artifacts: artifactSource(client),
    people: githubPeople(client),
    environments: githubEnvironments(client),
    deployments: githubDeployments(client),
    comments: githubComments(client),
    ownRun: githubOwnRun(client, Number(context.runId)),
  };
}

/** The payload of some events does not say it. */
async function askDefaultBranch({ octokit, repository }: GithubClient): Promise<string> {
  return (await octokit.rest.repos.get(repository)).data.default_branch;
}

/** The commit that a plan's record is about: what is reviewed, not the test merge that is planned. */
export function reviewedSha({ pullRequest, mergeGroup, sha }: GithubContext): string {
  return pullRequest?.headSha ?? mergeGroup?.headSha ?? sha;
}
