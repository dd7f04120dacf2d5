import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import { fromRoot, type Diagnostic } from './diagnostics.js';

/**
 * One line of `terraform … -json` (Terraform documentation, "Machine-Readable UI"), as far as it
 * is used here.
 */
export type TerraformEvent =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'diagnostic'; readonly text: string; readonly diagnostic: Diagnostic }
  /** A resource began, ended, or failed to be changed; reads are left out. */
  | {
      readonly kind: 'resource';
      readonly text: string;
      readonly phase: 'start' | 'complete' | 'errored';
      readonly action: string;
      readonly address: string;
      /** What the provider calls it, known once it exists. */
      readonly id: string | undefined;
    }
  | {
      readonly kind: 'summary';
      readonly text: string;
      readonly add: number;
      readonly change: number;
      readonly remove: number;
    }
  /** The outputs after an apply. */
  | { readonly kind: 'outputs'; readonly text: string; readonly outputs: AppliedOutputs };

/** By name; a sensitive output has no value here. */
export type AppliedOutputs = ReadonlyMap<
  string,
  { readonly sensitive: boolean; readonly value?: unknown }
>;

const positionSchema = z.object({ line: z.number(), column: z.number() });
const lineSchema = z.object({
  '@message': z.string().default(''),
  type: z.string().optional(),
  diagnostic: z
    .object({
      severity: z.enum(['error', 'warning']).catch('error'),
      summary: z.string(),
      detail: z.string().default(''),
      address: z.string().optional(),
      range: z.object({ filename: z.string(), start: positionSchema }).optional(),
      snippet: z.object({ code: z.string() }).optional(),
    })
    .optional(),
  hook: z
    .object({
      resource: z.object({ addr: z.string() }),
      action: z.string().default(''),
      id_value: z.string().optional(),
    })
    .optional(),
  changes: z.object({ add: z.number(), change: z.number(), remove: z.number() }).optional(),
  outputs: z
    .record(
      z.string(),
      z.object({
        sensitive: z.boolean().default(false),
        value: z.unknown().optional(),
        /** Set where the event tells what a plan would do. */
        action: z.string().optional(),
      }),
    )
    .optional(),
});

const phases = {
  apply_start: 'start',
  apply_complete: 'complete',
  apply_errored: 'errored',
} as const;

/**
 * Reads one line of standard output. A line that is not JSON (a crash, a wrapper's own words) is
 * a plain message; `directory` is where Terraform ran, relative to the root.
 */
export function parseEvent(line: string, directory: string): TerraformEvent | undefined {
  if (line.trim() === '') return undefined;
  const parsed = parseJsonAs(lineSchema, line);
  if (parsed === undefined) return { kind: 'message', text: stripVTControlCharacters(line) };
  const { '@message': text, type = '', diagnostic, hook, changes, outputs } = parsed;
  if (diagnostic !== undefined) {
    const { severity, summary, detail, address, range, snippet } = diagnostic;
    return {
      kind: 'diagnostic',
      text: detail === '' ? text : `${text}\n${detail}`,
      diagnostic: {
        severity,
        summary,
        detail,
        ...(range === undefined
          ? {}
          : {
              at: {
                file: fromRoot(directory, range.filename),
                line: range.start.line,
                column: range.start.column,
              },
            }),
        ...(address === undefined ? {} : { address }),
        ...(snippet === undefined ? {} : { code: snippet.code }),
      },
    };
  }
  if (hook !== undefined && hook.action !== 'read' && type in phases) {
    const phase = phases[type as keyof typeof phases];
    const { action, resource, id_value: id } = hook;
    return { kind: 'resource', text, phase, action, address: resource.addr, id };
  }
  if (type === 'change_summary' && changes !== undefined) {
    const { add, change, remove } = changes;
    return { kind: 'summary', text, add, change, remove };
  }
  if (type === 'outputs' && outputs !== undefined) {
    const entries = Object.entries(outputs);
    if (entries.every(([, { action }]) => action === undefined)) {
      return {
        kind: 'outputs',
        text,
        outputs: new Map(
          entries.map(([name, { sensitive, value }]) => [
            name,
            sensitive ? { sensitive } : { sensitive, value },
          ]),
        ),
      };
    }
  }
  return { kind: 'message', text: stripVTControlCharacters(text) };
}
