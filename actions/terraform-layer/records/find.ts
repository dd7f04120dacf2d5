import PQueue from 'p-queue';
import { UserError } from '../../shared/errors.js';
import type { AppliedAgain } from '../inputs.js';
import type {
  FoundRecord,
  MergedPull,
  ParseRecord,
  RecordOrigin,
  RecordRefusal,
  RecordSearch,
  RefusedRecord,
} from './found.js';
import { judgeRun, type ExpectedWorkflow, type WorkflowRun } from './provenance.js';
import type { RecordCandidate, RecordSource, ReviewRuns } from './record-source.js';

export interface SearchRequest<R> {
  /**
   * Commits since the last one applied, newest first. First parents suffice: a merge leads to its
   * pull request as its own commits do.
   */
  readonly commits: readonly string[];
  readonly applyAgain: AppliedAgain | undefined;
  readonly workflow: ExpectedWorkflow;
  readonly thisRun: { readonly id: number; readonly event: string; readonly sha: string };
  readonly parse: ParseRecord<R>;
  readonly limits?: Partial<SearchLimits>;
}

/** GITHUB_TOKEN has 1,000 requests an hour and repository ("Rate limits for the REST API"). */
export interface SearchLimits {
  readonly commits: number;
  /** Newest runs of one head whose records are listed. */
  readonly runsPerHead: number;
  /** Requests at once; more than a few trips the secondary limits. */
  readonly parallel: number;
}

const defaultLimits: SearchLimits = { commits: 250, runsPerHead: 3, parallel: 6 };

/** Something that records can be about. */
interface Subject {
  readonly origin: RecordOrigin;
  readonly events: readonly string[];
  readonly sha: string;
  readonly pullNumber: number | undefined;
  readonly runs: readonly WorkflowRun[];
  /** The runs are at another commit than the one that they are about. */
  readonly runsElsewhere: boolean;
}

/**
 * Finds the pull requests that an apply covers, and what their reviews have seen: for each, the
 * newest record of each leg of the runs at its head and of its merge group. A workflow that
 * people start counts with the records that its own earlier jobs have left.
 *
 * What cannot be accepted is named in `refused`, and what is missing or has expired is simply not
 * there: such a change counts as unreviewed.
 *
 * @throws UserError `apply-again-not-merged`
 */
export async function findRecords<R>(
  request: SearchRequest<R>,
  ports: { readonly runs: ReviewRuns; readonly source: RecordSource },
): Promise<RecordSearch<R>> {
  const limits = { ...defaultLimits, ...request.limits };
  const each = eachOf(limits);

  const range = await pullsOfRange(request, limits, ports.runs, each);
  const subjects = await subjectsOf(range.pulls, request, ports.runs, each);
  const refused: RefusedRecord[] = [];
  const chosen = await each(subjects, (subject) =>
    choose(subject, request, ports, limits.runsPerHead, refused),
  );
  const read = await each(chosen.flat().sort(byTime), (choice) =>
    readRecord(choice, request.parse),
  );
  refused.push(...read.flatMap((result) => ('record' in result ? [] : [result])));
  return {
    ...range,
    records: read.flatMap((result) => ('record' in result ? [result] : [])),
    refused,
  };
}

/**
 * Finds the pull requests that brought commits, without looking at any record; of very many commits
 * the newest are asked.
 *
 * @throws UserError `apply-again-not-merged`
 */
export async function findPulls(
  request: Pick<SearchRequest<never>, 'commits' | 'applyAgain'>,
  runs: ReviewRuns,
  some: Partial<SearchLimits> = {},
): Promise<readonly MergedPull[]> {
  const limits = { ...defaultLimits, ...some };
  return (await pullsOfRange(request, limits, runs, eachOf(limits))).pulls;
}

function eachOf({ parallel }: SearchLimits): Each {
  const queue = new PQueue({ concurrency: parallel });
  return (items, work) => Promise.all(items.map((item) => queue.add(() => work(item))));
}

type Each = <T, U>(items: readonly T[], work: (item: T) => Promise<U>) => Promise<U[]>;

async function pullsOfRange(
  { commits, applyAgain }: Pick<SearchRequest<never>, 'commits' | 'applyAgain'>,
  limits: SearchLimits,
  runs: ReviewRuns,
  each: Each,
): Promise<Omit<RecordSearch<never>, 'records' | 'refused'>> {
  const again = applyAgain?.kind === 'commit' ? [applyAgain.sha] : [];
  const asked = [...new Set([...again, ...commits])];
  const lookedAt = asked.slice(0, limits.commits);
  const found = await each(lookedAt, (sha) => runs.pullsOf(sha));
  const pulls = new Map(found.flat().map((pull) => [pull.number, pull]));
  if (applyAgain?.kind === 'pull-request' && !pulls.has(applyAgain.number)) {
    const pull = await runs.mergedPull(applyAgain.number);
    if (pull === undefined) {
      throw new UserError({
        code: 'apply-again-not-merged',
        message: `pull request ${applyAgain.number} was not merged into the default branch`,
        at: { input: 'apply-again' },
        hint: 'name a merged pull request, or a commit of the default branch',
      });
    }
    pulls.set(pull.number, pull);
  }
  return {
    pulls: [...pulls.values()].sort((left, right) => left.number - right.number),
    commitsWithoutPull: lookedAt.filter((_sha, index) => found[index]?.length === 0),
    commitsNotLookedAt: asked.slice(limits.commits),
  };
}

