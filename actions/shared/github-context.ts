import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Env } from './env.js';
import { UserError } from './errors.js';

/** Where and why this job runs, as the runner tells it. */
export interface GithubContext {
  readonly repository: { readonly owner: string; readonly name: string };
  readonly eventName: string;
  readonly sha: string;
  readonly ref: string;
  readonly runId: string;
  readonly runAttempt: string;
  readonly workflow: string;
  readonly job: string;
  readonly actor: string;
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly pullRequest: PullRequest | undefined;
  readonly mergeGroup: MergeGroup | undefined;
  /** For a push, the commit that its branch had before; undefined where the branch is new. */
  readonly pushedFrom?: string | undefined;
  /** Undefined where the event's payload does not say it. */
  readonly defaultBranch: string | undefined;
  /**
   * `owner/name` of the repository that this action was taken from; undefined where the workflow
   * uses it by a local path.
   */
  readonly actionRepository: string | undefined;
}

export interface PullRequest {
  readonly number: number;
  /** The head at the time of the event; it may have moved since. */
  readonly headSha: string;
  /** Short name of the branch. */
  readonly headRef: string;
  readonly baseRef: string;
  /** Login of who opened it; empty where the account is gone. */
  readonly author: string;
  /** True where the head lies in another repository: no secrets, no OIDC, a read-only token. */
  readonly fromFork: boolean;
}

/** What a merge queue asks to be checked: several pull requests on top of one another. */
export interface MergeGroup {
  /** What the base branch becomes when the group is merged. */
  readonly headSha: string;
  readonly baseSha: string;
  /** Short name of the branch that is merged into. */
  readonly baseRef: string;
  /** The last pull request of the group, as the queue's branch names it; others may be below it. */
  readonly pullNumber: number | undefined;
}

/** Webhook payloads (GitHub docs, "Webhook events and payloads"), as far as they are read. */
const eventSchema = z.object({
  pull_request: z
    .object({
      number: z.number().int(),
      head: z.object({
        sha: z.string(),
        ref: z.string(),
        repo: z.object({ full_name: z.string() }).nullish(),
      }),
      base: z.object({ ref: z.string(), repo: z.object({ full_name: z.string() }) }),
      user: z.object({ login: z.string() }).nullish(),
    })
    .optional(),
  merge_group: z
    .object({
      head_sha: z.string(),
      head_ref: z.string(),
      base_sha: z.string(),
      base_ref: z.string(),
    })
    .optional(),
  before: z.string().optional(),
  repository: z.object({ default_branch: z.string().optional() }).optional(),
});

/**
 * Reads the job's context; `undefined` outside GitHub Actions.
 *
 * @throws UserError `event-payload-malformed` where the event file is not what GitHub writes.
 */
export function readGithubContext(env: Env): GithubContext | undefined {
  const repository = env('GITHUB_REPOSITORY');
  if (repository === undefined) return undefined;
  const [owner = '', name = ''] = repository.split('/');
  return {
    repository: { owner, name },
    eventName: env('GITHUB_EVENT_NAME') ?? '',
    sha: env('GITHUB_SHA') ?? '',
    ref: env('GITHUB_REF') ?? '',
    runId: env('GITHUB_RUN_ID') ?? '',
    runAttempt: env('GITHUB_RUN_ATTEMPT') ?? '1',
    workflow: env('GITHUB_WORKFLOW') ?? '',
    job: env('GITHUB_JOB') ?? '',
    actor: env('GITHUB_ACTOR') ?? '',
    serverUrl: env('GITHUB_SERVER_URL') ?? 'https://github.com',
    apiUrl: env('GITHUB_API_URL') ?? 'https://api.github.com',
    actionRepository: env('GITHUB_ACTION_REPOSITORY'),
    ...readEvent(env('GITHUB_EVENT_PATH')),
  };
}

/** Address of this run in the browser. */
export function runUrl(context: GithubContext): string {
  const { owner, name } = context.repository;
  return `${context.serverUrl}/${owner}/${name}/actions/runs/${context.runId}`;
}

type EventPart = Pick<GithubContext, 'pullRequest' | 'mergeGroup' | 'pushedFrom' | 'defaultBranch'>;

function readEvent(eventPath: string | undefined): EventPart {
  if (eventPath === undefined) {
    return { pullRequest: undefined, mergeGroup: undefined, defaultBranch: undefined };
  }
  const parsed = eventSchema.safeParse(readJson(eventPath));
  if (!parsed.success) {
    throw new UserError({
      code: 'event-payload-malformed',
      message: `the event payload is not GitHub's: ${z.prettifyError(parsed.error)}`,
      at: { file: eventPath },
    });
  }
  const { pull_request: pull, merge_group: group, before, repository } = parsed.data;
  return {
    // GitHub docs, "Webhook events and payloads", push: zeros where the branch is made by it. The
    // payload of a pull request has a `before` too, of its own branch.
    pushedFrom: pull !== undefined || /^0*$/.test(before ?? '') ? undefined : before,
    pullRequest: pull && {
      number: pull.number,
      headSha: pull.head.sha,
      headRef: pull.head.ref,
      baseRef: pull.base.ref,
      author: pull.user?.login ?? '',
      fromFork: pull.head.repo?.full_name !== pull.base.repo.full_name,
    },
    mergeGroup: group && {
      headSha: group.head_sha,
      baseSha: group.base_sha,
      baseRef: group.base_ref.replace(/^refs\/heads\//, ''),
      pullNumber: queuedPull(group.head_ref),
    },
    defaultBranch: repository?.default_branch,
  };
}

/** `refs/heads/gh-readonly-queue/<base>/pr-<number>-<sha>` (docs, "Managing a merge queue"). */
function queuedPull(headRef: string): number | undefined {
  const number = /\/pr-(\d{1,9})-[0-9a-f]{40}$/.exec(headRef)?.[1];
  return number === undefined ? undefined : Number(number);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (cause) {
    throw new UserError({
      code: 'event-payload-malformed',
      message: `the event payload cannot be read: ${cause instanceof Error ? cause.message : ''}`,
      at: { file: path },
    });
  }
}
