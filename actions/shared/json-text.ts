import type { z } from 'zod';

/** What a JSON text holds; undefined where it is none, or has another shape. */
export function parseJsonAs<T>(schema: z.ZodType<T>, text: string): T | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  return schema.safeParse(json).data;
}
