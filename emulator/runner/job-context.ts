import path from 'node:path';
import type { Contexts } from './expressions.js';
import type { WorkflowEvent } from './events.js';

/** What a workflow's run knows about itself; the defaults are those of a push to `main`. */
export interface JobContextOptions {
  /** `owner/name`. Default `acme/infra`. */
  readonly repository?: string;
  readonly repositoryId?: string;
  readonly repositoryOwnerId?: string;
  readonly event?: WorkflowEvent;
  /** Default: the event's. */
  readonly ref?: string;
  /** Default: the event's. */
  readonly sha?: string;
  readonly actor?: string;
  readonly workflow?: string;
  /** Default `<repository>/.github/workflows/workflow.yml@<ref>`. */
  readonly workflowRef?: string;
  /** The job's id in the workflow. */
  readonly job?: string;
  readonly runId?: string;
  readonly runNumber?: string;
  readonly runAttempt?: string;
  /** The value of `github.token`; masked in logs. */
  readonly token?: string;
  readonly urls?: { readonly api?: string; readonly server?: string; readonly graphql?: string };
}

/** Directories and files of one job on the machine. */
export interface JobDirectories {
  readonly workspace: string;
  readonly temporary: string;
  readonly toolCache: string;
  readonly eventPath: string;
}

export interface JobContext {
  readonly contexts: Contexts;
  /** `GITHUB_*` and `RUNNER_*` as every step of the job has them ("Variables reference"). */
  readonly variables: Readonly<Record<string, string>>;
  readonly token: string;
}

function shortRef(ref: string): string {
  return ref.replace(/^refs\/(heads|tags|pull)\//, '');
}

export function jobContext(options: JobContextOptions, directories: JobDirectories): JobContext {
  const repository = options.repository ?? 'acme/infra';
  const owner = repository.split('/')[0] ?? '';
  const { event } = options;
  const ref = options.ref ?? event?.ref ?? 'refs/heads/main';
  const sha = options.sha ?? event?.sha ?? '0'.repeat(40);
  const actor = options.actor ?? 'octocat';
  const workflowRef = options.workflowRef ?? `${repository}/.github/workflows/workflow.yml@${ref}`;
  const token = options.token ?? '';
  const github: Record<string, string> = {
    actor,
    actor_id: '583231',
    api_url: options.urls?.api ?? 'https://api.github.com',
    base_ref: event?.baseRef ?? '',
    event_name: event?.name ?? 'push',
    event_path: directories.eventPath,
    graphql_url: options.urls?.graphql ?? 'https://api.github.com/graphql',
    head_ref: event?.headRef ?? '',
    job: options.job ?? 'job',
    ref,
    ref_name: shortRef(ref),
    ref_protected: 'false',
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    repository,
    repository_id: options.repositoryId ?? '456789',
    repository_owner: owner,
    repository_owner_id: options.repositoryOwnerId ?? '123456',
    retention_days: '90',
    run_attempt: options.runAttempt ?? '1',
    run_id: options.runId ?? '1',
    run_number: options.runNumber ?? '1',
    server_url: options.urls?.server ?? 'https://github.com',
    sha,
    triggering_actor: actor,
    workflow: options.workflow ?? 'workflow',
    workflow_ref: workflowRef,
    workflow_sha: sha,
    workspace: directories.workspace,
  };
  const architectures: Record<string, string> = { x64: 'X64', arm64: 'ARM64' };
  const systems: Record<string, string> = { darwin: 'macOS', win32: 'Windows' };
  const runner: Record<string, string> = {
    name: 'Local runner',
    os: systems[process.platform] ?? 'Linux',
    arch: architectures[process.arch] ?? 'X64',
    temp: directories.temporary,
    tool_cache: directories.toolCache,
    environment: 'self-hosted',
    workspace: path.dirname(directories.workspace),
  };
  const upper = (prefix: string, values: Record<string, string>) =>
    Object.entries(values).map(([name, value]) => [`${prefix}_${name.toUpperCase()}`, value]);
  return {
    token,
    contexts: {
      github: {
        ...github,
        repositoryUrl: `git://github.com/${repository}.git`,
        token,
        event: event?.payload ?? {},
      },
      runner,
    },
    variables: Object.fromEntries([
      ['CI', 'true'],
      ['GITHUB_ACTIONS', 'true'],
      ...upper('GITHUB', github),
      ...upper('RUNNER', runner),
    ]) as Record<string, string>,
  };
}
