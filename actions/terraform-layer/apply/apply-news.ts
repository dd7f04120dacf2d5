import { formatProblem, toError, UserError } from '../../shared/errors.js';
import { runUrl, type GithubContext } from '../../shared/github-context.js';
import type { Ports } from '../effects.js';
import { tellPulls, type ApplyEnd, type ApplyResult } from '../github/report-back.js';
import { openReviewAccess, type ReviewAccess } from '../github/review-access.js';
import type { Inputs } from '../inputs.js';
import type { Notifier } from '../../shared/notify/notifier.js';
import { applyEnding, beginning, breaking, type NoticeSubject } from '../notices.js';
import type { RunPlan } from '../plan.js';
import { findPulls } from '../records/find.js';
import { commentKeyOf } from '../report/publish.js';
import { statusWords } from '../report/status.js';
import { shortCounts } from '../review/changes.js';
import type { StackOutcome } from '../schedule/outcome.js';
import {
  breakDeployments,
  finishDeployments,
  openDeployments,
  type ApplyDeployments,
} from './apply-deployments.js';
import { applyEndOf } from './apply-end.js';
import type { OpenReview } from './open-review.js';
import { leaveLegResult } from '../waves/leave-leg-result.js';
import { forgetUnfinished, noteUnfinished } from './unfinished.js';
import { untroubled } from './untroubled.js';

/** Commits that are asked for their pull requests where an apply could not even begin. */
const commitsAsked = 50;

/** What is known of an apply so far. */
interface Subject {
  readonly environments: readonly string[];
  readonly commits: readonly string[];
}

type NewsPorts = Ports & { readonly startedAt: number; readonly notifier: Notifier };

/**
 * Tells GitHub of an apply, however it ends: its deployments, and the pull requests that it covers.
 * A chat is told too. What cannot be told fails nothing.
 */
export class ApplyNews {
  readonly #inputs: Inputs;
  readonly #ports: NewsPorts;
  #subject: Subject;
  #review: OpenReview | undefined;
  #deployments: ApplyDeployments = new Map();
  #runDirectory: string | undefined;
  #told = false;

  constructor(inputs: Inputs, ports: NewsPorts) {
    this.#inputs = inputs;
    this.#ports = ports;
    this.#subject = { environments: inputs.environments, commits: [] };
  }

  /** Notes what is known by now. */
  isAbout(subject: Partial<Subject>): void {
    this.#subject = { ...this.#subject, ...subject };
  }

