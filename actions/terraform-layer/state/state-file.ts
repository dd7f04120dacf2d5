import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';

/** Terraform's state file, version 4, as far as it is used here. */
const stateFileSchema = z.object({
  version: z.literal(4),
  serial: z.number().int(),
  lineage: z.string(),
  resources: z
    .array(
      z.object({
        module: z.string().optional(),
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z
          .array(
            z.object({
              index_key: z.union([z.string(), z.number()]).optional(),
              status: z.string().optional(),
              deposed: z.string().optional(),
              attributes: z.record(z.string(), z.unknown()).nullish(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

export type StateFile = z.infer<typeof stateFileSchema>;

/** Undefined where the text is not a state that can be read (OpenTofu may encrypt it). */
export function parseStateFile(text: string): StateFile | undefined {
  return parseJsonAs(stateFileSchema, text);
}
