import { createHash } from 'node:crypto';

/** What our issues say of themselves in their first line, which GitHub does not show. */
export interface IssueMarker {
  /** Which repository part (working directory) the run looks after. */
  readonly scope: string;
  /** The stack's id, as a digest: ids are paths, and may hold what ends an HTML comment. */
  readonly stack: string;
  /** Digest of what has drifted: a new one reopens what a person has closed. */
  readonly fingerprint: string;
  /** Digest of everything that is shown, but for the run. */
  readonly content: string;
  /** ISO 8601: when the drift was first seen. */
  readonly since: string;
}

const pattern =
  /^<!-- infra-actions:drift ([0-9a-f]{16}) ([0-9a-f]{16}) ([0-9a-f]{16}) ([0-9a-f]{16}) (\d{4}-\d\d-\d\dT[\d:.]+Z) -->/;

export function formatMarker({ scope, stack, fingerprint, content, since }: IssueMarker): string {
  return `<!-- infra-actions:drift ${scope} ${stack} ${fingerprint} ${content} ${since} -->`;
}

/** The marker at the very start of a body; undefined where there is none of ours. */
export function readMarker(body: string): IssueMarker | undefined {
  const match = pattern.exec(body);
  if (match === null) return undefined;
  const [, scope = '', stack = '', fingerprint = '', content = '', since = ''] = match;
  return { scope, stack, fingerprint, content, since };
}

/** 16 hexadecimal digits. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
