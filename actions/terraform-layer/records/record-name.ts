import { createHash } from 'node:crypto';

/** What the name of a record's file says about it. */
export interface RecordName {
  /** The commit that the record is about: a pull request's head, a merge group's head, a run's commit. */
  readonly subjectSha: string;
  /** Which part of the run wrote it: a matrix leg, a job. */
  readonly leg: string;
  readonly attempt: number;
}

const pattern = /^infra-review_([0-9a-f]{40})_([a-z0-9.-]{1,80})_(\d{1,6})\.json$/;

/**
 * The file name of a record, which is its artifact's name as well. A run can hold each name once,
 * over its attempts and matrix legs, so it carries both (GitHub answers 409 else).
 */
export function formatRecordName({ subjectSha, leg, attempt }: RecordName): string {
  return `infra-review_${subjectSha}_${leg}_${attempt}.json`;
}

/** Undefined for the name of anything that is no record. */
export function parseRecordName(name: string): RecordName | undefined {
  const [, subjectSha, leg, attempt] = pattern.exec(name) ?? [];
  if (subjectSha === undefined || leg === undefined || attempt === undefined) return undefined;
  return { subjectSha, leg, attempt: Number(attempt) };
}

/**
 * A name for the part of a run that has this job, these environments, this directory: readable at
 * its beginning, and told apart by all of it.
 */
export function legOf(parts: readonly string[]): string {
  const readable = parts
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60);
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
  return readable === '' ? digest : `${readable}-${digest}`;
}
