import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';

/** A statement of a policy, as far as it is judged here. */
interface PolicyStatement {
  readonly effect: string;
  /** Absent: it has `NotAction`. */
  readonly actions: readonly string[] | undefined;
  /** Those of the kind that was asked for, and `*`. */
  readonly principals: readonly string[];
}

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/**
 * The statements of a policy with the principals of one kind (IAM User Guide, "IAM JSON policy
 * elements reference"); undefined where it cannot be read.
 */
export function statementsOf(
  policy: string,
  kind: 'AWS' | 'Service',
): readonly PolicyStatement[] | undefined {
  const schema = z.object({
    Statement: z.preprocess(
      (value) => (Array.isArray(value) ? (value as unknown[]) : [value]),
      z.array(
        z.object({
          Effect: z.string(),
          Action: oneOrMany.optional(),
          Principal: z.union([z.string(), z.object({ [kind]: oneOrMany.optional() })]).optional(),
        }),
      ),
    ),
  });
  return parseJsonAs(schema, policy)?.Statement.map(({ Effect, Action, Principal }) => ({
    effect: Effect,
    actions: Action,
    principals: typeof Principal === 'string' ? [Principal] : (Principal?.[kind] ?? []),
  }));
}
