import { OperationError } from '../../shared/errors.js';
import {
  isDenied,
  permissionMissing,
  statusOf,
  type GithubClient,
} from '../../shared/github-client.js';
import type { People, Person, Review } from './people.js';

const states: Readonly<Record<string, Review['state']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes-requested',
  DISMISSED: 'dismissed',
  COMMENTED: 'commented',
  PENDING: 'pending',
};

/**
 * People over GitHub's REST API, each question asked once. The job needs `pull-requests: read` and
 * `contents: read`; who has write access is metadata, which every token reads.
 *
 * @throws OperationError `github-permission-missing`, with what to grant; `github-access-unknown`
 * where the token may not ask who has write access
 */
export function githubPeople({ octokit, repository }: GithubClient): People {
  const { issues, pulls, repos } = octokit.rest;
  const cache = new Map<string, Promise<unknown>>();
  /** Asks once, and says what to grant where GitHub refuses. */
  const asking = <T>(
    key: string,
    permission: string | undefined,
    ask: () => Promise<T>,
  ): Promise<T> => {
    const known = cache.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const answer = ask().catch((cause: unknown) => {
      if (!isDenied(cause)) throw cause;
      throw permission === undefined ? accessUnknown(cause) : permissionMissing(permission, cause);
    });
    cache.set(key, answer);
    return answer;
  };
  return {
    mayWrite: (login) =>
      asking(`permission ${login}`, undefined, async () => {
        try {
          const { data } = await repos.getCollaboratorPermissionLevel({
            ...repository,
            username: login,
          });
          return data.permission === 'admin' || data.permission === 'write';
        } catch (error) {
          // No such user any more: whoever it was, they may not write.
          if (statusOf(error) === 404) return false;
          throw error;
        }
      }),
    reviewsOf: (pullNumber) =>
      asking(`reviews ${pullNumber}`, 'pull-requests: read', async () => {
        const reviews = await octokit.paginate(pulls.listReviews, {
          ...{ ...repository, pull_number: pullNumber, per_page: 100 },
        });
        return reviews.map((review) => ({
          author: personOf(review.user),
          state: states[review.state] ?? 'commented',
          commitSha: review.commit_id ?? undefined,
          submittedAt: review.submitted_at ?? '',
        }));
      }),
    labelsOf: (pullNumber) =>
      asking(`labels ${pullNumber}`, 'pull-requests: read', async () => {
        const { data } = await pulls.get({ ...repository, pull_number: pullNumber });
        return data.labels.map(({ name }) => name);
      }),
    labelEventsOf: (pullNumber) =>
      asking(`events ${pullNumber}`, 'pull-requests: read', async () => {
        const events = await octokit.paginate(issues.listEvents, {
          ...{ ...repository, issue_number: pullNumber, per_page: 100 },
        });
        return events.flatMap((event) =>
          (event.event === 'labeled' || event.event === 'unlabeled') && 'label' in event
            ? [
                {
                  label: event.label.name,
                  event: event.event,
                  actor: personOf(event.actor),
                  at: event.created_at,
                },
              ]
            : [],
        );
      }),
    pushOf: (pull) =>
      asking(`push ${pull.number}`, 'contents: read', async () => {
        // A fork's branches are another repository's, and may share names with ours.
        if (pull.fromFork) return undefined;
        const { data } = await repos.listActivities({
          ...{ ...repository, ref: `refs/heads/${pull.headRef}`, per_page: 100 },
        });
        const push = data.find(({ after }) => after === pull.headSha);
        return push && { by: personOf(push.actor), at: push.timestamp };
      }),
    committersOf: (pullNumber) =>
      asking(`committers ${pullNumber}`, 'pull-requests: read', async () => {
        const commits = await octokit.paginate(pulls.listCommits, {
          ...{ ...repository, pull_number: pullNumber, per_page: 100 },
        });
        const accounts = commits.flatMap(({ author, committer }) => [author, committer]);
        const logins = accounts.flatMap((account) =>
          account !== null && 'login' in account ? [account.login] : [],
        );
        return [...new Set(logins)];
      }),
  };
}

function personOf(
  account: { readonly login: string; readonly type: string } | null | undefined,
): Person {
  return { login: account?.login ?? '', kind: account?.type === 'User' ? 'user' : 'bot' };
}

/** Metadata is no permission of a workflow, so there is nothing to grant: another token is needed. */
function accessUnknown(cause: unknown): OperationError {
  return new OperationError(
    'github-access-unknown',
    'GitHub does not tell this token who has write access, so no approval can count: pass the token of a GitHub App that is installed here as github-token',
    { cause },
  );
}
