import type { MergedPull, RecordRefusal } from './found.js';
import type { WorkflowRun } from './provenance.js';

/** A record that a run has left, not yet read. */
export interface RecordCandidate {
  readonly name: string;
  /** Records of several legs stand beside one another; of one leg, the newest counts. */
  readonly leg: string;
  readonly attempt: number;
  readonly artifactId: number | undefined;
  readonly digest: string | undefined;
  /** ISO 8601; undefined where only its run's time is known. */
  readonly createdAt: string | undefined;
  /** Its text, or why it is not given. */
  read(): Promise<{ readonly text: string } | { readonly refusal: RecordRefusal }>;
}

/** Where records lie: artifacts of runs, or beside the states. */
export interface RecordSource {
  /** Records about `subjectSha` that a run has left. */
  recordsOf(run: WorkflowRun, subjectSha: string): Promise<readonly RecordCandidate[]>;
}

/** Pull requests and runs of this repository. */
export interface ReviewRuns {
  /** Merged pull requests that brought a commit to the default branch. */
  pullsOf(commitSha: string): Promise<readonly MergedPull[]>;
  /** Undefined where there is none of that number, or it was not merged into the default branch. */
  mergedPull(number: number): Promise<MergedPull | undefined>;
  /** Runs at a head, newest first; at most 100. */
  runsAt(headSha: string): Promise<readonly WorkflowRun[]>;
  /** The newest 100 runs that people have started on the default branch. */
  dispatchedRuns(): Promise<readonly WorkflowRun[]>;
  /** Whether the repository has, or had, a merge queue. */
  hasMergeGroups(): Promise<boolean>;
  run(id: number): Promise<WorkflowRun>;
}