  /** The apply begins: opens its deployments, and notes them for the post step. */
  async begin(
    plan: Pick<RunPlan, 'stages'>,
    review: OpenReview,
    runDirectory: string,
  ): Promise<void> {
    const { github, notifier } = this.#ports;
    this.#review = review;
    notifier.tell(beginning(this.#noticeSubject()));
    this.#runDirectory = runDirectory;
    // Of many legs none has the whole environment.
    const { leg } = this.#inputs;
    const deployments = leg === undefined ? review.access?.deployments : undefined;
    this.#deployments = await openDeployments(plan, deployments, this.#ports);
    if (github === undefined) return;
    const tell = this.#tellsWith(github);
    const pullNumbers = this.#reviewedPulls();
    const tells = this.#inputs.comment && review.access !== undefined && pullNumbers.length > 0;
    const unfinished = {
      ...{ runUrl: runUrl(github), sha: github.sha },
      environments: [...this.#subject.environments],
      deployments: [...this.#deployments].flatMap(([environment, { id }]) =>
        id === undefined ? [] : [{ id, environment }],
      ),
      ...(tells ? { tell: { ...tell, pullNumbers: [...pullNumbers] } } : {}),
    };
    await untroubled(this.#ports, 'the post step would not know of a kill', () =>
      noteUnfinished(runDirectory, unfinished),
    );
  }

  /** Every stack has ended in one way or another. */
  async end(outcomes: readonly StackOutcome[]): Promise<void> {
    this.#told = true;
    const { github, notifier, signal } = this.#ports;
    const end = applyEndOf(outcomes);
    const cancelled = signal.aborted;
    notifier.tell(applyEnding(this.#noticeSubject(), end, outcomes, { cancelled }));
    await finishDeployments(this.#deployments, outcomes, this.#ports);
    const access = this.#review?.access;
    if (github !== undefined && access !== undefined) {
      const pulls = this.#reviewedPulls();
      const result = {
        end,
        stacks: outcomes.map((outcome) => ({
          id: outcome.stack.displayId,
          status: statusWords('apply', outcome),
          detail: shortCounts(outcome.changes),
        })),
      };
      const { temporaryDirectory } = this.#ports;
      const directory = this.#runDirectory ?? temporaryDirectory;
      await leaveLegResult({ ...result, pulls: [...pulls] }, this.#inputs, this.#ports, directory);
      await this.#tell(github, access, pulls, result);
    }
    await this.#forget();
  }

  /** It broke off, or never began: a gate, a missing right, a newer apply. Never throws. */
  async breakOff(thrown: unknown): Promise<void> {
    if (this.#told) return;
    this.#told = true;
    const cancelled = this.#ports.signal.aborted;
    const end = brokenEnd(thrown, this.#review !== undefined);
    const superseded = end.kind === 'superseded';
    this.#ports.notifier.tell(breaking(this.#noticeSubject(), thrown, { cancelled, superseded }));
    await breakDeployments(this.#deployments, this.#ports);
    await untroubled(this.#ports, 'no pull request is told', () => this.#tellBroken(end));
    await untroubled(this.#ports, 'the note for the post step stays', () => this.#forget());
  }

  async #tellBroken(end: ApplyEnd): Promise<void> {
    const { github, log, secrets } = this.#ports;
    const { githubToken: token, comment, applyAgain } = this.#inputs;
    if (github === undefined || token === undefined || !comment) return;
    secrets.add(token);
    const access = this.#review?.access ?? (await openReviewAccess(token, github, log));
    const { commits } = this.#subject;
    const covered = { commits: commits.length > 0 ? commits : [github.sha], applyAgain };
    const pulls =
      this.#review === undefined
        ? (await findPulls(covered, access.runs, { commits: commitsAsked })).map(
            ({ number }) => number,
          )
        : this.#reviewedPulls();
    await this.#tell(github, access, pulls, { end, stacks: [] });
  }

  async #tell(
    github: GithubContext,
    { comments }: ReviewAccess,
    pullNumbers: readonly number[],
    result: Pick<ApplyResult, 'end' | 'stacks'>,
  ): Promise<void> {
    if (!this.#inputs.comment || pullNumbers.length === 0) return;
    const { environments } = this.#subject;
    await tellPulls(
      {
        ...{ ...this.#tellsWith(github), pullNumbers },
        result: { ...result, environments, sha: github.sha, runUrl: runUrl(github) },
      },
      { ...this.#ports, comments },
    );
  }

  #tellsWith({ workflow }: GithubContext) {
    return {
      key: commentKeyOf(this.#inputs, workflow),
      author: this.#inputs.commentAuthor,
      startedAt: this.#ports.startedAt,
    };
  }

  #noticeSubject(): NoticeSubject {
    const { command, workingDirectory } = this.#inputs;
    const { environments } = this.#subject;
    return { command, workingDirectory, environments, pullNumbers: this.#reviewedPulls() };
  }

  #reviewedPulls(): readonly number[] {
    return (this.#review?.search?.pulls ?? []).map(({ number }) => number);
  }

  async #forget(): Promise<void> {
    if (this.#runDirectory !== undefined) await forgetUnfinished(this.#runDirectory);
  }
}

function brokenEnd(thrown: unknown, hasBegun: boolean): ApplyEnd {
  const error = toError(thrown);
  const problems = error instanceof UserError ? error.problems : [];
  const reasons = problems.length > 0 ? problems.map(formatProblem) : [error.message];
  if (hasBegun) return { kind: 'broke-off', reasons };
  const superseded = problems.some(({ code }) => code === 'apply-older-than-baseline');
  return { kind: superseded ? 'superseded' : 'refused', reasons };
}
