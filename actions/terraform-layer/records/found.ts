import type { RunRefusal } from './provenance.js';
import type { RecordFile } from './record-store.js';

/** A pull request that was merged into the default branch. */
export interface MergedPull {
  readonly number: number;
  /** What was reviewed: the head at the time of the merge. */
  readonly headSha: string;
  readonly headRef: string;
  readonly mergeCommitSha: string | undefined;
  /** Empty where the account is gone. */
  readonly author: string;
  readonly fromFork: boolean;
  readonly url: string;
}

/** What kind of run left a record. */
export type RecordOrigin =
  | 'pull-request'
  /** The merge queue, on the tree that was merged; nobody looked at it before. */
  | 'merge-group'
  /** A maintainer's run over a fork's pull request. */
  | 'dispatch'
  /** An earlier job of this very run. */
  | 'this-run';

/** A record that counts. */
export interface FoundRecord<R> {
  readonly record: R;
  readonly name: string;
  readonly origin: RecordOrigin;
  readonly pullNumber: number | undefined;
  /** The commit that it is about. */
  readonly subjectSha: string;
  readonly runId: number;
  readonly attempt: number;
  readonly runUrl: string;
  /** ISO 8601: where two are about one stack, the last one counts. */
  readonly createdAt: string;
  /** Of the artifact, where it is one. */
  readonly artifactId: number | undefined;
  readonly digest: string | undefined;
}

export type RecordRefusal =
  | RunRefusal
  | 'expired'
  | 'too-large'
  /** What was fetched is not what was uploaded. */
  | 'digest-differs'
  | 'no-digest'
  | 'unreadable'
  /** It says of itself that it is about another commit. */
  | 'about-another-commit';

/** A record, or a run that could have had one, that does not count; for the report. */
export interface RefusedRecord {
  readonly reason: RecordRefusal;
  readonly pullNumber: number | undefined;
  readonly runId: number;
  readonly runUrl: string;
  /** Undefined where the run itself was refused, and none of its records was looked at. */
  readonly name: string | undefined;
}

/** What `parse` makes of a record's text. */
export interface ParsedRecord<R> {
  readonly record: R;
  /** The commits that the record says it is about. */
  readonly commits: readonly string[];
}

/** Undefined for a text that is no record. */
export type ParseRecord<R> = (file: RecordFile) => ParsedRecord<R> | undefined;

export interface RecordSearch<R> {
  readonly pulls: readonly MergedPull[];
  /** Older ones first. */
  readonly records: readonly FoundRecord<R>[];
  readonly refused: readonly RefusedRecord[];
  /** Commits of the range that no merged pull request brought: pushed directly. */
  readonly commitsWithoutPull: readonly string[];
  /** Commits of the range that were not looked at, since there are too many. */
  readonly commitsNotLookedAt: readonly string[];
}
