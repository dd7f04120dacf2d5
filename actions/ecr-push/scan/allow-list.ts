/** A finding that somebody accepts for a while. */
export interface AllowEntry {
  /** Id of a finding, or `unsupported-image`. */
  readonly id: string;
  /** The last day that it holds, `YYYY-MM-DD` in UTC. */
  readonly until: string;
  readonly reason: string;
}

/** Allows that ECR cannot scan an image, such as one without a system in it. */
export const unsupportedImageId = 'unsupported-image';

const entryPattern = /^(\S+)\s+until\s+(\d{4}-\d{2}-\d{2}):\s*(\S.*)$/;

/** Reads `CVE-2026-1234 until 2026-12-31: reason`; `undefined` where it is something else. */
export function parseAllowEntry(line: string): AllowEntry | undefined {
  const [, id, until, reason] = entryPattern.exec(line) ?? [];
  if (id === undefined || until === undefined || reason === undefined) return undefined;
  const day = new Date(`${until}T00:00:00Z`);
  // A day that no month has is read as one of the next month, or as none.
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(until);
  return isDay ? { id, until, reason } : undefined;
}

/** Finds the entry for an id; scanners differ in upper and lower case. */
export function entryFor(entries: readonly AllowEntry[], id: string): AllowEntry | undefined {
  return entries.find((entry) => entry.id.toLowerCase() === id.toLowerCase());
}

/** Whether the entry's last day is over. */
export function isExpired(entry: AllowEntry, nowMs: number): boolean {
  return new Date(nowMs).toISOString().slice(0, 10) > entry.until;
}
