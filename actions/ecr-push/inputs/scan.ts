import type { InputReader } from '../../shared/inputs.js';
import { entryFor, parseAllowEntry, type AllowEntry } from '../scan/allow-list.js';
import { thresholds, type Threshold } from '../scan/severity.js';

/** What the scan gate asks for. */
export interface ScanSettings {
  readonly failOn: Threshold;
  readonly timeoutMinutes: number;
  /** Each id once. */
  readonly allow: readonly AllowEntry[];
}

const defaultTimeoutMinutes = 10;

/** Reads `scan-fail-on`, `scan-timeout-minutes` and `scan-allow`; `undefined` where it is off. */
export function readScan(reader: InputReader): ScanSettings | undefined {
  const failOn = reader.oneOf('scan-fail-on', ['none', ...thresholds], 'none');
  // A role's session is as short as an hour where nobody said otherwise.
  const timeoutMinutes =
    reader.integer('scan-timeout-minutes', { min: 1, max: 60 }) ?? defaultTimeoutMinutes;
  const allow = readAllowList(reader);
  if (failOn !== 'none') return { failOn, timeoutMinutes, allow };
  if (allow.length > 0) {
    reader.problem(
      'scan-allow',
      'input-excluded',
      'allows findings of a scan, and scan-fail-on is none',
      'set scan-fail-on, for example to high, or leave out scan-allow',
    );
  }
  return undefined;
}

function readAllowList(reader: InputReader): readonly AllowEntry[] {
  const entries: AllowEntry[] = [];
  for (const line of (reader.text('scan-allow') ?? '').split('\n').map((text) => text.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const entry = parseAllowEntry(line);
    if (entry === undefined) {
      reader.problem(
        'scan-allow',
        'scan-allow-malformed',
        `${JSON.stringify(line)} does not say what is allowed, until which day, and why`,
        'for example: CVE-2026-1234 until 2026-12-31: no input of ours reaches it',
      );
    } else if (entryFor(entries, entry.id) !== undefined) {
      reader.problem('scan-allow', 'input-duplicate-key', `${entry.id} is allowed twice`);
    } else entries.push(entry);
  }
  return entries;
}
