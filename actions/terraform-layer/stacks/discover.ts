import path from 'node:path/posix';
import type { StackRule } from '../config/infra-config.js';
import {
  conventionalBindings,
  environmentsOfTemplates,
  filledFiles,
  ownBackendFiles,
  type ConventionalBindings,
  type EnvironmentFiles,
} from './bindings.js';
import {
  describedLayouts,
  layoutOf,
  layoutRules,
  relativeTo,
  ruleMatchers,
  type RuleMatcher,
} from './layouts.js';
import { isConfigurationFile } from './configuration-files.js';
import { fillPattern } from './path-pattern.js';
import type { Repository } from './repository.js';
import type { Binding } from './workspace.js';

/** A directory bound to an environment, before anything in it is read. */
export interface Candidate {
  readonly directory: string;
  readonly environment: string;
  readonly binding: Binding;
  readonly rule: StackRule;
  /** What the braces of the rule's path stand for, `environment` left out. */
  readonly captures: Readonly<Record<string, string>>;
  readonly varFiles: readonly string[];
  readonly backendConfigFiles: readonly string[];
  readonly workspace?: string;
}

/** Root modules below `directory` in each environment. Problems are added to the repository's. */
export function discover(options: {
  readonly repository: Repository;
  readonly directory: string;
  /** Rules of `infra.yml`; none: the known layouts are tried. */
  readonly rules: readonly StackRule[];
  /** Names in `infra.yml`, empty where it names none. */
  readonly environments: readonly string[];
}): readonly Candidate[] {
  const { repository, directory, rules, environments } = options;
  const known = rules.length === 0;
  const matchers = ruleMatchers(known ? layoutRules : rules);
  const candidates: Candidate[] = [];
  const unbound: { readonly rule: StackRule; readonly directory: string }[] = [];
  for (const place of [...repository.directories()].sort()) {
    const relative = relativeTo(directory, place) ?? (place === directory ? '.' : undefined);
    if (relative === undefined) continue;
    const match = firstMatch(matchers, relative);
    if (match === undefined || !repository.namesIn(place).some(isConfigurationFile)) continue;
    const layout = layoutOf(match.rule);
    if (layout?.except?.includes(relative) === true) continue;
    const found = bind(repository, place, match.rule, match.captures, environments);
    candidates.push(...found);
    if (found.length > 0) continue;
    if (layout?.certain === false && !namesBackend(repository, place)) continue;
    unbound.push({ rule: match.rule, directory: place });
  }
  const used = new Set(candidates.map(({ rule }) => rule));
  for (const { rule, directory: place } of unbound) {
    // A folder that only looks like a known layout is no mistake beside another layout, unless its
    // own files say that it is a root module.
    const tells = place !== directory && namesBackend(repository, place);
    if (known && candidates.length > 0 && !used.has(rule) && !tells) continue;
    repository.problems.add(noEnvironment(place));
  }
  if (candidates.length === 0 && unbound.length === 0) {
    repository.problems.add(noStacks(repository, directory, rules));
  }
  return candidates;
}

function firstMatch(
  matchers: readonly RuleMatcher[],
  relative: string,
): { readonly rule: StackRule; readonly captures: Readonly<Record<string, string>> } | undefined {
  for (const { rule, pattern } of matchers) {
    const captures = pattern.match(relative);
    if (captures !== undefined) return { rule, captures };
  }
  return undefined;
}

/** Whether a directory's files say where a state is: only root modules may. */
function namesBackend(repository: Repository, directory: string): boolean {
  return repository
    .namesIn(directory)
    .filter(isConfigurationFile)
    .some((name) =>
      /\bbackend\s+"|^\s*cloud\s*\{|"(?:backend|cloud)"\s*:\s*\{/m.test(
        repository.text(path.join(directory, name)) ?? '',
      ),
    );
}

