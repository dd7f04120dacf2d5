import path from 'node:path/posix';
import type { Env } from '../../shared/env.js';
import { evaluate } from '../hcl/evaluate.js';
import type { Scope, ScopeFiles } from '../hcl/scope.js';
import { convertToType } from '../hcl/type-constraint.js';
import type { Expression, Source } from '../hcl/syntax.js';
import { asString, Unknown, type Evaluated } from '../hcl/value.js';
import { chosenDirectory } from './chosen-module.js';
import type { ChosenCall, ModuleCall, ModuleSource, ModuleSources } from './module-source.js';
import { mergedAttributes, type NamedBlock, type PlacedAttribute } from './named-block.js';
import { repetitions, withEach, type Each } from './repetitions.js';
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
  /** Directories of the modules from the root's to its own. */
  readonly #path: readonly string[];
  readonly #outerProvider: (name: string) => TfeProvider | undefined;
  readonly #variables = new Map<string, Evaluated>();
  readonly #locals = new Map<string, Evaluated>();
  readonly #chosen = new Map<string, ModuleCall | undefined>();
  #localAttributes: ReadonlyMap<string, PlacedAttribute> | undefined;

  constructor(
    context: StackContext,
    source: ModuleSource,
    inputs: Inputs,
    outerProvider: (name: string) => TfeProvider | undefined = () => undefined,
    /** Directories of the modules around it. */
    around: readonly string[] = [],
  ) {
    this.#context = context;
    this.source = source;
    this.#inputs = inputs;
    this.#outerProvider = outerProvider;
    this.#path = [...around, source.directory];
  }

  lookup(root: string, name: string): Evaluated | undefined {
    switch (root) {
      case 'var':
        return this.#variable(name);
      case 'local':
        return this.#local(name);
      case 'path':
        return this.#pathValue(name);
      case 'terraform':
      case 'tofu':
        return name === 'workspace' ? this.#context.workspace : undefined;
      default:
        return undefined;
    }
  }

  moduleOutput(name: string, key: Evaluated | undefined, output: string): Evaluated | undefined {
    const call = this.#call(name);
    const module = call && this.#context.sources.get(call.directory);
    const block = module?.outputs.get(output);
    if (call === undefined || module === undefined || block === undefined) return undefined;
    const child = this.#child(call, module, key === undefined ? undefined : this.#each(call, key));
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
    for (const call of this.#calls()) {
      const module = this.#context.sources.get(call.directory);
      if (module?.needsEvaluation !== true) continue;
      for (const { each } of repetitions(this.#context.repository, call, this)) {
        yield this.#child(call, module, each);
      }
    }
  }

  /** Directories of all local modules below it, also of those that `count` makes none of. */
  moduleDirectories(found = new Set<string>()): ReadonlySet<string> {
    const { sources } = this.#context;
    for (const call of this.#calls()) {
      found.add(call.directory);
      for (const directory of sources.closure(call.directory)) found.add(directory);
      const module = sources.get(call.directory);
      if (module?.choosesModules !== true) continue;
      this.#child(call, module, undefined).moduleDirectories(found);
    }
    return found;
  }

  /** Its calls of local modules, those that are chosen by an expression too. */
  #calls(): readonly ModuleCall[] {
    const { calls, chosenCalls } = this.source;
    return [...calls, ...chosenCalls.flatMap((call) => this.#chosenCall(call) ?? [])];
  }

  #call(name: string): ModuleCall | undefined {
    const { calls, chosenCalls } = this.source;
    const chosen = chosenCalls.find((call) => call.name === name);
    return calls.find((call) => call.name === name) ?? (chosen && this.#chosenCall(chosen));
  }

  #chosenCall(block: ChosenCall): ModuleCall | undefined {
    if (this.#chosen.has(block.name)) return this.#chosen.get(block.name);
    this.#chosen.set(block.name, undefined);
    const { repository, sources, directory: stack } = this.#context;
    const from = this.source.directory;
    const directory = chosenDirectory({
      ...{ repository, call: block, scope: this, from, directory: stack },
    });
    if (directory === undefined) return undefined;
    const call = { ...block, directory };
    if (this.#path.includes(directory) || sources.get(directory) === undefined) {
      sources.missingModule(from, call);
      return undefined;
    }
    this.#chosen.set(block.name, call);
    return call;
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
    const providerOf = (name: string): TfeProvider | undefined => {
      const providers = passed.get('providers')?.value?.expression;
      const items = providers?.kind === 'object' ? providers.items : [];
      const given = items.find(({ key }) => referenceName(key) === name);
      if (given !== undefined) return this.tfeProvider(referenceName(given.value));
      // Only a configuration without an alias is handed down by itself.
      return name.includes('.') ? undefined : this.tfeProvider(name);
    };
    return new ModuleInstance(this.#context, module, inputs, providerOf, this.#path);
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
    const passed = this.#inputs(block.name);
    // "Disallowing Null Module Input Values" in Terraform's documentation.
    const refusesNull = passed === null && this.#valueOf(attributes.get('nullable')) === false;
    const given = refusesNull ? undefined : passed;
    const fallback = attributes.get('default');
    const value = given === undefined ? this.#valueOf(fallback) : given;
    if (value === undefined) {
      const source: Source = block.refs[0]?.source ?? { file: '', text: '', line: 1 };
      return new Unknown(`var.${block.name} has no value`, source, 0, 0, true);
    }
    const type = attributes.get('type')?.value;
    return type === undefined ? value : convertToType(value, type.expression);
  }

  #valueOf(attribute: PlacedAttribute | undefined): Evaluated | undefined {
    const written = attribute?.value;
    return written && evaluate(written.expression, written.source, this);
  }

  /** `each` of the instance that a key chooses; its value is as unknown as the key. */
  #each(call: ModuleCall, key: Evaluated): Each {
    const instances = repetitions(this.#context.repository, call, this);
    const chosen = instances.find(({ each }) => each !== undefined && sameKey(each.key, key));
    return chosen?.each ?? { key, value: key instanceof Unknown ? key : null };
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
  #pathValue(name: string): Evaluated | undefined {
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

/** Keys are text or numbers, and `["0"]` is `[0]`. */
function sameKey(one: Evaluated, other: Evaluated): boolean {
  const text = asString(one);
  return text !== undefined && text === asString(other);
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
