import { ApiError, notFound } from './api-error.js';

/** A user, organisation or app as it stands behind a `login`. */
export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Organization' | 'Bot';
}

export interface ChangedFile {
  readonly filename: string;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'changed';
  readonly additions: number;
  readonly deletions: number;
  readonly patch?: string;
  readonly previousFilename?: string;
}

export interface Commit {
  readonly sha: string;
  readonly treeSha: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: string;
  readonly date: string;
  readonly files: readonly ChangedFile[];
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

/** An issue; a pull request is one too, with the same number. */
export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly author: Account;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: string | null;
  labels: string[];
  assignees: Account[];
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  locked: boolean;
}

export interface Comment {
  readonly id: number;
  readonly issueNumber: number;
  readonly author: Account;
  /** Whether an app wrote it: GitHub then names the app beside the author. */
  readonly viaApp: boolean;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
}

/** What a pull request has beyond its issue. */
export interface Pull {
  readonly id: number;
  readonly number: number;
  head: { readonly ref: string; readonly sha: string; readonly repository: string };
  base: { readonly ref: string; readonly sha: string };
  draft: boolean;
  merged: boolean;
  mergedAt: string | null;
  mergedBy: Account | null;
  mergeCommitSha: string | null;
  files: readonly ChangedFile[];
  /** SHAs of the pull request's own commits, oldest first; the head is the last. */
  commits: readonly string[];
  /** What its merge put on the base branch. */
  introduced: readonly string[];
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly environment: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly creator: Account;
  readonly createdAt: string;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: Record<string, unknown> | string;
  readonly transient: boolean;
  readonly production: boolean;
  readonly creator: Account;
  readonly createdAt: string;
  readonly statuses: DeploymentStatus[];
}

export interface Environment {
  readonly id: number;
  readonly name: string;
  readonly reviewers: readonly Account[];
  readonly preventSelfReview: boolean;
  readonly waitTimerMinutes: number;
  /** GitHub's default: true. */
  readonly canAdminsBypass: boolean;
  /** `null`: any branch may deploy. */
  readonly branchPolicy: 'protected-branches' | 'custom' | null;
  /** What `custom` admits. */
  readonly branchPatterns: readonly { readonly name: string; readonly type: 'branch' | 'tag' }[];
  readonly createdAt: string;
}

export interface CheckRun {
  readonly id: number;
  readonly name: string;
  readonly headSha: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: string | null;
  readonly detailsUrl: string | null;
  readonly externalId: string;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly output: { title: string | null; summary: string | null; text: string | null };
  readonly annotations: readonly unknown[];
}

export interface Artifact {
  readonly id: number;
  readonly runId: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly digest: string;
  readonly expired: boolean;
  readonly createdAt: string;
  readonly headSha: string;
  readonly headBranch: string;
  /** Full name; a fork's for its pull requests. */
  readonly headRepository: string;
  /** Undefined for one that was seeded without: it can be listed, not downloaded. */
  readonly content: { readonly bytes: Buffer; readonly mimeType: string } | undefined;
}

/** A job of one attempt of a run. */
export interface RunJob {
  readonly id: number;
  readonly name: string;
  readonly attempt: number;
  readonly status: 'queued' | 'in_progress' | 'waiting' | 'completed';
  readonly conclusion: 'success' | 'failure' | 'cancelled' | 'skipped' | 'timed_out' | null;
}

/** What a person said to environments that waited in a run. */
export interface RunApproval {
  readonly environments: readonly string[];
  readonly state: 'approved' | 'rejected' | 'pending';
  readonly user: Account;
  readonly comment: string;
}

export interface WorkflowRun {
  readonly id: number;
  readonly name: string;
  /** Of the workflow's file, without a ref. */
  readonly path: string;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string | null;
  /** Full name. */
  readonly headRepository: string;
  readonly number: number;
  readonly attempt: number;
  readonly referencedWorkflows: readonly { readonly path: string; readonly sha: string }[];
  readonly actor: Account;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly status: 'queued' | 'in_progress' | 'waiting' | 'completed';
  readonly conclusion: string | null;
  readonly jobs: readonly RunJob[];
  readonly approvals: readonly RunApproval[];
}

export interface Review {
  readonly id: number;
  readonly pullNumber: number;
  readonly author: Account;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';
  readonly commitSha: string;
  readonly submittedAt: string;
  readonly body: string;
}

/** A label put on an issue or taken off. */
export interface LabelEvent {
  readonly id: number;
  readonly issueNumber: number;
  readonly actor: Account;
  readonly event: 'labeled' | 'unlabeled';
  readonly label: string;
  readonly createdAt: string;
}

/** A move of a branch: who pushed what, and when. */
export interface Activity {
  readonly id: number;
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly type: 'push' | 'force_push' | 'branch_creation' | 'pr_merge' | 'merge_queue_merge';
  readonly actor: Account;
  readonly timestamp: string;
}