async function subjectsOf<R>(
  pulls: readonly MergedPull[],
  { thisRun }: SearchRequest<R>,
  runs: ReviewRuns,
  each: Each,
): Promise<readonly Subject[]> {
  const hasMergeGroups = pulls.length > 0 && (await runs.hasMergeGroups());
  const ofPulls = await each(pulls, async (pull): Promise<readonly Subject[]> => {
    const { number: pullNumber, mergeCommitSha } = pull;
    const reviewed: Subject = pull.fromFork
      ? {
          ...{ origin: 'dispatch', events: ['workflow_dispatch'], sha: pull.headSha, pullNumber },
          ...{ runs: await runs.dispatchedRuns(), runsElsewhere: true },
        }
      : {
          ...{ origin: 'pull-request', events: ['pull_request'], sha: pull.headSha, pullNumber },
          ...{ runs: await runs.runsAt(pull.headSha), runsElsewhere: false },
        };
    if (!hasMergeGroups || mergeCommitSha === undefined) return [reviewed];
    return [
      reviewed,
      {
        ...{ origin: 'merge-group', events: ['merge_group'], sha: mergeCommitSha, pullNumber },
        ...{ runs: await runs.runsAt(mergeCommitSha), runsElsewhere: false },
      },
    ];
  });
  if (thisRun.event !== 'workflow_dispatch') return ofPulls.flat();
  const own: Subject = {
    ...{ origin: 'this-run', events: ['workflow_dispatch'], sha: thisRun.sha },
    ...{ pullNumber: undefined, runs: [await runs.run(thisRun.id)], runsElsewhere: false },
  };
  return [...ofPulls.flat(), own];
}

/** A record that is to be read. */
interface Choice {
  readonly subject: Subject;
  readonly run: WorkflowRun;
  readonly candidate: RecordCandidate;
}

async function choose<R>(
  subject: Subject,
  request: SearchRequest<R>,
  { runs, source }: { readonly runs: ReviewRuns; readonly source: RecordSource },
  runsPerHead: number,
  refused: RefusedRecord[],
): Promise<readonly Choice[]> {
  const judged = await judge(subject, request, runs);
  refused.push(...judged.refused);
  const newest = judged.acceptable.sort((left, right) => right.id - left.id).slice(0, runsPerHead);
  const listed = await Promise.all(newest.map((run) => source.recordsOf(run, subject.sha)));
  const choices = newest.flatMap((run, index) =>
    (listed[index] ?? []).map((candidate): Choice => ({ subject, run, candidate })),
  );
  // The last one of each leg stays. A later attempt of an older run is later than a newer run.
  const byLeg = new Map(
    choices
      .sort(byTime)
      .map((choice) => [`${choice.run.path}\n${choice.candidate.leg}`, choice] as const),
  );
  return [...byLeg.values()];
}

function createdAt({ run, candidate }: Choice): string {
  return candidate.createdAt ?? run.createdAt;
}

function byTime(left: Choice, right: Choice): number {
  return (
    Date.parse(createdAt(left)) - Date.parse(createdAt(right)) ||
    left.run.id - right.run.id ||
    left.candidate.attempt - right.candidate.attempt ||
    (left.candidate.artifactId ?? 0) - (right.candidate.artifactId ?? 0)
  );
}

/** How many runs are asked by themselves what they call, where the list did not say it. */
const maximumAskedAgain = 5;

async function judge<R>(
  subject: Subject,
  { workflow, thisRun }: SearchRequest<R>,
  runs: ReviewRuns,
): Promise<{ readonly acceptable: WorkflowRun[]; readonly refused: readonly RefusedRecord[] }> {
  const reasonOf = (run: WorkflowRun) =>
    judgeRun(run, {
      events: subject.events,
      workflow,
      subjectSha: subject.runsElsewhere ? run.headSha : subject.sha,
      thisRunId: thisRun.id,
    });
  let judged = subject.runs.map((run) => ({ run, reason: reasonOf(run) }));
  if (judged.every(({ reason }) => reason !== undefined) && workflow.kind === 'calls') {
    const silent = judged.filter(
      ({ run, reason }) => reason === 'other-workflow' && run.calls.length === 0,
    );
    const asked = await Promise.all(
      silent.slice(0, maximumAskedAgain).map(({ run }) => runs.run(run.id)),
    );
    const completed = new Map(asked.map((run) => [run.id, run]));
    judged = judged.map(({ run }) => {
      const complete = completed.get(run.id) ?? run;
      return { run: complete, reason: reasonOf(complete) };
    });
  }
  return {
    acceptable: judged.flatMap(({ run, reason }) => (reason === undefined ? [run] : [])),
    refused: judged.flatMap(({ run, reason }) =>
      // A push at this commit is nothing to tell, nor what other people have started.
      reason === undefined || reason === 'other-event' || subject.runsElsewhere
        ? []
        : [refusal(subject, run, reason)],
    ),
  };
}

async function readRecord<R>(
  choice: Choice,
  parse: ParseRecord<R>,
): Promise<FoundRecord<R> | RefusedRecord> {
  const { subject, run, candidate } = choice;
  const { name, attempt, artifactId, digest } = candidate;
  const content = await candidate.read();
  if ('refusal' in content) return refusal(subject, run, content.refusal, name);
  const parsed = parse({ name, text: content.text });
  if (parsed === undefined) return refusal(subject, run, 'unreadable', name);
  if (!parsed.commits.includes(subject.sha)) {
    return refusal(subject, run, 'about-another-commit', name);
  }
  return {
    ...{ record: parsed.record, name, attempt, artifactId, digest },
    ...{ origin: subject.origin, pullNumber: subject.pullNumber, subjectSha: subject.sha },
    ...{ runId: run.id, runUrl: run.url, createdAt: createdAt(choice) },
  };
}

function refusal(
  subject: Subject,
  run: WorkflowRun,
  reason: RecordRefusal,
  name?: string,
): RefusedRecord {
  return { reason, pullNumber: subject.pullNumber, runId: run.id, runUrl: run.url, name };
}
