import { OperationError } from './errors.js';
import type { GithubContext } from './github-context.js';
import type { Logger } from './log.js';

/**
 * GitHub's REST API and the repository of this run. Passing faults and rate limits are retried by
 * octokit's own plugins.
 */
export async function githubClient(
  token: string,
  context: Pick<GithubContext, 'apiUrl' | 'repository'>,
  log: Logger,
) {
  const [{ getOctokit }, { retry }, { throttling }] = await Promise.all([
    import('@actions/github'),
    import('@octokit/plugin-retry'),
    import('@octokit/plugin-throttling'),
  ]);
  const retryWhenLimited = (
    after: number,
    options: { readonly method: string; readonly url: string },
    _octokit: unknown,
    count: number,
  ): boolean => {
    log.warning(`GitHub limits requests: ${options.method} ${options.url} again in ${after} s`);
    return count < 3;
  };
  const octokit = getOctokit(
    token,
    {
      baseUrl: context.apiUrl,
      throttle: { onRateLimit: retryWhenLimited, onSecondaryRateLimit: retryWhenLimited },
    },
    retry,
    throttling,
  );
  return {
    octokit,
    /** Parameters of every call about this repository. */
    repository: { owner: context.repository.owner, repo: context.repository.name },
  };
}

export type GithubClient = Awaited<ReturnType<typeof githubClient>>;

/** HTTP status of a failed request, undefined for any other error. */
export function statusOf(thrown: unknown): number | undefined {
  const isHttp = thrown instanceof Error && 'status' in thrown;
  return isHttp && typeof thrown.status === 'number' ? thrown.status : undefined;
}

/**
 * Whether GitHub refused for want of a permission: 403 "Resource not accessible by integration",
 * or 404 in place of it where not even the existence may be known ("Troubleshooting the REST
 * API").
 */
export function isDenied(thrown: unknown): boolean {
  const status = statusOf(thrown);
  return status === 403 || status === 404;
}

/**
 * Asks GitHub what the job must be permitted to know.
 *
 * @throws OperationError `github-permission-missing` where GitHub refuses for want of it
 */
export async function withPermission<T>(permission: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw isDenied(cause) ? permissionMissing(permission, cause) : cause;
  }
}

/** What to say and to grant where GitHub refused for want of a permission of the job. */
export function permissionMissing(permission: string, cause: unknown): OperationError {
  return new OperationError(
    'github-permission-missing',
    `GitHub refused a question that the job may not ask: give it "permissions: ${permission}", and the job that calls this workflow too`,
    { details: { permission }, cause },
  );
}
