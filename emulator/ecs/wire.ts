import { z } from 'zod';
import { AwsError } from '../aws-error.js';

/** A response type of the AWS SDK as it travels in JSON 1.1: timestamps are epoch seconds. */
export type Wire<T> = T extends Date
  ? number
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

export type Input = Record<string, unknown>;
export type Output = Record<string, unknown>;

/** Epoch seconds of a virtual time; absent stays absent. */
export function seconds(ms: number): number;
export function seconds(ms: number | undefined): number | undefined;
export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

/**
 * Checks the JSON types of the members that the emulator reads; others pass through untouched.
 *
 * Throws SerializationException, as an AWS JSON 1.1 service does for a member of the wrong type.
 */
export function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(withoutNulls(input));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const member = issue?.path.join('.') ?? '';
  throw new AwsError('SerializationException', `${member}: ${issue?.message ?? 'malformed input'}`);
}

// AWS JSON 1.1 reads null as an absent member.
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}

const pageInput = z.looseObject({
  maxResults: z.number().int().optional(),
  nextToken: z.string().optional(),
});

/** One page of a list operation: at most `maxResults` (100) from `nextToken` on. */
export function page<T>(items: readonly T[], input: Input): { items: T[]; nextToken?: string } {
  const { maxResults = 100, nextToken } = parse(pageInput, input);
  if (maxResults < 1 || maxResults > 100) {
    throw new AwsError('InvalidParameterException', 'maxResults must be between 1 and 100.');
  }
  const start = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(start) || start < 0) {
    throw new AwsError('InvalidParameterException', 'Invalid token.');
  }
  const end = start + maxResults;
  return {
    items: items.slice(start, end),
    ...(end < items.length && { nextToken: String(end) }),
  };
}
