import type { PlacedExpression } from './parse.js';
import type { Evaluated } from './value.js';

/** The files that an expression can name; paths as written, relative to where Terraform runs. */
export interface ScopeFiles {
  /** Absolute path of where Terraform runs: what `path.cwd` and `abspath()` begin with. */
  readonly workingDirectory: string;
  /** Text of a file, or undefined where there is none. */
  read(path: string): string | undefined;
  /** Files at any depth below a directory, relative to it. */
  list(directory: string): readonly string[];
  /** A file as a template; undefined where there is none, or where it is not one. */
  template(path: string): PlacedExpression | undefined;
}

/** What names mean where an expression stands. */
export interface Scope {
  /** `var.region`, `local.name`, `path.module`, `each.key` …; undefined: no such thing here. */
  lookup(root: string, name: string): Evaluated | undefined;
  /** `module.name.output`, with the key of `module.name[key].output`. */
  moduleOutput(name: string, key: Evaluated | undefined, output: string): Evaluated | undefined;
  readonly files: ScopeFiles;
}

/** A scope without any name: tfvars and backend config files. */
export const emptyScope: Scope = {
  lookup: () => undefined,
  moduleOutput: () => undefined,
  files: {
    workingDirectory: '/',
    read: () => undefined,
    list: () => [],
    template: () => undefined,
  },
};

/** Names that an expression itself brings: of a `for`, or of a template's variables. */
export type Bindings = ReadonlyMap<string, Evaluated>;
export const noBindings: Bindings = new Map();

/** The bindings inside of one turn of a `for`. */
export function bind(
  bindings: Bindings,
  names: { readonly key?: string; readonly value: string },
  key: Evaluated,
  value: Evaluated,
): Bindings {
  const inner = new Map(bindings);
  if (names.key !== undefined) inner.set(names.key, key);
  inner.set(names.value, value);
  return inner;
}
