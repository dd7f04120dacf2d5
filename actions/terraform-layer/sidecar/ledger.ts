import { z } from 'zod';

/** What was last applied with success in one stack (facts: a push's own base loses changes). */
const appliedSchema = z.object({
  version: z.literal(1),
  /** The commit whose code the stack's state now has. */
  sha: z.string(),
  /** ISO 8601. */
  at: z.string(),
  runUrl: z.string().optional(),
  actor: z.string().optional(),
});

export type AppliedEntry = z.infer<typeof appliedSchema>;

/** Undefined where the text is not an entry: what is unknown counts as never applied. */
export function parseApplied(text: string): AppliedEntry | undefined {
  try {
    const parsed = appliedSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function formatApplied(entry: AppliedEntry): string {
  return `${JSON.stringify(entry)}\n`;
}
