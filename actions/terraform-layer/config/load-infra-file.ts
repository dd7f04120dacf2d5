import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import type { Problem, SourceLocation } from '../../shared/errors.js';
import { infraSchema, type InfraFile } from './infra-schema.js';
import { nearest } from './nearest.js';

/** `infra.yml` as data, and where each key of it stands. */
export interface LoadedInfraFile {
  readonly data: InfraFile;
  /** Place of the value at a path, or of the nearest thing above it that has one. */
  readonly at: (path: readonly PropertyKey[]) => SourceLocation;
}

export type InfraFileResult =
  | { readonly ok: true; readonly loaded: LoadedInfraFile }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What stands for a file that is not there. */
export function absentInfraFile(): LoadedInfraFile {
  return { data: infraSchema.parse({}), at: () => ({ file: 'infra.yml' }) };
}

/** Reads and checks `infra.yml`; every problem has its line and column. */
export function parseInfraFile(file: string, text: string): InfraFileResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const place = (offset: number): SourceLocation => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const at = (path: readonly PropertyKey[]): SourceLocation => place(offsetOf(document, path));
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos }) => ({
      code: 'yaml-syntax',
      message,
      at: place(pos[0]),
    }));
    return { ok: false, problems };
  }
  const checked = infraSchema.safeParse(toPlain(document));
  if (!checked.success) {
    const { issues } = checked.error;
    const problems = issues.flatMap((issue) => problemsOf(issue, document, at, place));
    const rest = infraSchema.safeParse(withoutIssues(toPlain(document), issues));
    const references = rest.success
      ? referenceProblems({ data: rest.data, at }, place, document)
      : [];
    return { ok: false, problems: [...problems, ...references] };
  }
  const loaded = { data: checked.data, at };
  const problems = referenceProblems(loaded, place, document);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, loaded };
}

/** An empty file is an empty map. */
function toPlain(document: Document): unknown {
  return document.toJS({ maxAliasCount: 100 }) ?? {};
}

/**
 * What is left of the file without the values that are wrong, so that what it refers to is judged
 * in the same go. An environment that is wrong as a whole still is an environment.
 */
function withoutIssues(plain: unknown, issues: readonly Issue[]): unknown {
  for (const issue of issues) {
    const paths =
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => [...issue.path, key])
        : [issue.path];
    for (const path of paths) {
      const parent: unknown = path.slice(0, -1).reduce<unknown>(valueAt, plain);
      const key = path.at(-1);
      if (typeof parent !== 'object' || parent === null || key === undefined) continue;
      const isEnvironment = path.length === 2 && path[0] === 'environments';
      if (isEnvironment) Reflect.set(parent, key, {});
      else Reflect.deleteProperty(parent, key);
    }
  }
  return plain;
}

function valueAt(parent: unknown, key: PropertyKey): unknown {
  if (typeof parent !== 'object' || parent === null) return undefined;
  return Reflect.get(parent, key) as unknown;
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return 0;
}

/** Offset of a key itself, not of its value. */
function keyOffset(document: Document, path: readonly PropertyKey[], key: string): number {
  const parent: unknown = document.getIn(path, true);
  if (typeof parent === 'object' && parent !== null && 'items' in parent) {
    for (const item of parent.items as readonly { readonly key?: unknown }[]) {
      if (isNode(item.key) && String(item.key) === key) return item.key.range?.[0] ?? 0;
    }
  }
  return offsetOf(document, path);
}

type Issue = z.core.$ZodIssue;

function problemsOf(
  issue: Issue,
  document: Document,
  at: (path: readonly PropertyKey[]) => SourceLocation,
  place: (offset: number) => SourceLocation,
): readonly Problem[] {
  const name = issue.path.map(String).join('.') || 'infra.yml';
  const found: unknown = document.getIn(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const allowed = keysAt(issue.path);
        const like = nearest(key, allowed);
        return {
          code: 'unknown-key',
          message: `${[...issue.path.map(String), key].join('.')} is not a key of infra.yml`,
          at: place(keyOffset(document, issue.path, key)),
          hint: like === undefined ? `allowed: ${allowed.join(', ')}` : `did you mean ${like}?`,
        };
      });
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const like = typeof found === 'string' ? nearest(found, allowed) : undefined;
      return [
        {
          code: 'invalid-value',
          message: `${name}: ${shown(found)} is none of ${allowed.join(', ')}`,
          at: at(issue.path),
          ...(like === undefined ? {} : { hint: `did you mean ${like}?` }),
        },
      ];
    }
    case 'invalid_key': {
      const key = String(issue.path.at(-1) ?? '');
      return [
        {
          code: 'invalid-value',
          message: `${name}: ${issue.issues[0]?.message ?? issue.message}`,
          at: place(keyOffset(document, issue.path.slice(0, -1), key)),
        },
      ];
    }
    case 'invalid_type':
      return [
        {
          code: found === undefined ? 'missing-key' : 'invalid-type',
          message:
            found === undefined
              ? `${name} is missing`
              : `${name}: ${shown(found)} is not ${article(issue.expected)}`,
          at: at(issue.path),
        },
      ];
    default:
      return [
        {
          code: 'invalid-value',
          message: `${name}: ${shown(found)}: ${issue.message}`,
          at: at(issue.path),
        },
      ];
  }
}

