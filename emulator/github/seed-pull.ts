import type { z } from 'zod';
import { addCommit, changedFile, newIssue } from './seed.js';
import { commitSchema, pullSeedSchema } from './seed-schema.js';
import type { PullSeed } from './seed-schema.js';
import type { GithubState, Pull, Repository } from './state.js';

/** Makes a SHA known that a pull request names and no seed has described. */
function ensureCommit(
  state: GithubState,
  repository: Repository,
  commit: z.input<typeof commitSchema>,
): void {
  if (!repository.commits.has(commit.sha)) {
    addCommit(state, repository, commitSchema.parse(commit));
  }
}

function merge(
  state: GithubState,
  repository: Repository,
  pull: Pull,
  merged: NonNullable<z.output<typeof pullSeedSchema>['merged']>,
): void {
  const issue = state.issue(repository, pull.number);
  const now = state.time();
  const base = repository.branches.get(pull.base.ref) ?? pull.base.sha;
  let parent = base;
  for (const sha of merged.rebased) {
    ensureCommit(state, repository, { sha, parents: [parent], author: issue.author.login });
    parent = sha;
  }
  ensureCommit(state, repository, {
    sha: merged.sha,
    parents: merged.method === 'merge' ? [base, pull.head.sha] : [parent],
    message: `Merge pull request #${pull.number}`,
    author: merged.by,
    files: pull.files.map((file) => ({ ...file })),
  });
  repository.branches.set(pull.base.ref, merged.sha);
  pull.merged = true;
  pull.mergedAt = now;
  pull.mergedBy = state.account(merged.by);
  pull.mergeCommitSha = merged.sha;
  pull.introduced = [...merged.rebased, merged.sha];
  issue.state = 'closed';
  issue.closedAt = now;
  issue.updatedAt = now;
}

/**
 * @throws z.ZodError for a seed that is none, Error for a new pull request without head or base,
 * ApiError 404 for an unknown repository.
 */
export function seedPull(state: GithubState, input: PullSeed): Pull {
  const seed = pullSeedSchema.parse(input);
  const [owner = '', name = ''] = seed.repository.split('/');
  const repository = state.repository(owner, name);
  const known = seed.number === undefined ? undefined : repository.pulls.get(seed.number);
  if (known === undefined && (seed.head === undefined || seed.base === undefined)) {
    throw new Error('a new pull request needs head and base');
  }
  const issue =
    known === undefined
      ? newIssue(state, repository, {
          number: seed.number,
          title: seed.title ?? 'Pull request',
          body: seed.body ?? null,
          author: seed.author ?? 'octocat',
          labels: [],
          state: 'open',
        })
      : state.issue(repository, known.number);
  issue.title = seed.title ?? issue.title;
  if (seed.body !== undefined) issue.body = seed.body;
  if (seed.labels !== undefined) issue.labels = [...seed.labels];
  if (seed.state !== undefined && seed.state !== issue.state) {
    issue.state = seed.state;
    issue.closedAt = seed.state === 'closed' ? state.time() : null;
  }
  issue.updatedAt = state.time();

  const head = seed.head === undefined ? undefined : { repository: seed.repository, ...seed.head };
  const pull: Pull = known ?? {
    id: state.id(),
    number: issue.number,
    head: { ref: '', sha: '', repository: seed.repository },
    base: { ref: '', sha: '' },
    draft: false,
    merged: false,
    mergedAt: null,
    mergedBy: null,
    mergeCommitSha: null,
    files: [],
    commits: [],
    introduced: [],
  };
  const former = pull.head.sha;
  if (head !== undefined) pull.head = { ...head, repository: head.repository ?? seed.repository };
  pull.base = seed.base ?? pull.base;
  pull.draft = seed.draft ?? pull.draft;
  pull.files = seed.files?.map(changedFile) ?? pull.files;
  pull.commits = seed.commits ?? (seed.head === undefined ? pull.commits : [seed.head.sha]);
  repository.pulls.set(pull.number, pull);

  ensureCommit(state, repository, { sha: pull.base.sha });
  ensureCommit(state, repository, {
    sha: pull.head.sha,
    parents: [pull.base.sha],
    files: pull.files.map((file) => ({ ...file })),
  });
  if (!repository.branches.has(pull.base.ref)) {
    repository.branches.set(pull.base.ref, pull.base.sha);
  }
  if (pull.head.repository === seed.repository && issue.state === 'open') {
    repository.branches.set(pull.head.ref, pull.head.sha);
  }
  if (pull.head.sha !== former && seed.pushed !== null) {
    repository.activities.push({
      id: state.id(),
      ref: `refs/heads/${pull.head.ref}`,
      before: former === '' ? pull.base.sha : former,
      after: pull.head.sha,
      type: former === '' ? 'branch_creation' : 'push',
      actor: state.account(seed.pushed.by ?? issue.author.login),
      timestamp: seed.pushed.at ?? state.time(),
    });
  }
  if (seed.merged !== undefined) merge(state, repository, pull, seed.merged);
  return pull;
}
