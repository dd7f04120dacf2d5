import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';

/** When a stack was last looked at, kept beside its state. */
const recordSchema = z.object({
  version: z.literal(1),
  /** ISO 8601. */
  checkedAt: z.iso.datetime(),
  /** ISO 8601: since when it differs; absent where it was in sync. */
  since: z.iso.datetime().optional(),
});

export type DriftRecord = z.infer<typeof recordSchema>;

/** Undefined where the text is not a record: what is unknown counts as never checked. */
export function parseDriftRecord(text: string): DriftRecord | undefined {
  return parseJsonAs(recordSchema, text);
}

export function formatDriftRecord(record: DriftRecord): string {
  return `${JSON.stringify(record)}\n`;
}