/** Keys that are allowed at a path, read from the schema itself. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const empty = infraSchema.shape;
  const [first] = path;
  if (first === 'environments') {
    return Object.keys(empty.environments.unwrap().valueType.unwrap().shape);
  }
  if (first === 'stacks') return Object.keys(empty.stacks.unwrap().element.shape);
  return Object.keys(empty);
}

function shown(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return JSON.stringify(value);
  }
  return value === null ? 'nothing' : Array.isArray(value) ? 'a list' : 'a map';
}

function article(type: string): string {
  const names: Readonly<Record<string, string>> = {
    array: 'a list',
    object: 'a map',
    record: 'a map',
    string: 'text',
    boolean: 'true or false',
    number: 'a number',
  };
  return names[type] ?? type;
}

/** Names that point at environments which are not there, and environments that wait in a circle. */
function referenceProblems(
  { data, at }: LoadedInfraFile,
  place: (offset: number) => SourceLocation,
  document: Document,
): readonly Problem[] {
  const problems: Problem[] = [];
  const names = Object.keys(data.environments);
  for (const [name, settings] of Object.entries(data.environments)) {
    for (const [index, other] of (settings?.after ?? []).entries()) {
      if (names.includes(other)) continue;
      problems.push(
        unknownEnvironment(other, names, at(['environments', name, 'after', index]), {
          key: `environments.${name}.after`,
        }),
      );
    }
  }
  problems.push(...environmentCycles(data, at));
  for (const [name, aliases] of Object.entries(data['state-name-aliases'])) {
    const key = 'state-name-aliases';
    if (names.length > 0 && !names.includes(name)) {
      const offset = keyOffset(document, [key], name);
      problems.push(unknownEnvironment(name, names, place(offset), { key }));
    }
    for (const [index, alias] of aliases.entries()) {
      if (!names.includes(alias)) continue;
      problems.push({
        code: 'ambiguous-alias',
        message: `${key}.${name}: "${alias}" is an environment of its own`,
        at: at([key, name, index]),
      });
    }
  }
  for (const [index, rule] of data.stacks.entries()) {
    const first = data.stacks.findIndex(({ path }) => path === rule.path);
    if (first === index) continue;
    problems.push({
      code: 'duplicate-path',
      message: `stacks.${index}.path: ${shown(rule.path)} stands in stacks.${first} too`,
      at: at(['stacks', index, 'path']),
    });
  }
  return problems;
}

function unknownEnvironment(
  name: string,
  names: readonly string[],
  at: SourceLocation,
  { key }: { readonly key: string },
): Problem {
  const like = nearest(name, names);
  return {
    code: 'unknown-environment',
    message: `${key}: "${name}" is not an environment`,
    at,
    hint: like === undefined ? `environments: ${names.join(', ')}` : `did you mean ${like}?`,
  };
}

function environmentCycles(data: InfraFile, at: LoadedInfraFile['at']): readonly Problem[] {
  const after = (name: string): readonly string[] => data.environments[name]?.after ?? [];
  const reported = new Set<string>();
  return Object.keys(data.environments).flatMap((start) => {
    const path = wayBack(start, after);
    if (path === undefined || path.some((name) => reported.has(name))) return [];
    for (const name of path) reported.add(name);
    const index = after(start).indexOf(path[1] ?? start);
    return [
      {
        code: 'environment-cycle',
        message: `environments wait for each other: ${[...path, start].join(' after ')}`,
        at: at(['environments', start, 'after', index]),
      },
    ];
  });
}

/** The shortest way from a name over `next` back to it, itself first; undefined if there is none. */
function wayBack(
  start: string,
  next: (name: string) => readonly string[],
): readonly string[] | undefined {
  const seen = new Set<string>();
  let ways: string[][] = [[start]];
  while (ways.length > 0) {
    const longer: string[][] = [];
    for (const way of ways) {
      for (const name of next(way.at(-1) ?? start)) {
        if (name === start) return way;
        if (seen.has(name)) continue;
        seen.add(name);
        longer.push([...way, name]);
      }
    }
    ways = longer;
  }
  return undefined;
}
