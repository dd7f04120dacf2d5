import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SourceLocation } from '../../shared/errors.js';
import { parseJson } from '../../shared/json-text.js';
import type { Stack } from '../stacks/workspace.js';
import { variableNames } from '../terraform/declared-variables.js';

/** The variables of one stack's root module, as far as its files say it. */
export interface RootVariables {
  readonly declared: ReadonlySet<string>;
  /** Declared `sensitive` or `ephemeral`. */
  readonly sensitive: ReadonlySet<string>;
  /** Set by a var file, which Terraform prefers to a `TF_VAR_…`. */
  readonly assigned: ReadonlyMap<string, SourceLocation>;
}

/** Reads declarations and var files of one stack; `varFiles` are those of the input. */
export async function rootVariables(
  root: string,
  stack: Stack,
  varFiles: readonly string[],
): Promise<RootVariables> {
  const names = await readdir(path.join(root, stack.directory)).catch(() => []);
  const own = names.sort().map((name) => path.posix.join(stack.directory, name));
  const [configuration, values] = await Promise.all([
    texts(
      root,
      own.filter((name) => /\.(tf|tofu)(\.json)?$/.test(name)),
    ),
    texts(root, [
      ...own.filter((name) =>
        /(?:^|\/)terraform\.tfvars$|\.auto\.tfvars$|tfvars\.json$/.test(name),
      ),
      ...stack.varFiles,
      ...varFiles,
    ]),
  ]);
  const assigned = new Map<string, SourceLocation>();
  for (const { file, text } of values) {
    for (const [name, at] of assignments(file, text)) {
      if (!assigned.has(name)) assigned.set(name, at);
    }
  }
  return {
    declared: new Set(configuration.flatMap(({ text }) => variableNames(text))),
    sensitive: new Set(configuration.flatMap(({ text }) => hiddenVariables(text))),
    assigned,
  };
}

async function texts(
  root: string,
  files: readonly string[],
): Promise<readonly { readonly file: string; readonly text: string }[]> {
  return Promise.all(
    [...new Set(files)].map(async (file) => ({
      file,
      text: await readFile(path.join(root, file), 'utf8').catch(() => ''),
    })),
  );
}

/**
 * Names of variables that are declared `sensitive = true` or `ephemeral = true`. A block ends at
 * the first line that begins with its closing brace; where a file is not formatted so, values are
 * hidden rather too often.
 */
export function hiddenVariables(text: string): readonly string[] {
  if (text.trimStart().startsWith('{')) return hiddenJsonVariables(text);
  const parts = text.split(/^[^\S\n]*(?=variable\s+"?[^"\s{]+"?\s*\{)/m);
  return parts.flatMap((part) => {
    const [name] = variableNames(part);
    const block = /^[^\n{]*\{[^\n{}]*\}[^\S\n]*$/m.exec(part)?.[0] ?? part.split(/^\}/m)[0] ?? part;
    const hidden = /(?:^|[{\s])(?:sensitive|ephemeral)\s*=\s*true\b/.test(block);
    return name !== undefined && hidden ? [name] : [];
  });
}

function hiddenJsonVariables(text: string): readonly string[] {
  const variables = member(parseJson(text), 'variable');
  return entries(variables).flatMap(([name, declared]) => {
    const blocks: readonly unknown[] = Array.isArray(declared) ? declared : [declared];
    const hidden = blocks.some(
      (block) => member(block, 'sensitive') === true || member(block, 'ephemeral') === true,
    );
    return hidden ? [name] : [];
  });
}

function assignments(file: string, text: string): readonly (readonly [string, SourceLocation])[] {
  if (file.endsWith('.json')) {
    return entries(parseJson(text)).map(([name]) => [name, { file }] as const);
  }
  return text.split('\n').flatMap((line, index) => {
    const name = /^"?([\p{L}_][\p{L}\p{N}_-]*)"?\s*=(?!=)/u.exec(line)?.[1];
    return name === undefined ? [] : [[name, { file, line: index + 1 }] as const];
  });
}

function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : [];
}

function member(value: unknown, name: string): unknown {
  return entries(value).find(([key]) => key === name)?.[1];
}
