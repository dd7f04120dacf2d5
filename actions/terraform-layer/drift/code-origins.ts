import path from 'node:path/posix';
import { terraformParser } from '../hcl/parser-runtime.js';
import { HclReader, type PlacedExpression } from '../hcl/parse.js';
import { splitBlocks } from '../hcl/split.js';
import { locate, type Body, type Expression, type Source } from '../hcl/syntax.js';
import { isConfigurationFile } from '../stacks/configuration-files.js';
import { diskFiles, type Files } from '../stacks/files.js';
import { ModuleSources, type ModuleCall, type ModuleSource } from '../stacks/module-source.js';
import { mergedAttributes } from '../stacks/named-block.js';
import { ProblemList } from '../stacks/problem-list.js';
import { Repository } from '../stacks/repository.js';
import { automaticVarFiles } from '../stacks/variables.js';
import type { Stack } from '../stacks/workspace.js';
import { parseAddress, type InstanceKey } from '../terraform/resource-address.js';
import type { Origin } from './literal.js';

type Path = readonly (string | number)[];

/** Finds the literal that gives an attribute of a stack's resource its value. */
export type FindOrigin = (address: string, steps: Path) => Origin | undefined;

/**
 * Looks values up in the code of one stack, through variables, locals, objects and local modules,
 * to the tfvars line that people edit. What is computed has no origin.
 */
export async function codeOrigins(options: {
  /** Absolute path of the repository's root. */
  readonly root: string;
  readonly stack: Stack;
  /** Values of the input `vars`: these stand in no file. */
  readonly variables: Readonly<Record<string, string>>;
  /** Var files of the input, which win over the stack's own; relative to the root. */
  readonly varFiles: readonly string[];
  /** Default: the disk below `root`. */
  readonly files?: Files;
}): Promise<FindOrigin> {
  const { stack, variables, varFiles } = options;
  const reader = new HclReader(await terraformParser());
  const files = options.files ?? diskFiles(options.root);
  const repository = new Repository(files, reader, new ProblemList(), stack.directory);
  const search = new Search(repository, new ModuleSources(repository), {
    given: new Set(Object.keys(variables)),
    varFiles: [
      ...[...varFiles].reverse(),
      ...[...stack.varFiles].reverse(),
      ...automaticVarFiles(repository, stack.directory),
    ],
  });
  return (address, steps) => search.find(stack.directory, address, steps);
}

/** A module, and the call that gives its variables their values. */
interface Frame {
  readonly module: ModuleSource;
  readonly caller?: { readonly frame: Frame; readonly call: ModuleCall };
  readonly key?: InstanceKey;
}

/** An expression, where its names have their meaning. */
interface Scoped {
  readonly placed: PlacedExpression;
  readonly frame: Frame;
  /** `each.value` inside it: the block's `for_each` and the key of this instance. */
  readonly each?: { readonly forEach: Scoped; readonly key: InstanceKey };
}

type Found = { readonly kind: 'expression'; readonly of: Scoped } | Extract<Answer, object>;
type Answer = { readonly kind: 'origin'; readonly origin: Origin } | undefined;

const maximumSteps = 40;

class Search {
  readonly #repository: Repository;
  readonly #sources: ModuleSources;
  readonly #root: { readonly given: ReadonlySet<string>; readonly varFiles: readonly string[] };
  #left = maximumSteps;

  constructor(
    repository: Repository,
    sources: ModuleSources,
    root: { readonly given: ReadonlySet<string>; readonly varFiles: readonly string[] },
  ) {
    this.#repository = repository;
    this.#sources = sources;
    this.#root = root;
  }

  find(directory: string, address: string, steps: Path): Origin | undefined {
    this.#left = maximumSteps;
    const parsed = parseAddress(address);
    const root = this.#sources.get(directory);
    if (parsed?.resource === undefined || root === undefined) return undefined;
    let frame: Frame | undefined = { module: root };
    for (const { name, key } of parsed.modules) {
      frame = this.#below(frame, name, key);
      if (frame === undefined) return undefined;
    }
    const { type, name, key } = parsed.resource;
    const found = this.#attribute(frame, [type, name], key, steps);
    return found === undefined ? undefined : this.#resolve(found.scoped, found.rest);
  }

