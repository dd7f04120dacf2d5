import type { MergedPull, ParseRecord } from '../../actions/terraform-layer/records/found.js';
import type { WorkflowRun } from '../../actions/terraform-layer/records/provenance.js';
import type {
  RecordCandidate,
  RecordSource,
  ReviewRuns,
} from '../../actions/terraform-layer/records/record-source.js';
import { sha } from './github.js';

/** The repository that these actions were taken from. */
export const actionsRepository = 'acme/infra-actions';
export const callsPlan = `${actionsRepository}/.github/workflows/terraform-plan.yml`;

/** A merged pull request; its head is the digit `head`. */
export function mergedPull(change: Partial<MergedPull> & { readonly number: number }): MergedPull {
  return {
    headSha: sha('2'),
    headRef: 'feature',
    mergeCommitSha: sha('3'),
    author: 'ann',
    fromFork: false,
    url: `https://github.com/acme/infra/pull/${change.number}`,
    ...change,
  };
}

/** A run whose records count for the head 2…2. */
export function planRun(change: Partial<WorkflowRun> & { readonly id: number }): WorkflowRun {
  return {
    attempt: 1,
    event: 'pull_request',
    status: 'completed',
    path: '.github/workflows/infra.yml',
    headSha: sha('2'),
    headBranch: 'feature',
    repositoryId: 1,
    headRepositoryId: 1,
    calls: [callsPlan],
    url: `https://github.com/acme/infra/actions/runs/${change.id}`,
    createdAt: new Date(Date.UTC(2026, 10, 1) + change.id * 1000).toISOString(),
    ...change,
  };
}

/** A record's text: the commits that it is about, and a word to know it by. */
export function recordText(word: string, ...commits: readonly string[]): string {
  return JSON.stringify({ word, commits });
}

/** Reads what `recordText` writes. */
export const parseWord: ParseRecord<string> = ({ text }) => {
  try {
    const { word, commits } = JSON.parse(text) as { word: string; commits: string[] };
    return { record: word, commits };
  } catch {
    return undefined;
  }
};

export interface FakeRepository {
  /** Commit → pull requests. */
  readonly pulls?: Readonly<Record<string, readonly MergedPull[]>>;
  readonly runs?: readonly WorkflowRun[];
  /** Of the runs, by id. */
  readonly records?: Readonly<Record<number, readonly Partial<RecordCandidate>[]>>;
}

/** Pull requests, runs and records in memory; `asked` counts the questions. */
export function fakeReviewRuns({ pulls = {}, runs = [], records = {} }: FakeRepository): {
  readonly runs: ReviewRuns;
  readonly source: RecordSource;
  readonly asked: () => number;
} {
  let asked = 0;
  const answer = <T>(value: T): Promise<T> => {
    asked += 1;
    return Promise.resolve(value);
  };
  return {
    asked: () => asked,
    runs: {
      pullsOf: (commit) => answer(pulls[commit] ?? []),
      mergedPull: (number) =>
        answer(
          Object.values(pulls)
            .flat()
            .find((pull) => pull.number === number),
        ),
      runsAt: (headSha) => answer(runs.filter((run) => run.headSha === headSha)),
      dispatchedRuns: () => answer(runs.filter(({ event }) => event === 'workflow_dispatch')),
      hasMergeGroups: () => answer(runs.some(({ event }) => event === 'merge_group')),
      run: (id) => {
        const found = runs.find((run) => run.id === id);
        return found === undefined ? Promise.reject(new Error(`no run ${id}`)) : answer(found);
      },
    },
    source: {
      recordsOf: (run, subjectSha) =>
        answer(
          (records[run.id] ?? []).map((candidate) => ({
            name: `record of ${run.id}`,
            leg: 'all',
            attempt: run.attempt,
            artifactId: run.id * 10,
            digest: 'sha256:0',
            createdAt: run.createdAt,
            read: () => Promise.resolve({ text: recordText(`run ${run.id}`, subjectSha) }),
            ...candidate,
          })),
        ),
    },
  };
}
