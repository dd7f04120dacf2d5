import path from 'node:path/posix';
import type { Env } from '../../shared/env.js';
import { evaluate } from '../hcl/evaluate.js';
import type { Scope, ScopeFiles } from '../hcl/scope.js';
import { convertToType } from '../hcl/type-constraint.js';
import type { Expression, Source } from '../hcl/syntax.js';
import { asNumber, isList, isMap, Unknown, type Evaluated } from '../hcl/value.js';
import {
  mergedAttributes,
  type ModuleCall,
  type ModuleSource,
  type ModuleSources,
  type NamedBlock,
  type PlacedAttribute,
} from './module-source.js';
import type { Repository } from './repository.js';

/** What every instance of one stack shares. */
export interface StackContext {
  readonly repository: Repository;
  readonly sources: ModuleSources;
  /** Absolute path of the repository's root. */
  readonly root: string;
  /** Where Terraform runs, relative to the repository's root. */
  readonly directory: string;
  /** `terraform.workspace`. */
  readonly workspace: string;
  readonly env: Env;
}

/** Value of an input variable, or undefined where nobody gives it one. */
export type Inputs = (name: string) => Evaluated | undefined;

/** A module as one stack calls it: its names have values. Everything is worked out when asked. */
export class ModuleInstance implements Scope {
  readonly source: ModuleSource;
  readonly #context: StackContext;
  readonly #inputs: Inputs;
  readonly #outerProvider: (name: string) => TfeProvider | undefined;
  readonly #variables = new Map<string, Evaluated>();
  readonly #locals = new Map<string, Evaluated>();
  #localAttributes: ReadonlyMap<string, PlacedAttribute> | undefined;

  constructor(
    context: StackContext,
    source: ModuleSource,
    inputs: Inputs,
    outerProvider: (name: string) => TfeProvider | undefined = () => undefined,
  ) {
    this.#context = context;
    this.source = source;
    this.#inputs = inputs;
    this.#outerProvider = outerProvider;
  }

  lookup(root: string, name: string): Evaluated | undefined {
    switch (root) {
      case 'var':
        return this.#variable(name);
      case 'local':
        return this.#local(name);
      case 'path':
        return this.#path(name);
      case 'terraform':
      case 'tofu':
        return name === 'workspace' ? this.#context.workspace : undefined;
      default:
        return undefined;
    }
  }

