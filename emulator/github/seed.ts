import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { commitSchema, pullSeedSchema, repositorySeedSchema } from './seed-schema.js';
import type { PullSeed, RepositorySeed, fileSchema, issueSchema } from './seed-schema.js';
import type { ChangedFile, Commit, GithubState, Issue, Pull, Repository } from './state.js';

function changedFile(file: z.output<typeof fileSchema>): ChangedFile {
  const { patch, previousFilename, ...rest } = file;
  return {
    ...rest,
    ...(patch === undefined ? {} : { patch }),
    ...(previousFilename === undefined ? {} : { previousFilename }),
  };
}

/** A stand-in for the tree SHA of a commit seeded without one. */
function derivedSha(of: string): string {
  return createHash('sha1').update(`tree of ${of}`).digest('hex');
}

function addCommit(
  state: GithubState,
  repository: Repository,
  seed: z.output<typeof commitSchema>,
): void {
  const commit: Commit = {
    sha: seed.sha,
    treeSha: seed.treeSha ?? derivedSha(seed.sha),
    parents: seed.parents,
    message: seed.message,
    author: seed.author,
    date: seed.date ?? state.time(),
    files: seed.files.map(changedFile),
  };
  repository.commits.set(commit.sha, commit);
}

function newIssue(
  state: GithubState,
  repository: Repository,
  seed: z.output<typeof issueSchema>,
): Issue {
  const now = state.time();
  const issue: Issue = {
    id: state.id(),
    number: seed.number ?? state.nextIssueNumber(repository),
    author: state.account(seed.author),
    title: seed.title,
    body: seed.body,
    state: seed.state,
    stateReason: seed.state === 'closed' ? 'completed' : null,
    labels: [...seed.labels],
    assignees: [],
    createdAt: now,
    updatedAt: now,
    closedAt: seed.state === 'closed' ? now : null,
    locked: false,
  };
  repository.issues.set(issue.number, issue);
  return issue;
}

function repositoryFor(
  state: GithubState,
  seed: z.output<typeof repositorySeedSchema>,
): Repository {
  const known = state.repositories.get(seed.repository.toLowerCase());
  if (known !== undefined) return known;
  const [owner = '', name = ''] = seed.repository.split('/');
  const repository: Repository = {
    id: seed.id ?? state.id(),
    owner: state.account(owner, seed.ownerType, seed.ownerId),
    name,
    private: seed.private,
    defaultBranch: seed.defaultBranch,
    createdAt: state.time(),
    commits: new Map(),
    branches: new Map(),
    labels: new Map(),
    issues: new Map(),
    comments: new Map(),
    pulls: new Map(),
    deployments: new Map(),
    environments: new Map(),
    checkRuns: new Map(),
    artifacts: [],
  };
  state.repositories.set(seed.repository.toLowerCase(), repository);
  return repository;
}

/** @throws z.ZodError for a seed that is none. */
export function seedRepository(state: GithubState, input: RepositorySeed): Repository {
  const seed = repositorySeedSchema.parse(input);
  const repository = repositoryFor(state, seed);
  for (const commit of seed.commits) addCommit(state, repository, commit);
  for (const [branch, head] of Object.entries(seed.branches)) repository.branches.set(branch, head);
  for (const issue of seed.issues) newIssue(state, repository, issue);
  for (const { issueNumber, body, author } of seed.comments) {
    const now = state.time();
    const id = state.id();
    const account = state.account(author);
    const viaApp = account.type === 'Bot';
    repository.comments.set(id, {
      ...{ id, issueNumber, body, viaApp, author: account },
      ...{ createdAt: now, updatedAt: now },
    });
  }
  for (const { reviewers, ...environment } of seed.environments) {
    repository.environments.set(environment.name.toLowerCase(), {
      ...environment,
      id: state.id(),
      reviewers: reviewers.map((login) => state.account(login)),
      createdAt: state.time(),
    });
  }
  for (const artifact of seed.artifacts) {
    repository.artifacts.push({ ...artifact, id: state.id(), createdAt: state.time() });
  }
  return repository;
}

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
  merged: { readonly sha: string; readonly by: string },
): void {
  const issue = state.issue(repository, pull.number);
  const now = state.time();
  ensureCommit(state, repository, {
    sha: merged.sha,
    parents: [pull.base.sha, pull.head.sha],
    message: `Merge pull request #${pull.number}`,
    author: merged.by,
    files: pull.files.map((file) => ({ ...file })),
  });
  repository.branches.set(pull.base.ref, merged.sha);
  pull.merged = true;
  pull.mergedAt = now;
  pull.mergedBy = state.account(merged.by);
  pull.mergeCommitSha = merged.sha;
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
  };
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
  if (seed.merged !== undefined) merge(state, repository, pull, seed.merged);
  return pull;
}
