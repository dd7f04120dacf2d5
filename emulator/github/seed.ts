import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { repositorySeedSchema, runSeedSchema, settingsSchema } from './seed-schema.js';
import type {
  RepositorySeed,
  RunSeed,
  commitSchema,
  fileSchema,
  issueSchema,
} from './seed-schema.js';
import type { ChangedFile, Commit, GithubState, Issue, LabelEvent, Repository } from './state.js';

export function changedFile(file: z.output<typeof fileSchema>): ChangedFile {
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

export function addCommit(
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

export function newIssue(
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
    settings: settingsSchema.parse({}),
    checkRuns: new Map(),
    artifacts: [],
    runs: new Map(),
    reviews: [],
    labelEvents: [],
    activities: [],
    roles: new Map(),
  };
  state.repositories.set(seed.repository.toLowerCase(), repository);
  return repository;
}

/** @throws z.ZodError for a seed that is none. */
export function seedRepository(state: GithubState, input: RepositorySeed): Repository {
  const seed = repositorySeedSchema.parse(input);
  const repository = repositoryFor(state, seed);
  repository.settings = seed.settings ?? repository.settings;
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
  for (const { text, headRepository, ...artifact } of seed.artifacts) {
    const bytes = text === undefined ? undefined : Buffer.from(text);
    repository.artifacts.push({
      ...artifact,
      sizeBytes: bytes?.length ?? artifact.sizeBytes,
      digest: artifact.digest ?? digestOf(bytes ?? Buffer.alloc(0)),
      id: state.id(),
      createdAt: state.time(),
      headRepository: headRepository ?? seed.repository,
      content: bytes && { bytes, mimeType: 'application/json' },
    });
  }
  for (const [login, role] of Object.entries(seed.roles)) {
    repository.roles.set(login.toLowerCase(), role);
  }
  for (const { author, commitSha, submittedAt, ...review } of seed.reviews) {
    repository.reviews.push({
      ...review,
      id: state.id(),
      author: state.account(author),
      commitSha: commitSha ?? state.pull(repository, review.pullNumber).head.sha,
      submittedAt: submittedAt ?? state.time(),
    });
  }
  for (const { actor, createdAt, ...event } of seed.labelEvents) {
    setLabel(state, repository, { ...event, actor: state.account(actor) }, createdAt);
  }
  return repository;
}

/** As GitHub writes the digest of an artifact. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Puts a label on or takes it off, and remembers who did it. */
export function setLabel(
  state: GithubState,
  repository: Repository,
  change: Omit<LabelEvent, 'id' | 'createdAt'>,
  createdAt = state.time(),
): void {
  const issue = state.issue(repository, change.issueNumber);
  const others = issue.labels.filter((name) => name.toLowerCase() !== change.label.toLowerCase());
  const had = others.length < issue.labels.length;
  if (had === (change.event === 'labeled')) return;
  issue.labels = change.event === 'labeled' ? [...issue.labels, change.label] : others;
  issue.updatedAt = state.time();
  repository.labelEvents.push({ ...change, id: state.id(), createdAt });
}

/**
 * @throws z.ZodError for a seed that is none, ApiError 404 for an unknown repository or fork.
 */
export function seedRun(state: GithubState, input: RunSeed): void {
  const seed = runSeedSchema.parse(input);
  const [owner = '', name = ''] = seed.repository.split('/');
  const repository = state.repository(owner, name);
  const headRepository = seed.headRepository ?? seed.repository;
  const [headOwner = '', headName = ''] = headRepository.split('/');
  state.repository(headOwner, headName);
  const known = repository.runs.get(seed.id);
  const now = state.time();
  repository.runs.set(seed.id, {
    ...seed,
    headRepository,
    actor: state.account(seed.actor),
    conclusion: seed.conclusion ?? (seed.status === 'completed' ? 'success' : null),
    createdAt: seed.createdAt ?? known?.createdAt ?? now,
    startedAt: seed.createdAt ?? now,
    jobs:
      seed.jobs?.map((job) => ({
        ...{ ...job, id: state.id() },
        conclusion: job.conclusion ?? (job.status === 'completed' ? 'success' : null),
      })) ??
      known?.jobs ??
      [],
    approvals:
      seed.approvals?.map((approval) => ({ ...approval, user: state.account(approval.user) })) ??
      known?.approvals ??
      [],
  });
}