  #below(frame: Frame, name: string, key: InstanceKey | undefined): Frame | undefined {
    const call = frame.module.calls.find((candidate) => candidate.name === name);
    const module = call && this.#sources.get(call.directory);
    if (call === undefined || module === undefined) return undefined;
    return { module, caller: { frame, call }, ...(key === undefined ? {} : { key }) };
  }

  /** The expression of an attribute of a resource, and the steps that are left inside it. */
  #attribute(
    frame: Frame,
    labels: readonly [string, string],
    key: InstanceKey | undefined,
    steps: Path,
  ): { readonly scoped: Scoped; readonly rest: Path } | undefined {
    for (const { body, source } of this.#resources(frame.module.directory, labels)) {
      const inner = enter(body, steps);
      const attribute = inner?.body.attributes.get(inner.name);
      const placed = attribute && this.#repository.value(attribute, source);
      if (inner === undefined || placed === undefined) continue;
      const each = this.#each(frame, body, source, key);
      return { scoped: { placed, frame, ...each }, rest: inner.rest };
    }
    return undefined;
  }

  #each(
    frame: Frame,
    body: Body,
    source: Source,
    key: InstanceKey | undefined,
  ): Pick<Scoped, 'each'> {
    const attribute = body.attributes.get('for_each');
    const placed = attribute && this.#repository.value(attribute, source);
    if (placed === undefined || key === undefined) return {};
    return { each: { forEach: { placed, frame }, key } };
  }

  *#resources(
    directory: string,
    [type, name]: readonly [string, string],
  ): Iterable<{ readonly body: Body; readonly source: Source }> {
    for (const fileName of this.#repository.namesIn(directory).filter(isConfigurationFile)) {
      const file = path.join(directory, fileName);
      const text = this.#repository.text(file);
      if (text?.includes(type) !== true) continue;
      for (const block of splitBlocks(text).blocks) {
        const { labels = [], start, end } = block;
        if (block.type !== 'resource' || labels[0] !== type || labels[1] !== name) continue;
        const line = text.slice(0, start).split('\n').length;
        const source = { file, text: text.slice(start, end), line };
        const body = this.#repository.body(source)?.blocks[0]?.body;
        if (body !== undefined) yield { body, source };
      }
    }
  }

  /** Follows names until a literal is reached. */
  #resolve(scoped: Scoped, steps: Path): Origin | undefined {
    this.#left -= 1;
    if (this.#left < 0) return undefined;
    const { expression, source } = scoped.placed;
    if (steps.length > 0) {
      const [first, ...rest] = steps;
      const item = first === undefined ? undefined : memberOf(expression, first);
      if (item !== undefined) {
        return this.#resolve({ ...scoped, placed: { expression: item, source } }, rest);
      }
    }
    if (expression.kind === 'literal') {
      return steps.length > 0 ? undefined : this.#originOf(expression, source);
    }
    const name = referenceOf(expression);
    if (name === undefined) return undefined;
    const found = this.#lookup(scoped, name.root, name.path);
    if (found === undefined) return undefined;
    if (found.kind === 'origin') return found.origin;
    return this.#resolve(found.of, [...found.rest, ...steps]);
  }

  #lookup(
    scoped: Scoped,
    root: string,
    names: Path,
  ): (Found & { readonly rest: Path }) | undefined {
    const [name, ...rest] = names;
    if (typeof name !== 'string') return undefined;
    const { frame, each } = scoped;
    switch (root) {
      case 'var': {
        const found = this.#variable(frame, name);
        return found && { ...found, rest };
      }
      case 'local': {
        const locals = { name: 'locals', refs: frame.module.locals };
        const placed = mergedAttributes(this.#repository, locals).get(name)?.value;
        return placed && { kind: 'expression', of: { placed, frame }, rest };
      }
      case 'each':
        if (name !== 'value' || each === undefined) return undefined;
        return { kind: 'expression', of: each.forEach, rest: [each.key, ...rest] };
      default:
        return undefined;
    }
  }

  #variable(frame: Frame, name: string): Found | undefined {
    const { caller } = frame;
    if (caller !== undefined) {
      const passed = mergedAttributes(this.#repository, caller.call);
      const placed = passed.get(name)?.value;
      const forEach = passed.get('for_each')?.value;
      const each =
        forEach === undefined || frame.key === undefined
          ? {}
          : { each: { forEach: { placed: forEach, frame: caller.frame }, key: frame.key } };
      if (placed !== undefined) {
        return { kind: 'expression', of: { placed, frame: caller.frame, ...each } };
      }
    } else if (this.#root.given.has(name)) {
      return undefined;
    } else {
      for (const file of this.#root.varFiles) {
        const found = this.#assigned(file, name, frame);
        if (found !== undefined) return found;
      }
    }
    const block = frame.module.variables.get(name);
    const placed = block && mergedAttributes(this.#repository, block).get('default')?.value;
    return placed && { kind: 'expression', of: { placed, frame } };
  }

  #assigned(file: string, name: string, frame: Frame): Found | undefined {
    const text = this.#repository.text(file);
    if (text === undefined) return undefined;
    if (file.endsWith('.json')) {
      const named = text.includes(JSON.stringify(name));
      return named ? { kind: 'origin', origin: { at: { file }, value: undefined } } : undefined;
    }
    const source = { file, text, line: 1 };
    const attribute = this.#repository.body(source)?.attributes.get(name);
    const placed = attribute && this.#repository.value(attribute, source);
    return placed && { kind: 'expression', of: { placed, frame } };
  }

  #originOf(
    expression: Extract<Expression, { readonly kind: 'literal' }>,
    source: Source,
  ): Origin | undefined {
    const { value, start, end } = expression;
    if (value === null) return undefined;
    const at = locate(source, start);
    const text = this.#repository.text(at.file)?.split('\n')[(at.line ?? 1) - 1];
    const column = (at.column ?? 1) - 1;
    const written = source.text.slice(start, end);
    const onLine = text !== undefined && text.slice(column).startsWith(written);
    return {
      at,
      value,
      ...(onLine ? { line: { text, start: column, end: column + written.length } } : {}),
    };
  }
}

