import { z } from 'zod';
import { parseJsonAs } from '../shared/json-text.js';

/**
 * What `release/current` holds: the last release that succeeded, or `starting` from just before
 * the service's first rollout until it has succeeded once. Where that fails, and the service has
 * nothing else to run, the parameter is removed. Terraform reads only whether it exists: while it
 * does, the service has its count.
 */
const releaseSchema = z.object({
  version: z.literal(1),
  status: z.enum(['starting', 'succeeded']),
  /** By container name, by digest where it is known. */
  images: z.record(z.string(), z.string()),
  taskDefinition: z.string().optional(),
  commit: z.string().optional(),
  run: z.string().optional(),
  /** ISO 8601. */
  at: z.string(),
});

export type Release = z.infer<typeof releaseSchema>;

/** `undefined` where the text is no release of ours: it is then written anew. */
export function parseRelease(text: string): Release | undefined {
  return parseJsonAs(releaseSchema, text);
}
