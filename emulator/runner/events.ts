/** What started a run: the payload, and what GitHub derives from it. */
export interface WorkflowEvent {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ref: string;
  readonly sha: string;
  readonly headRef: string;
  readonly baseRef: string;
}

const noCommit = '0'.repeat(40);

function repositoryPart(repository: string, defaultBranch: string) {
  const [owner = '', name = ''] = repository.split('/');
  return {
    name,
    full_name: repository,
    default_branch: defaultBranch,
    owner: { login: owner },
    html_url: `https://github.com/${repository}`,
  };
}

export interface PullRequestOptions {
  readonly repository: string;
  readonly number: number;
  readonly action?: 'opened' | 'synchronize' | 'reopened' | 'closed' | 'labeled';
  readonly title?: string;
  readonly body?: string | null;
  readonly author?: string;
  readonly head: { readonly ref: string; readonly sha: string; readonly repository?: string };
  readonly base: { readonly ref: string; readonly sha: string };
  /** SHA of the test merge, which `GITHUB_SHA` is; default: the head's. */
  readonly mergeSha?: string;
  readonly merged?: boolean;
  readonly draft?: boolean;
  readonly labels?: readonly string[];
  readonly defaultBranch?: string;
}

/** `pull_request`: the ref is the test merge, `refs/pull/N/merge`. */
export function pullRequestEvent(options: PullRequestOptions): WorkflowEvent {
  const { repository, number, head, base } = options;
  const author = options.author ?? 'octocat';
  const defaultBranch = options.defaultBranch ?? 'main';
  const headRepository = head.repository ?? repository;
  return {
    name: 'pull_request',
    ref: `refs/pull/${number}/merge`,
    sha: options.mergeSha ?? head.sha,
    headRef: head.ref,
    baseRef: base.ref,
    payload: {
      action: options.action ?? 'opened',
      number,
      pull_request: {
        number,
        title: options.title ?? 'Pull request',
        body: options.body ?? null,
        state: options.action === 'closed' ? 'closed' : 'open',
        draft: options.draft ?? false,
        merged: options.merged ?? false,
        merge_commit_sha: options.mergeSha ?? null,
        html_url: `https://github.com/${repository}/pull/${number}`,
        user: { login: author, type: 'User' },
        labels: (options.labels ?? []).map((name) => ({ name })),
        head: {
          ref: head.ref,
          sha: head.sha,
          label: `${headRepository.split('/')[0] ?? ''}:${head.ref}`,
          repo: {
            ...repositoryPart(headRepository, defaultBranch),
            fork: headRepository !== repository,
          },
        },
        base: {
          ref: base.ref,
          sha: base.sha,
          label: `${repository.split('/')[0] ?? ''}:${base.ref}`,
          repo: { ...repositoryPart(repository, defaultBranch), fork: false },
        },
      },
      repository: repositoryPart(repository, defaultBranch),
      sender: { login: author, type: 'User' },
    },
  };
}

export interface PushOptions {
  readonly repository: string;
  /** `refs/heads/…` or `refs/tags/…`; default: the default branch. */
  readonly ref?: string;
  readonly before?: string;
  readonly after: string;
  readonly message?: string;
  readonly author?: string;
  readonly defaultBranch?: string;
}

export function pushEvent(options: PushOptions): WorkflowEvent {
  const defaultBranch = options.defaultBranch ?? 'main';
  const ref = options.ref ?? `refs/heads/${defaultBranch}`;
  const author = options.author ?? 'octocat';
  const commit = { id: options.after, message: options.message ?? 'Commit' };
  return {
    name: 'push',
    ref,
    sha: options.after,
    headRef: '',
    baseRef: '',
    payload: {
      ref,
      before: options.before ?? noCommit,
      after: options.after,
      created: options.before === undefined,
      deleted: false,
      forced: false,
      head_commit: commit,
      commits: [commit],
      pusher: { name: author },
      repository: repositoryPart(options.repository, defaultBranch),
      sender: { login: author, type: 'User' },
    },
  };
}

/** `schedule`: always the head of the default branch. */
export function scheduleEvent(options: {
  readonly repository: string;
  readonly sha: string;
  readonly schedule?: string;
  readonly defaultBranch?: string;
}): WorkflowEvent {
  const defaultBranch = options.defaultBranch ?? 'main';
  return {
    name: 'schedule',
    ref: `refs/heads/${defaultBranch}`,
    sha: options.sha,
    headRef: '',
    baseRef: '',
    payload: {
      schedule: options.schedule ?? '0 5 * * *',
      repository: repositoryPart(options.repository, defaultBranch),
    },
  };
}

/** `merge_group`: the ref is the queue's own branch, the SHA what the base would become. */
export function mergeGroupEvent(options: {
  readonly repository: string;
  readonly headSha: string;
  readonly baseSha: string;
  /** The last pull request of the group. */
  readonly number: number;
  readonly baseRef?: string;
  readonly defaultBranch?: string;
}): WorkflowEvent {
  const defaultBranch = options.defaultBranch ?? 'main';
  const baseRef = options.baseRef ?? defaultBranch;
  const ref = `refs/heads/gh-readonly-queue/${baseRef}/pr-${options.number}-${options.baseSha}`;
  return {
    name: 'merge_group',
    ref,
    sha: options.headSha,
    headRef: '',
    baseRef: '',
    payload: {
      action: 'checks_requested',
      merge_group: {
        head_sha: options.headSha,
        head_ref: ref,
        base_sha: options.baseSha,
        base_ref: `refs/heads/${baseRef}`,
        head_commit: { id: options.headSha },
      },
      repository: repositoryPart(options.repository, defaultBranch),
      sender: { login: 'github-merge-queue[bot]', type: 'Bot' },
    },
  };
}

/** `workflow_dispatch`: started by a person on a branch, with typed inputs. */
export function workflowDispatchEvent(options: {
  readonly repository: string;
  readonly sha: string;
  readonly ref?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly actor?: string;
  readonly defaultBranch?: string;
}): WorkflowEvent {
  const defaultBranch = options.defaultBranch ?? 'main';
  const ref = options.ref ?? `refs/heads/${defaultBranch}`;
  return {
    name: 'workflow_dispatch',
    ref,
    sha: options.sha,
    headRef: '',
    baseRef: '',
    payload: {
      ref,
      inputs: options.inputs ?? {},
      repository: repositoryPart(options.repository, defaultBranch),
      sender: { login: options.actor ?? 'octocat', type: 'User' },
    },
  };
}
