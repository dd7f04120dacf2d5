import { z } from 'zod';
import { markPattern } from './marks.js';

/** Raised whenever a record that was written before can no longer be compared. */
export const recordVersion = 1;

/** Longer texts are no records of ours: 10,000 resources take a few million characters. */
const longestRecord = 64 * 1024 * 1024;

const markSchema = z.string().regex(markPattern);

/** Path, what stood there, what will stand there. */
const leafSchema = z.tuple([z.string(), markSchema, markSchema]);

const changeSchema = z.object({
  address: z.string(),
  type: z.string(),
  /** Key of an object that an earlier replacement left behind. */
  deposed: z.string().optional(),
  previousAddress: z.string().optional(),
  /** The id that it is imported by. */
  importing: markSchema.optional(),
  /** As Terraform writes them: `["delete", "create"]`. */
  actions: z.array(z.string()),
  /** Terraform's own reason, `replace_because_tainted` and the like. */
  reason: z.string().optional(),
  /** What forces a replacement. */
  replacePaths: z.array(z.string()).optional(),
  /** Which object in the world it is: its id and ARN before the change. */
  identity: markSchema.optional(),
  leaves: z.array(leafSchema),
});

const outputSchema = z.object({
  name: z.string(),
  actions: z.array(z.string()),
  leaves: z.array(leafSchema),
});

const upstreamSchema = z.object({
  /** Address of the data source that reads another stack's outputs. */
  address: z.string(),
  /** Outputs that contribute to the plan's changes. */
  outputs: z.record(z.string(), markSchema),
});

const identified = { id: z.string(), environment: z.string() };

const plannedSchema = z.object({
  ...identified,
  status: z.literal('planned'),
  /** Fingerprint of the key; absent: digests without a key. */
  key: z.string().optional(),
  terraformVersion: z.string().optional(),
  /** Provider versions by source address, where they are known. */
  providers: z.record(z.string(), z.string()).optional(),
  changes: z.array(changeSchema),
  outputs: z.array(outputSchema),
  upstreams: z.array(upstreamSchema),
});

/** Planned: nothing would change. */
const emptySchema = z.object({ ...identified, status: z.literal('empty') });

/** Not planned, since what it reads did not exist. */
const waitingSchema = z.object({
  ...identified,
  status: z.literal('waiting'),
  waitsFor: z.array(z.string()),
});

const stackRecordSchema = z.discriminatedUnion('status', [
  plannedSchema,
  emptySchema,
  waitingSchema,
]);

const reviewRecordSchema = z.object({
  version: z.literal(recordVersion),
  /** `owner/name`. */
  repository: z.string(),
  repositoryId: z.string().optional(),
  pullNumber: z.int().optional(),
  /** Head of the pull request. */
  headSha: z.string().optional(),
  /** The commit that was planned: a pull request's merge commit. */
  plannedSha: z.string(),
  parents: z.array(z.string()),
  /** Equal trees hold the same code, whatever their commits. */
  treeSha: z.string(),
  runId: z.string().optional(),
  runAttempt: z.int().optional(),
  runUrl: z.string().optional(),
  /** `owner/name/.github/workflows/file.yml@ref`. */
  workflowRef: z.string().optional(),
  event: z.string().optional(),
  stacks: z.array(stackRecordSchema),
});

export type LeafRecord = z.infer<typeof leafSchema>;
export type ChangeRecord = z.infer<typeof changeSchema>;
export type OutputRecord = z.infer<typeof outputSchema>;
export type UpstreamRecord = z.infer<typeof upstreamSchema>;
export type PlannedRecord = z.infer<typeof plannedSchema>;
export type EmptyRecord = z.infer<typeof emptySchema>;
export type WaitingRecord = z.infer<typeof waitingSchema>;

/** The review of one stack. It holds no attribute's value, so it can lie where many can read it. */
export type StackRecord = PlannedRecord | EmptyRecord | WaitingRecord;

/** What one run planned: the file that it leaves. */
export type ReviewRecord = z.infer<typeof reviewRecordSchema>;

/** A record that was read, or why it cannot be used; such a record counts as none. */
export type ReadRecord =
  | { readonly kind: 'record'; readonly record: ReviewRecord }
  | {
      readonly kind: 'unusable';
      readonly why: 'too-large' | 'not-json' | 'other-version' | 'malformed';
      /** For people; holds nothing of what was read but names of keys. */
      readonly detail: string;
    };

/** One line of JSON. */
export function formatReviewRecord(record: ReviewRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** Never throws: a record comes from a store that others write to. */
export function parseReviewRecord(text: string): ReadRecord {
  if (text.length > longestRecord) {
    return unusable('too-large', `the record has ${text.length} characters`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return unusable('not-json', 'the record is not JSON');
  }
  const version = z.object({ version: z.number() }).safeParse(json);
  if (version.success && version.data.version !== recordVersion) {
    return unusable(
      'other-version',
      `the record has version ${version.data.version}, this action reads version ${recordVersion}`,
    );
  }
  const parsed = reviewRecordSchema.safeParse(json);
  if (parsed.success) return { kind: 'record', record: parsed.data };
  const [issue] = parsed.error.issues;
  return unusable('malformed', `the record is malformed at ${(issue?.path ?? []).join('.')}`);
}

/** The record of a stack whose plan would change nothing. */
export function emptyRecord(stack: { readonly id: string; readonly environment: string }) {
  return { id: stack.id, environment: stack.environment, status: 'empty' } satisfies EmptyRecord;
}

/** The record of a stack that was not planned: it reviews nothing. */
export function waitingRecord(
  stack: { readonly id: string; readonly environment: string },
  waitsFor: readonly string[],
) {
  return {
    id: stack.id,
    environment: stack.environment,
    status: 'waiting',
    waitsFor: [...waitsFor],
  } satisfies WaitingRecord;
}

function unusable(
  why: Extract<ReadRecord, { kind: 'unusable' }>['why'],
  detail: string,
): ReadRecord {
  return { kind: 'unusable', why, detail };
}
