import path from 'node:path/posix';
import picomatch from 'picomatch';
import type { Stack, Workspace } from '../stacks/workspace.js';
import { dependentsOf } from './waves.js';

/** Why a stack takes part in a run over what changed; `file` is relative to the root. */
export type AffectedReason =
  | {
      readonly kind:
        'own-file' | 'var-file' | 'backend-config' | 'lock-file' | 'file-read' | 'configuration';
      readonly file: string;
    }
  | { readonly kind: 'module'; readonly file: string; readonly module: string }
  /** Nothing tells that it was ever applied. */
  | { readonly kind: 'never-applied' }
  /** What was last applied is no commit here, or none that led to this one. */
  | {
      readonly kind: 'baseline-unknown';
      readonly sha: string;
      readonly why: 'missing' | 'not-an-ancestor';
    }
  /** Its state is not what was last applied: a destroy, or operations on the state, came since. */
  | { readonly kind: 'state-changed'; readonly by: string }
  /** A commit that it was asked to take up once more changes it. */
  | { readonly kind: 'applied-again'; readonly sha: string };

export interface AffectedStack {
  readonly stack: Stack;
  /** At least one; those with a file are sorted by it. */
  readonly reasons: readonly AffectedReason[];
}

export interface Affected {
  /** Stacks whose own inputs changed, in the workspace's order. */
  readonly changed: readonly AffectedStack[];
  /**
   * Stacks downstream of those, or of others that changed since they were applied, at any depth and
   * without a change of their own: they need a new plan only if an output that they read will change
   * or has changed.
   */
  readonly dependents: readonly Stack[];
}

/**
 * Which stacks a set of changed and deleted files touches. Paths are relative to the repository's
 * root; a rename is one deleted and one changed file. Pure: reads nothing.
 */
export function affectedStacks(options: {
  readonly workspace: Workspace;
  readonly changedFiles: readonly string[];
  readonly deletedFiles?: readonly string[];
}): Affected {
  const { workspace, changedFiles, deletedFiles = [] } = options;
  const files = [...changedFiles, ...deletedFiles];
  return withDependents(workspace, touchedStacks(workspace.stacks, workspace.config.file, files));
}

/** Those of `stacks` that files touch, in their order; `configFile` touches all of them. */
export function touchedStacks(
  stacks: readonly Stack[],
  configFile: string | undefined,
  files: Iterable<string>,
): readonly AffectedStack[] {
  const index = indexStacks(stacks);
  const reasons = new Map<Stack, AffectedReason[]>();
  for (const file of [...new Set(files)].sort()) {
    if (file === configFile) {
      for (const stack of stacks) push(reasons, stack, { kind: 'configuration', file });
      continue;
    }
    for (const [stack, reason] of index(file)) push(reasons, stack, reason);
  }
  return stacks.flatMap((stack) => {
    const found = reasons.get(stack);
    return found === undefined ? [] : [{ stack, reasons: found }];
  });
}

/** Adds what is downstream of stacks that change, and `readers`, ids that are so for another reason. */
export function withDependents(
  workspace: Workspace,
  changed: readonly AffectedStack[],
  readers: ReadonlySet<string> = new Set(),
): Affected {
  const ids = new Set(changed.map(({ stack }) => stack.id));
  const downstream = dependentsOf([...ids, ...readers], workspace.edges);
  return {
    changed,
    dependents: workspace.stacks.filter(
      ({ id }) => downstream.has(id) || (readers.has(id) && !ids.has(id)),
    ),
  };
}

type Lookup = (file: string) => Iterable<readonly [Stack, AffectedReason]>;

function indexStacks(all: readonly Stack[]): Lookup {
  const roots = new Map<string, Stack[]>();
  const modules = new Map<string, Stack[]>();
  const reads = new Map<string, Stack[]>();
  const named = new Map<string, (readonly [Stack, 'var-file' | 'backend-config'])[]>();
  const globs = new Map<string, Stack[]>();
  for (const stack of all) {
    push(roots, stack.directory, stack);
    for (const directory of stack.moduleDirectories) push(modules, directory, stack);
    for (const read of stack.reads) push(read.includes('*') ? globs : reads, read, stack);
    for (const file of stack.varFiles) push(named, file, [stack, 'var-file']);
    for (const file of stack.backendConfigFiles) push(named, file, [stack, 'backend-config']);
  }
  const whole = wholePlaces([...roots.keys(), ...modules.keys()], reads.keys());
  const matchers = [...globs].map(
    ([glob, stacks]) => [picomatch(glob, { dot: true, nobrace: true }), stacks] as const,
  );
  return function* (file) {
    const directory = path.dirname(file);
    const name = path.basename(file);
    for (const [stack, kind] of named.get(file) ?? []) yield [stack, { kind, file }];
    if (name === '.terraform.lock.hcl') {
      for (const stack of roots.get(directory) ?? []) yield [stack, { kind: 'lock-file', file }];
    } else if (isAutomaticVarFile(name)) {
      for (const stack of roots.get(directory) ?? []) yield [stack, { kind: 'var-file', file }];
    } else if (isConfiguration(name)) {
      for (const stack of roots.get(directory) ?? []) yield [stack, { kind: 'own-file', file }];
      for (const stack of modules.get(directory) ?? [])
        yield [stack, { kind: 'module', file, module: directory }];
    }
    const readers = new Set<Stack>();
    if (whole.has(file)) {
      const isWithin = (place: string): boolean => place === file || place.startsWith(`${file}/`);
      for (const [place, stacks] of roots) {
        if (isWithin(place)) for (const stack of stacks) yield [stack, { kind: 'own-file', file }];
      }
      for (const [module, stacks] of modules) {
        if (!isWithin(module)) continue;
        for (const stack of stacks) yield [stack, { kind: 'module', file, module }];
      }
      for (const [place, stacks] of reads) {
        if (isWithin(place)) for (const stack of stacks) readers.add(stack);
      }
    }
    for (let place = file; ; place = path.dirname(place)) {
      for (const stack of reads.get(place) ?? []) readers.add(stack);
      if (place === '.' || place === '/' || place === '..') break;
    }
    for (const [matches, stacks] of matchers) {
      if (matches(file)) for (const stack of stacks) readers.add(stack);
    }
    for (const stack of readers) yield [stack, { kind: 'file-read', file }];
  };
}

/**
 * Paths of which git may tell as one file although stacks lie in them: a submodule, or a folder that
 * is a link, or was one.
 */
function wholePlaces(directories: Iterable<string>, reads: Iterable<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (place: string): void => {
    for (let at = place; at !== '.' && at !== '/' && !found.has(at); at = path.dirname(at)) {
      found.add(at);
    }
  };
  for (const directory of directories) add(directory);
  for (const place of reads) add(path.dirname(place));
  return found;
}

/** Var files that Terraform loads without being told. */
function isAutomaticVarFile(name: string): boolean {
  return /^terraform\.tfvars(\.json)?$|\.auto\.tfvars(\.json)?$/.test(name);
}

/** Tests are `.tftest.hcl`, and other var files belong to the stacks that name them. */
function isConfiguration(name: string): boolean {
  return /\.(tf|tofu)(\.json)?$|^\.(terraform|opentofu)-version$/.test(name);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
