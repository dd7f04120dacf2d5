import { githubClient, type GithubClient } from '../../actions/shared/github-client.js';
import type { GithubContext, PullRequest } from '../../actions/shared/github-context.js';
import type { GithubEmulator } from './github.js';
import { silentLogger } from './silent-logger.js';

/** A run on `main` of `acme/infra`. */
export function githubContext(change: Partial<GithubContext> = {}): GithubContext {
  return {
    repository: { owner: 'acme', name: 'infra' },
    eventName: 'push',
    sha: '1'.repeat(40),
    ref: 'refs/heads/main',
    runId: '99',
    runAttempt: '1',
    workflow: 'infra',
    job: 'apply',
    actor: 'octocat',
    serverUrl: 'https://github.com',
    apiUrl: 'https://api.github.com',
    pullRequest: undefined,
    mergeGroup: undefined,
    defaultBranch: 'main',
    actionRepository: 'acme/infra-actions',
    ...change,
  };
}

/** The real client, for `acme/infra` of an emulated GitHub. */
export function clientOf(github: GithubEmulator, token = github.token): Promise<GithubClient> {
  return githubClient(token, githubContext({ apiUrl: github.url }), silentLogger);
}

/** Number 7 of the same repository, opened by ann. */
export function aPullRequest(): PullRequest {
  return {
    number: 7,
    headSha: '2'.repeat(40),
    headRef: 'feature',
    baseRef: 'main',
    author: 'ann',
    fromFork: false,
  };
}