/** What stands under Settings → Rules, → Branches and → Actions. */
export interface RepositorySettings {
  /** Checks that rulesets require of the default branch. */
  readonly requiredChecks: readonly string[];
  /** Checks that its classic protection requires; null: it has none. */
  readonly protectedByChecks: readonly string[] | null;
  readonly mergeQueue: boolean;
  readonly actions: {
    readonly enabled: boolean;
    readonly allowed: 'all' | 'local_only' | 'selected';
    readonly githubOwnedAllowed: boolean;
    readonly verifiedAllowed: boolean;
    readonly patternsAllowed: readonly string[];
    readonly shaPinningRequired: boolean;
  };
  /** Keys of a template of its own; null: GitHub's default. */
  readonly subjectClaimKeys: readonly string[] | null;
  readonly immutableSubject: boolean;
}

export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read';

export interface Repository {
  readonly id: number;
  readonly owner: Account;
  readonly name: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  readonly createdAt: string;
  readonly commits: Map<string, Commit>;
  readonly branches: Map<string, string>;
  readonly labels: Map<string, Label>;
  readonly issues: Map<number, Issue>;
  readonly comments: Map<number, Comment>;
  readonly pulls: Map<number, Pull>;
  readonly deployments: Map<number, Deployment>;
  readonly environments: Map<string, Environment>;
  settings: RepositorySettings;
  readonly checkRuns: Map<number, CheckRun>;
  readonly artifacts: Artifact[];
  readonly runs: Map<number, WorkflowRun>;
  readonly reviews: Review[];
  readonly labelEvents: LabelEvent[];
  readonly activities: Activity[];
  /** By login in lower case. */
  readonly roles: Map<string, Role>;
}

/** Who a token speaks for, and what it may do. */
export interface Token {
  readonly login: string;
  /** `app`: an installation token, as `GITHUB_TOKEN` is; `user`: a personal one. */
  readonly kind: 'app' | 'user';
  readonly access: 'read' | 'write';
}

/** All that the emulated GitHub knows; ids and times come from here, so that runs repeat exactly. */
export class GithubState {
  readonly repositories = new Map<string, Repository>();
  readonly tokens = new Map<string, Token>();
  private readonly accounts = new Map<string, Account>();
  private nextId = 1000;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** A number that no other object has. */
  id(): number {
    this.nextId += 1;
    return this.nextId;
  }

  /** Now, in GitHub's form: ISO 8601 in UTC, whole seconds. */
  time(): string {
    return new Date(this.now()).toISOString().replace(/\.\d{3}Z$/, 'Z');
  }

  /** The account of a login, made on first mention; `…[bot]` is an app's. */
  account(login: string, type?: Account['type'], id?: number): Account {
    const known = this.accounts.get(login.toLowerCase());
    if (known !== undefined && (id === undefined || id === known.id)) return known;
    const account: Account = {
      id: id ?? this.id(),
      login,
      type: type ?? (login.endsWith('[bot]') ? 'Bot' : 'User'),
    };
    this.accounts.set(login.toLowerCase(), account);
    return account;
  }

  /** @throws ApiError 404, as GitHub answers for what the token cannot see. */
  repository(owner: string, name: string): Repository {
    const found = this.repositories.get(`${owner}/${name}`.toLowerCase());
    if (found === undefined) throw notFound();
    return found;
  }

  /** @throws ApiError 404 */
  issue(repository: Repository, number: number): Issue {
    const found = repository.issues.get(number);
    if (found === undefined) throw notFound();
    return found;
  }

  /** @throws ApiError 404 */
  pull(repository: Repository, number: number): Pull {
    const found = repository.pulls.get(number);
    if (found === undefined) throw notFound();
    return found;
  }

  /** Issues and pull requests share one row of numbers. */
  nextIssueNumber(repository: Repository): number {
    return Math.max(0, ...repository.issues.keys()) + 1;
  }

  /** The label of a name, made on first use as GitHub does. */
  label(repository: Repository, name: string): Label {
    const known = repository.labels.get(name.toLowerCase());
    if (known !== undefined) return known;
    const label: Label = { id: this.id(), name, color: 'ededed', description: null };
    repository.labels.set(name.toLowerCase(), label);
    return label;
  }

  /** The SHA that a branch, `refs/heads/…`, full SHA or unique SHA prefix names, if known. */
  resolve(repository: Repository, ref: string): string | undefined {
    const branch = repository.branches.get(ref.replace(/^(refs\/)?heads\//, ''));
    if (branch !== undefined) return branch;
    const pull = /^refs\/pull\/(\d+)\/head$/.exec(ref)?.[1];
    if (pull !== undefined) return repository.pulls.get(Number(pull))?.head.sha;
    if (!/^[0-9a-f]{4,40}$/.test(ref)) return undefined;
    const matches = [...repository.commits.keys()].filter((sha) => sha.startsWith(ref));
    return matches.length === 1 ? matches[0] : undefined;
  }

  /** @throws ApiError 422 "No commit found for SHA", as GitHub answers for an unknown ref. */
  commit(repository: Repository, ref: string): Commit {
    const sha = this.resolve(repository, ref);
    const commit = sha === undefined ? undefined : repository.commits.get(sha);
    if (commit === undefined) throw new ApiError(422, `No commit found for SHA: ${ref}`);
    return commit;
  }

  /** Forgets everything, tokens included. */
  clear(): void {
    this.repositories.clear();
    this.tokens.clear();
    this.accounts.clear();
    this.nextId = 1000;
  }
}
