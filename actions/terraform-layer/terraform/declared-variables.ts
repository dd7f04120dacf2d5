import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJson } from '../../shared/json-text.js';
import type { Stack } from '../stacks/workspace.js';

/**
 * Names of the variables that each root module declares. Terraform refuses `-var` for any other,
 * and one input serves stacks that declare different ones.
 */
export async function declaredVariables(
  root: string,
  stacks: readonly Stack[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  return new Map(
    await Promise.all(
      stacks.map(async ({ id, directory }) => {
        const place = path.join(root, directory);
        const names = await readdir(place).catch(() => []);
        const files = names.filter((name) => /\.(tf|tofu)(\.json)?$/.test(name));
        const texts = await Promise.all(
          files.map((name) => readFile(path.join(place, name), 'utf8')),
        );
        return [id, new Set(texts.flatMap(variableNames))] as const;
      }),
    ),
  );
}

/** Those of the given values that a stack declares. */
export function declaredOnly(
  variables: Readonly<Record<string, string>>,
  declared: ReadonlySet<string> | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => declared?.has(name) === true),
  );
}

/** `variable "name" {` of the native syntax, and the keys of `"variable": {…}` of the JSON one. */
export function variableNames(text: string): readonly string[] {
  if (!text.trimStart().startsWith('{')) {
    return [...text.matchAll(/^\s*variable\s+"?([^"\s{]+)"?\s*\{/gm)].map(([, name = '']) => name);
  }
  const document = parseJson(text);
  const block =
    typeof document === 'object' && document !== null && 'variable' in document
      ? document.variable
      : undefined;
  return typeof block === 'object' && block !== null ? Object.keys(block) : [];
}
