import { counted } from '../../shared/counted.js';
import { toError } from '../../shared/errors.js';
import { runUrl, type GithubContext } from '../../shared/github-context.js';
import { gitText, headCommit, parentsOf, type Git } from '../changes/git.js';
import type { Ports } from '../effects.js';
import { reviewedSha } from '../github/review-access.js';
import type { Inputs } from '../inputs.js';
import { formatReviewRecord, recordVersion, type ReviewRecord } from '../review/record.js';
import type { StackRecord } from '../review/record.js';
import type { Sidecars } from '../sidecar/sidecar.js';
import type { Stack } from '../stacks/workspace.js';
import { artifactRecords, publishRecord } from './publish.js';
import { legOf } from './record-name.js';
import { publishBesideState } from './sidecar-store.js';

/** Runs of other events plan what is on a branch already: nobody reviews that before it is applied. */
const recordedEvents: readonly string[] = ['pull_request', 'merge_group', 'workflow_dispatch'];

/** Whether a run leaves review records. */
export function leavesRecords(
  { command, reviewRecords, dryRun }: Inputs,
  github: GithubContext | undefined,
): github is GithubContext {
  return (
    command === 'plan' &&
    !dryRun &&
    reviewRecords !== 'none' &&
    github !== undefined &&
    recordedEvents.includes(github.eventName) &&
    github.pullRequest?.fromFork !== true
  );
}

/**
 * Leaves what was planned for the apply to compare with. What goes wrong here fails no plan: the
 * change then counts as unreviewed, and the log says so.
 */
export async function leaveRecords(
  records: ReadonlyMap<string, StackRecord>,
  options: {
    readonly inputs: Inputs;
    readonly github: GithubContext;
    readonly git: Git;
    readonly stacks: readonly Stack[];
    readonly sidecars: Sidecars;
    readonly ports: Ports;
  },
): Promise<void> {
  const { inputs, github, git, stacks, sidecars, ports } = options;
  if (records.size === 0) return;
  const subjectSha = reviewedSha(github);
  try {
    const about = await describedRun(git, github);
    const fileOf = (some: readonly StackRecord[]): string =>
      formatReviewRecord({ ...about, stacks: [...some] });
    if (inputs.reviewRecords === 'state') {
      const runId = Number(github.runId);
      await Promise.all(
        stacks.map(async (stack) => {
          const record = records.get(stack.id);
          const sidecar = sidecars(stack);
          if (record === undefined || sidecar === undefined) return;
          await publishBesideState(sidecar, { subjectSha, runId }, fileOf([record]));
        }),
      );
      ports.log.info(`Review records beside their states: ${counted(records.size, 'stack')}`);
      return;
    }
    const leg = legOf([github.job, ...inputs.environments, inputs.workingDirectory]);
    const attempt = Number(github.runAttempt);
    const store = artifactRecords({ ...ports });
    const left = await publishRecord(
      store,
      { subjectSha, leg, attempt },
      fileOf([...records.values()]),
    );
    ports.log.info(`Review record of ${counted(records.size, 'stack')}: ${left.place}`);
  } catch (thrown) {
    ports.log.warning(
      ports.secrets.redact(
        `No review record was left, so this plan counts as unreviewed when it is applied: ${toError(thrown).message}`,
      ),
    );
  }
}

async function describedRun(
  git: Git,
  github: GithubContext,
): Promise<Omit<ReviewRecord, 'stacks'>> {
  const plannedSha = await headCommit(git);
  const { owner, name } = github.repository;
  const { pullRequest } = github;
  return {
    version: recordVersion,
    repository: `${owner}/${name}`,
    ...(pullRequest === undefined
      ? {}
      : { pullNumber: pullRequest.number, headSha: pullRequest.headSha }),
    plannedSha,
    parents: [...(await parentsOf(git, plannedSha))],
    treeSha: await treeOf(git, plannedSha),
    runId: github.runId,
    runAttempt: Number(github.runAttempt),
    runUrl: runUrl(github),
    event: github.eventName,
  };
}

/** Equal trees hold the same code. */
export async function treeOf(git: Git, commit: string): Promise<string> {
  return (await gitText(git, ['rev-parse', `${commit}^{tree}`])).trim();
}