  moduleOutput(name: string, key: Evaluated | undefined, output: string): Evaluated | undefined {
    const call = this.source.calls.find((candidate) => candidate.name === name);
    const module = call && this.#context.sources.get(call.directory);
    const block = module?.outputs.get(output);
    if (call === undefined || module === undefined || block === undefined) return undefined;
    const each = key === undefined ? undefined : { key, value: null };
    const child = this.#child(call, module, each);
    const value = mergedAttributes(this.#context.repository, block).get('value')?.value;
    return value && evaluate(value.expression, value.source, child);
  }

  get files(): ScopeFiles {
    const { repository } = this.#context;
    return {
      workingDirectory: this.#workingDirectory,
      read: (file) => this.#within(file, (place) => repository.text(place)),
      list: (directory) => this.#within(directory, (place) => repository.filesBelow(place)) ?? [],
      template: (file) => this.#within(file, (place) => repository.template(place)),
    };
  }

  /** An absolute path as seen from where Terraform runs; undefined outside of the repository. */
  relativePath(absolute: string): string | undefined {
    return this.#within(absolute, (place) => path.relative(this.#context.directory, place) || '.');
  }

  get #workingDirectory(): string {
    return path.join(this.#context.root, this.#context.directory);
  }

  /** Calls `use` with a path relative to the root, unless it leads out of the repository. */
  #within<T>(file: string, use: (place: string) => T | undefined): T | undefined {
    const { root } = this.#context;
    const place = path.relative(root, path.resolve(this.#workingDirectory, file)) || '.';
    return place === '..' || place.startsWith('../') ? undefined : use(place);
  }

  /** Instances of the local modules it calls that matter, `count` and `for_each` worked out. */
  *children(): Iterable<ModuleInstance> {
    for (const call of this.source.calls) {
      const module = this.#context.sources.get(call.directory);
      if (module?.needsEvaluation !== true) continue;
      for (const { each } of repetitions(this.#context.repository, call, this)) {
        yield this.#child(call, module, each);
      }
    }
  }

  get env(): Env {
    return this.#context.env;
  }

  /** What `tfe`, or `tfe.<alias>`, stands for in this module. */
  tfeProvider(name: string): TfeProvider | undefined {
    for (const block of this.source.tfeProviders) {
      const attributes = mergedAttributes(this.#context.repository, block);
      const alias = attributes.get('alias')?.value?.expression;
      const own = alias === undefined ? block.name : `${block.name}.${referenceName(alias)}`;
      if (own === name) return { attributes, scope: this };
    }
    return this.#outerProvider(name);
  }

  #child(call: ModuleCall, module: ModuleSource, each: Each | undefined): ModuleInstance {
    const passed = mergedAttributes(this.#context.repository, call);
    const scope = withEach(this, each);
    const inputs: Inputs = (name) => {
      const found = passed.get(name)?.value;
      return found && evaluate(found.expression, found.source, scope);
    };
    return new ModuleInstance(this.#context, module, inputs, (name) => {
      const providers = passed.get('providers')?.value?.expression;
      const items = providers?.kind === 'object' ? providers.items : [];
      const given = items.find(({ key }) => referenceName(key) === name);
      if (given !== undefined) return this.tfeProvider(referenceName(given.value));
      // Only a configuration without an alias is handed down by itself.
      return name.includes('.') ? undefined : this.tfeProvider(name);
    });
  }

  #variable(name: string): Evaluated | undefined {
    const known = this.#variables.get(name);
    if (known !== undefined) return known;
    const block = this.source.variables.get(name);
    if (block === undefined) return undefined;
    const value = this.#variableValue(block);
    this.#variables.set(name, value);
    return value;
  }

  #variableValue(block: NamedBlock): Evaluated {
    const attributes = mergedAttributes(this.#context.repository, block);
    const given = this.#inputs(block.name);
    const fallback = given === undefined ? attributes.get('default')?.value : undefined;
    const value = given ?? (fallback && evaluate(fallback.expression, fallback.source, this));
    if (value === undefined) {
      const source: Source = block.refs[0]?.source ?? { file: '', text: '', line: 1 };
      return new Unknown(`var.${block.name} has no value`, source, 0, 0, true);
    }
    const type = attributes.get('type')?.value;
    return type === undefined ? value : convertToType(value, type.expression);
  }

  #local(name: string): Evaluated | undefined {
    const known = this.#locals.get(name);
    if (known !== undefined) return known;
    this.#localAttributes ??= mergedAttributes(this.#context.repository, {
      name: 'locals',
      refs: this.source.locals,
    });
    const found = this.#localAttributes.get(name)?.value;
    if (found === undefined) return undefined;
    const { expression, source } = found;
    const reason = `local.${name} refers to itself`;
    this.#locals.set(name, new Unknown(reason, source, expression.start, expression.end));
    const result = evaluate(expression, source, this);
    this.#locals.set(name, result);
    return result;
  }

  /**
   * Relative to where Terraform runs; `path.cwd` alone is absolute (Terraform's "References to
   * Named Values").
   */
  #path(name: string): Evaluated | undefined {
    switch (name) {
      case 'module':
        return path.relative(this.#context.directory, this.source.directory) || '.';
      case 'root':
        return '.';
      case 'cwd':
        return this.#workingDirectory;
      default:
        return undefined;
    }
  }
}

/** A `provider "tfe"` block, and where its expressions have their values. */
export interface TfeProvider {
  readonly attributes: ReadonlyMap<string, PlacedAttribute>;
  readonly scope: Scope;
}

/** `tfe.eu` as text; empty for what is no name. */
export function referenceName(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return String(expression.value);
    case 'variable':
      return expression.name;
    case 'step':
      return expression.step.kind === 'attribute'
        ? `${referenceName(expression.of)}.${expression.step.name}`
        : '';
    default:
      return '';
  }
}

/** `each` of one instance, or `count.index` as its key. */
interface Each {
  readonly key: Evaluated;
  readonly value: Evaluated;
}

interface Repetition {
  readonly each?: Each;
}

/**
 * The instances that `count` or `for_each` make of a block. Where these are not known there is
 * one, whose `each` is not known either: only what depends on it cannot be told.
 */
export function repetitions(
  repository: Repository,
  block: NamedBlock,
  scope: Scope,
): readonly Repetition[] {
  const attributes = mergedAttributes(repository, block);
  const count = attributes.get('count')?.value;
  const forEach = attributes.get('for_each')?.value;
  if (count !== undefined) {
    const value = evaluate(count.expression, count.source, scope);
    if (value instanceof Unknown) return [{ each: { key: value, value } }];
    const length = Math.min(asNumber(value) ?? 0, 1000);
    return Array.from({ length }, (_, index) => ({ each: { key: index, value: index } }));
  }
  if (forEach === undefined) return [{}];
  const value = evaluate(forEach.expression, forEach.source, scope);
  if (value instanceof Unknown) return [{ each: { key: value, value } }];
  if (isList(value)) return value.map((item) => ({ each: { key: item, value: item } }));
  if (!isMap(value)) return [];
  return Object.entries(value).map(([key, item]) => ({ each: { key, value: item } }));
}

/** A scope in which `each` and `count` are those of one instance. */
export function withEach(scope: Scope, each: Each | undefined): Scope {
  if (each === undefined) return scope;
  return {
    lookup: (root, name) => {
      if (root === 'each') return name === 'key' ? each.key : each.value;
      if (root === 'count') return each.key;
      return scope.lookup(root, name);
    },
    moduleOutput: (name, key, output) => scope.moduleOutput(name, key, output),
    files: scope.files,
  };
}
