import { isDenied, type GithubClient } from './github-client.js';

/** Who a job's own token writes as. */
const jobTokenLogin = 'github-actions[bot]';

/**
 * The login that the client's token writes as. GraphQL's `viewer` knows it for a job's own token,
 * an App's and a person's alike, where REST refuses an App's ("Get the authenticated user": 403).
 * A GitHub that answers no GraphQL is taken for one that the job's own token talks to.
 */
export async function loginOf({ octokit }: GithubClient): Promise<string> {
  try {
    const { viewer } = await octokit.graphql<{ readonly viewer: { readonly login: string } }>(
      '{ viewer { login } }',
    );
    return viewer.login;
  } catch (thrown) {
    if (isDenied(thrown)) return jobTokenLogin;
    throw thrown;
  }
}
