/** A run of a workflow, as far as it says whether its records can be trusted to be ours. */
export interface WorkflowRun {
  readonly id: number;
  readonly attempt: number;
  readonly event: string;
  readonly status: string;
  /** Path of the workflow's file, without a ref. */
  readonly path: string;
  readonly headSha: string;
  readonly headBranch: string | undefined;
  readonly repositoryId: number;
  /** Undefined where the fork is gone. */
  readonly headRepositoryId: number | undefined;
  /** `owner/repository/.github/workflows/file.yml` of each workflow that it calls, without a ref. */
  readonly calls: readonly string[];
  readonly url: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Whose runs leave records. */
export type ExpectedWorkflow =
  /** The workflow of this path, which the user has named. */
  | { readonly kind: 'path'; readonly path: string }
  /** Any that calls this reusable workflow: `owner/repository/.github/workflows/file.yml`. */
  | { readonly kind: 'calls'; readonly path: string };

export type RunRefusal =
  /** Anybody can open a pull request from a fork and have the run do what they like. */
  'from-fork' | 'other-event' | 'other-workflow' | 'other-commit' | 'not-completed';

/** The reusable workflow of these actions whose runs leave records. */
export const planWorkflow = '.github/workflows/terraform-plan.yml';

/**
 * Whose runs leave records: those of the workflow that the user names, else those that call the
 * plan workflow of the repository that this action itself was taken from.
 *
 * @param repository of this run, `owner/name`: what a local path (`uses: ./…`) refers to
 */
export function expectedWorkflow(
  reviewWorkflow: string | undefined,
  actionRepository: string | undefined,
  repository: string,
): ExpectedWorkflow {
  if (reviewWorkflow !== undefined) return { kind: 'path', path: reviewWorkflow };
  return { kind: 'calls', path: `${actionRepository ?? repository}/${planWorkflow}` };
}

/**
 * Why a run's records do not count; undefined where they do.
 *
 * Whoever can push can change a workflow in their pull request, so this proves where a record comes
 * from, not that it is true: it can stop an apply, and never permits one.
 */
export function judgeRun(
  run: WorkflowRun,
  expected: {
    readonly events: readonly string[];
    readonly workflow: ExpectedWorkflow;
    readonly subjectSha: string;
    /** This run may read its own records while it is in progress. */
    readonly thisRunId: number;
  },
): RunRefusal | undefined {
  if (run.headRepositoryId !== run.repositoryId) return 'from-fork';
  if (!expected.events.includes(run.event)) return 'other-event';
  // What this run's own earlier jobs have planned, whichever workflow it is: the apply workflow plans
  // for itself where a person starts it.
  if (run.id !== expected.thisRunId && !isExpected(run, expected.workflow)) return 'other-workflow';
  if (run.headSha !== expected.subjectSha) return 'other-commit';
  if (run.status !== 'completed' && run.id !== expected.thisRunId) return 'not-completed';
  return undefined;
}

function isExpected(run: WorkflowRun, workflow: ExpectedWorkflow): boolean {
  if (workflow.kind === 'path') return run.path === workflow.path;
  // GitHub's names of owners and repositories know no case, paths do.
  const wanted = split(workflow.path);
  return run.calls
    .map(split)
    .some(({ owner, file }) => owner === wanted.owner && file === wanted.file);
}

function split(path: string): { readonly owner: string; readonly file: string } {
  const [owner = '', repository = '', ...rest] = path.split('/');
  return { owner: `${owner}/${repository}`.toLowerCase(), file: rest.join('/') };
}
