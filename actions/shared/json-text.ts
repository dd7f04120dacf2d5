import type { z } from 'zod';

/** What a JSON text holds; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What a JSON text holds; undefined where it is none, or has another shape. */
export function parseJsonAs<T>(schema: z.ZodType<T>, text: string): T | undefined {
  return schema.safeParse(parseJson(text)).data;
}
