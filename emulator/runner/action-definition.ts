import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { RunnerError } from './runner-error.js';

/** YAML gives `true` and `1` where action authors mean text. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const inputSchema = z.object({
  description: text.optional(),
  required: z.boolean().optional(),
  default: text.nullish(),
  deprecationMessage: text.optional(),
});

const definitionSchema = z.object({
  name: text,
  inputs: z.record(z.string(), inputSchema.nullable()).nullish(),
  outputs: z.record(z.string(), z.unknown()).nullish(),
  runs: z.object({
    using: text,
    main: z.string().optional(),
    pre: z.string().optional(),
    post: z.string().optional(),
    'post-if': text.optional(),
  }),
});

export interface ActionInput {
  readonly name: string;
  /** May hold expressions; empty where the action names none. */
  readonly default: string;
  readonly deprecationMessage: string | undefined;
}

/** What `action.yml` says, with the entries as absolute paths of files that exist. */
export interface ActionDefinition {
  readonly name: string;
  readonly directory: string;
  readonly inputs: readonly ActionInput[];
  readonly outputs: readonly string[];
  readonly main: string;
  readonly post: string | undefined;
  readonly postIf: string;
}

async function readDefinition(directory: string): Promise<{ file: string; content: string }> {
  for (const name of ['action.yml', 'action.yaml']) {
    const file = path.join(directory, name);
    const content = await readFile(file, 'utf8').catch(() => undefined);
    if (content !== undefined) return { file, content };
  }
  throw new RunnerError('action-not-found', `no action.yml to read in ${directory}`);
}

async function entry(directory: string, script: string): Promise<string> {
  const file = path.resolve(directory, script);
  try {
    await access(file);
  } catch (error) {
    throw new RunnerError('bundle-not-built', `${file} does not exist: run "make build"`, error);
  }
  return file;
}

/**
 * Reads the definition of a JavaScript action.
 *
 * @throws RunnerError `action-not-found`, `action-invalid`, `action-unsupported` (composite and
 * container actions, `pre:`), `bundle-not-built`.
 */
export async function readAction(directory: string): Promise<ActionDefinition> {
  const { file, content } = await readDefinition(directory);
  let parsed: z.output<typeof definitionSchema>;
  try {
    parsed = definitionSchema.parse(parse(content));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new RunnerError('action-invalid', `${file}: ${reason}`, error);
  }
  const { using, main, pre, post } = parsed.runs;
  if (!/^node\d+$/.test(using)) {
    throw new RunnerError(
      'action-unsupported',
      `${file}: only node actions run here, not ${using}`,
    );
  }
  if (pre !== undefined) {
    throw new RunnerError('action-unsupported', `${file}: "pre" is not run here`);
  }
  if (main === undefined) throw new RunnerError('action-invalid', `${file}: "main" is missing`);
  return {
    name: parsed.name,
    directory,
    inputs: Object.entries(parsed.inputs ?? {}).map(([name, input]) => ({
      name,
      default: input?.default ?? '',
      deprecationMessage: input?.deprecationMessage,
    })),
    outputs: Object.keys(parsed.outputs ?? {}),
    main: await entry(directory, main),
    post: post === undefined ? undefined : await entry(directory, post),
    postIf: parsed.runs['post-if'] ?? 'always()',
  };
}
