import { runUrl, type GithubContext } from '../../shared/github-context.js';
import type { RunInProgress } from './held-locks.js';

/**
 * Asks GitHub whether a run of this repository goes on (REST API, "Get a workflow run"); what
 * GitHub does not tell is undefined. Our own run holds no lock that it could not release.
 */
export async function githubRunInProgress(
  token: string | undefined,
  { github }: { readonly github: GithubContext | undefined },
): Promise<RunInProgress> {
  if (token === undefined || github === undefined) return () => Promise.resolve(undefined);
  const { getOctokit } = await import('@actions/github');
  const octokit = getOctokit(token, { baseUrl: github.apiUrl });
  return async (url) => {
    const own = runUrl(github);
    if (url === own) return false;
    const runs = own.slice(0, own.lastIndexOf('/') + 1);
    const id = url.startsWith(runs) ? /^(\d+)/.exec(url.slice(runs.length))?.[1] : undefined;
    if (id === undefined) return undefined;
    try {
      const { owner, name: repo } = github.repository;
      const { data } = await octokit.rest.actions.getWorkflowRun({
        ...{ owner, repo, run_id: Number(id) },
      });
      return data.status === null ? undefined : data.status !== 'completed';
    } catch {
      // Without "actions: read", or a run that is gone: it cannot be told.
      return undefined;
    }
  };
}