/** Goes into nested blocks as far as the steps name some: `rule[0].days` is in the first `rule`. */
function enter(
  body: Body,
  steps: Path,
): { readonly body: Body; readonly name: string; readonly rest: Path } | undefined {
  const [name, ...rest] = steps;
  if (typeof name !== 'string') return undefined;
  if (body.attributes.has(name)) return { body, name, rest };
  const blocks = body.blocks.filter(({ type }) => type === name);
  const [index, ...inner] = rest;
  const block = typeof index === 'number' ? blocks[index] : undefined;
  return block === undefined ? undefined : enter(block.body, inner);
}

function memberOf(expression: Expression, step: string | number): Expression | undefined {
  if (expression.kind === 'tuple' && typeof step === 'number') return expression.items[step];
  if (expression.kind !== 'object') return undefined;
  return expression.items.find(({ key }) => keyText(key) === String(step))?.value;
}

/** A key of an object: a bare word is text there. */
function keyText(key: Expression): string | undefined {
  if (key.kind === 'literal' && key.value !== null) return String(key.value);
  return key.kind === 'variable' ? key.name : undefined;
}

/** `var.a.b["c"]` as a root and a path; undefined for anything that is computed. */
function referenceOf(
  expression: Expression,
): { readonly root: string; readonly path: Path } | undefined {
  if (expression.kind === 'variable') return { root: expression.name, path: [] };
  if (expression.kind !== 'step') return undefined;
  const of = referenceOf(expression.of);
  if (of === undefined) return undefined;
  const { step } = expression;
  if (step.kind === 'attribute') return { root: of.root, path: [...of.path, step.name] };
  const key = step.key.kind === 'literal' ? step.key.value : undefined;
  if (typeof key !== 'string' && typeof key !== 'number') return undefined;
  return { root: of.root, path: [...of.path, key] };
}