function bind(
  repository: Repository,
  directory: string,
  rule: StackRule,
  matched: Readonly<Record<string, string>>,
  environments: readonly string[],
): readonly Candidate[] {
  const { environment, ...captures } = matched;
  if (environment !== undefined) {
    const names = repository.namesIn(directory);
    const files = {
      varFiles: [],
      backendConfigFiles: ownBackendFiles(names, environment).map((name) =>
        path.join(directory, name),
      ),
    };
    return [candidate({ directory, environment, binding: 'directory', rule, captures, files })];
  }
  const below = filesBelow(repository, directory);
  const templates = [...rule.varFiles, ...rule.backendConfigFiles];
  const named = environmentsOfTemplates(templates, below, captures);
  const conventional: ConventionalBindings =
    templates.length > 0
      ? { environments: new Map(), unclear: [] }
      : conventionalBindings(below, environments);
  for (const file of conventional.unclear) {
    repository.problems.add(unclearVarFile(path.join(directory, file)));
  }
  const byWorkspace = rule.workspace?.includes('{environment}') === true;
  const found = [...named, ...conventional.environments.keys()];
  const names =
    byWorkspace && environments.length > 0
      ? environments
      : [
          ...new Set(
            environments.length > 0 ? found.filter((n) => environments.includes(n)) : found,
          ),
        ];
  return names.map((name) => {
    const files = conventional.environments.get(name);
    const placed = {
      varFiles: (files?.varFiles ?? []).map((file) => path.join(directory, file)),
      backendConfigFiles: (files?.backendConfigFiles ?? []).map((f) => path.join(directory, f)),
    };
    const binding = byWorkspace ? 'workspace' : 'var-file';
    return candidate({ directory, environment: name, binding, rule, captures, files: placed });
  });
}

function candidate(options: {
  readonly directory: string;
  readonly environment: string;
  readonly binding: Binding;
  readonly rule: StackRule;
  readonly captures: Readonly<Record<string, string>>;
  /** Found by convention, relative to the root; a rule's own templates come instead. */
  readonly files: EnvironmentFiles;
}): Candidate {
  const { directory, environment, binding, rule, captures, files } = options;
  const values = { ...captures, environment };
  const varFiles = filledFiles(rule.varFiles, directory, values);
  const backendFiles = filledFiles(rule.backendConfigFiles, directory, values);
  return {
    directory,
    environment,
    binding,
    rule,
    captures,
    varFiles: varFiles.length > 0 ? varFiles : files.varFiles,
    backendConfigFiles: backendFiles.length > 0 ? backendFiles : files.backendConfigFiles,
    ...(rule.workspace === undefined ? {} : { workspace: fillPattern(rule.workspace, values) }),
  };
}

/** Files below a directory, two folders deep at most, relative to it. */
function filesBelow(repository: Repository, directory: string, depth = 2): readonly string[] {
  const found = [...repository.namesIn(directory)];
  for (const folder of depth > 0 ? repository.foldersIn(directory) : []) {
    const below = filesBelow(repository, path.join(directory, folder), depth - 1);
    found.push(...below.map((file) => `${folder}/${file}`));
  }
  return found;
}

function noEnvironment(directory: string) {
  return {
    code: 'no-environment',
    message: `${directory} is a root module, and nothing says for which environments`,
    at: { file: directory },
    hint:
      'give it a var file or a backend config for each (environments/dev.tfvars, ' +
      'backend/dev.hcl), or say `var-files`, `backend-config` or `workspace` in infra.yml',
  };
}

function unclearVarFile(file: string) {
  return {
    code: 'var-file-unclear',
    message: `nothing says for which environments ${file} is`,
    at: { file },
    hint:
      'if it is for all, call it common.tfvars, or so that it ends in .auto.tfvars; ' +
      'if for one, put it in the folder of that environment; else say `var-files` in infra.yml',
  };
}

function noStacks(repository: Repository, directory: string, rules: readonly StackRule[]) {
  const patterns = rules.length > 0 ? rules.map((rule) => rule.path) : [];
  const elsewhere = rules.length > 0 ? undefined : layoutBelow(repository, directory);
  const layouts = describedLayouts.map((layout) => `${layout.path} (${layout.description})`);
  const hint =
    patterns.length > 0
      ? `stacks in infra.yml: ${patterns.join(', ')}`
      : elsewhere === undefined
        ? `known layouts: ${layouts.join('; ')}; any other is described in infra.yml`
        : `is the working directory ${elsewhere}?`;
  return {
    code: 'no-stacks',
    message: `no stack was found in ${directory === '.' ? 'the repository' : directory}`,
    ...(rules[0] === undefined ? {} : { at: { file: directory } }),
    hint,
  };
}

/** A folder in which a known layout would be found. */
function layoutBelow(repository: Repository, directory: string): string | undefined {
  const matchers = ruleMatchers(layoutRules);
  for (const place of [...repository.directories()].sort()) {
    const relative = relativeTo(directory, place);
    if (relative === undefined || !repository.namesIn(place).some(isConfigurationFile)) continue;
    if (conventionalBindings(filesBelow(repository, place), []).environments.size > 0) return place;
    const segments = relative.split('/');
    for (let cut = 1; cut < segments.length; cut += 1) {
      if (firstMatch(matchers, segments.slice(cut).join('/')) !== undefined) {
        return path.join(directory, ...segments.slice(0, cut));
      }
    }
  }
  return undefined;
}
