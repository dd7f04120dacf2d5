import type { EnvironmentConfig } from '../config/infra-config.js';
import type { FoundRecord } from '../records/found.js';
import type { MergedCommit } from './merged-since.js';
import { compareReview, stopsApply, type ReviewedStack } from '../review/compare.js';
import { guardFindings } from '../review/guards.js';
import { recordOptions, type RecordSources } from '../review/record-context.js';
import { recordOfPlan } from '../review/record-of-plan.js';
import type { ReviewRecord } from '../review/record.js';
import type { Judgement, PlannedStack, StackHooks } from '../schedule/hooks.js';

/** What an apply was given to hold its plans against. */
export interface ReviewedRange {
  /** Older ones first. */
  readonly records: readonly FoundRecord<ReviewRecord>[];
  /** Globs that people have allowed to be destroyed, by label or input. */
  readonly allowedDestroys: readonly string[];
  /** Tree of the commit that is applied, where it is known. */
  readonly treeSha: string | undefined;
  /** What was merged between a plan and this apply; empty where that cannot be told. */
  readonly mergedSince: (record: FoundRecord<ReviewRecord>) => Promise<readonly MergedCommit[]>;
  /** What else a reader should know about the range: a record that does not count, and why. */
  readonly notes: readonly string[];
}

/**
 * Judges each plan before it is applied: it must be what was reviewed, where the environment asks
 * for that, and must not take away what a guard protects.
 */
export function reviewJudge(options: {
  readonly range: ReviewedRange;
  /** With the gates of the base. */
  readonly environments: readonly EnvironmentConfig[];
  readonly sources: RecordSources;
}): Required<Pick<StackHooks, 'judge'>> {
  const { range, sources } = options;
  const environments = new Map(options.environments.map((one) => [one.name, one]));
  return {
    judge: async (planned) => {
      const { stack, json, changes } = planned;
      const environment = environments.get(stack.environment);
      // Of an environment that is not named here, nothing may be applied unseen.
      const policy = { unreviewed: environment?.unreviewed ?? 'stop' } as const;
      const now = recordOfPlan(json, await recordOptions(stack, sources));
      const compared = compareReview({
        reviewed: reviewedOf(planned, range),
        current: now.record,
        state: now.state,
        policy,
      });
      const review = {
        ...compared,
        notes: [...compared.notes, ...range.notes, ...(await otherTree(planned, range))],
      };
      const guards = environment?.guards ?? { preventDestroy: [], maxDestroys: 0 };
      return {
        reasons: [
          ...(stopsApply(review.verdict, policy.unreviewed) ? [{ kind: 'review' } as const] : []),
          ...guardFindings(changes, guards, range.allowedDestroys),
        ],
        review,
      } satisfies Judgement;
    },
  };
}

function reviewedOf({ stack }: PlannedStack, { records }: ReviewedRange): readonly ReviewedStack[] {
  return records.flatMap(({ record, pullNumber, runUrl }) => {
    const own = record.stacks.find(({ id }) => id === stack.id);
    if (own === undefined) return [];
    return [{ record: own, source: { pullNumber, sha: record.plannedSha, runUrl } }];
  });
}

/** Commits that a note names; the others are counted. */
const namedCommits = 5;
const subjectCharacters = 50;

/** Not a reason to stop: the plans are compared all the same. */
async function otherTree(
  { stack }: PlannedStack,
  { records, treeSha, mergedSince }: ReviewedRange,
): Promise<readonly string[]> {
  const own = records.filter(({ record }) => record.stacks.some(({ id }) => id === stack.id));
  const latest = own.at(-1);
  if (treeSha === undefined || latest === undefined) return [];
  if (own.some(({ record }) => record.treeSha === treeSha)) return [];
  const commits = await mergedSince(latest);
  const said = 'the code was reviewed on another tree';
  if (commits.length === 0) return [`${said}: other changes were merged in between`];
  const names = commits.slice(0, namedCommits).map(({ sha, subject }) => {
    const short =
      subject.length <= subjectCharacters ? subject : `${subject.slice(0, subjectCharacters - 1)}…`;
    return `${sha.slice(0, 7)} ${short}`;
  });
  const more = commits.length - names.length;
  return [`${said}; in between: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}
