import type { Env } from '../../shared/env.js';
import type { InfraConfig } from '../config/infra-config.js';
import type { ReadStack } from '../graph/edges.js';
import { locate } from '../hcl/syntax.js';
import { asString, isMap, known, mapOf, member, type EvaluatedMap } from '../hcl/value.js';
import { resolveBackend, type ResolvedBackend } from './backend.js';
import type { Candidate } from './discover.js';
import { earlySettings } from './early-expressions.js';
import { ModuleInstance } from './module-instance.js';
import type { ModuleSources } from './module-source.js';
import type { StackNames } from './names.js';
import { fillPattern } from './path-pattern.js';
import { pathsRead } from './reads.js';
import type { Repository } from './repository.js';
import { defaultWorkspace, stateIdentity } from './state-identity.js';
import { instancesBelow, stateReferences } from './state-references.js';
import { rootInputs } from './variables.js';
import type { EarlyExpression } from './workspace.js';

/**
 * A candidate with its backend, its state and what it reads. Undefined where its own files are not
 * understood; what is wrong is added to the problems.
 */
export function readStack(options: {
  readonly repository: Repository;
  /** Absolute path of the repository's root. */
  readonly root: string;
  readonly env: Env;
  readonly sources: ModuleSources;
  readonly config: InfraConfig;
  readonly candidate: Candidate;
  readonly names: StackNames;
  readonly variables: Readonly<Record<string, string>>;
  /** That come after the stack's own. */
  readonly moreVarFiles: readonly string[];
}): ReadStack | undefined {
  const { repository, root, env, sources, config, candidate, names, variables } = options;
  const { directory, varFiles } = candidate;
  const module = sources.get(directory);
  if (module === undefined) return undefined;
  checkVarFiles(repository, candidate);
  const inputs = rootInputs(
    repository,
    module,
    [...varFiles, ...options.moreVarFiles],
    variables,
    env,
  );
  const instanceIn = (workspace: string): ModuleInstance =>
    new ModuleInstance({ repository, root, env, sources, directory, workspace }, module, inputs);
  const resolved = resolveBackend(
    repository,
    instanceIn(candidate.workspace ?? defaultWorkspace),
    candidate.backendConfigFiles,
    env,
  );
  const state = stackState(repository, resolved, candidate, names, config);
  if (state === undefined) return undefined;
  const instance = instanceIn(state.workspace ?? defaultWorkspace);
  const instances = [...instancesBelow(instance)];
  const references = stateReferences(repository, instances, directory);
  const { at } = resolved;
  const moduleDirectories = [
    ...(module.choosesModules ? instance.moduleDirectories() : sources.closure(directory)),
  ].sort();
  const earlyExpressions = [
    ...[directory, ...moduleDirectories].flatMap((place) => chosenIn(sources, place)),
    ...earlySettings(repository, module.terraform),
  ];
  return {
    rule: candidate.rule,
    references,
    stateAliases: state.aliases,
    stack: {
      ...names,
      environment: candidate.environment,
      directory,
      binding: candidate.binding,
      varFiles,
      backendConfigFiles: candidate.backendConfigFiles,
      ...(state.workspace === undefined ? {} : { workspace: state.workspace }),
      backend: {
        type: resolved.type,
        config: knownPart(resolved.config),
        ...(at === undefined ? {} : { at }),
      },
      stateKey: state.key,
      rule: candidate.rule.path,
      moduleDirectories,
      reads: [
        ...pathsRead(repository, instances, directory),
        ...linkedFiles(repository, [directory, ...moduleDirectories]),
        ...linkedDirectories(repository, moduleDirectories),
        ...options.moreVarFiles,
      ],
      ...(earlyExpressions.length === 0 ? {} : { earlyExpressions }),
    },
  };
}

/** Where a module's calls choose another module by an expression. */
function chosenIn(sources: ModuleSources, directory: string): readonly EarlyExpression[] {
  const calls = sources.get(directory)?.chosenCalls ?? [];
  return calls.flatMap((call) => call.arguments.map(({ at }) => ({ of: 'module', at })));
}

/** Files elsewhere that lie in these directories as links. */
function linkedFiles(repository: Repository, directories: readonly string[]): readonly string[] {
  const { files } = repository;
  if (files.linkTarget === undefined) return [];
  const found = new Set<string>();
  for (const directory of directories) {
    for (const name of repository.namesIn(directory)) {
      const target = files.linkTarget(directory === '.' ? name : `${directory}/${name}`);
      if (target !== undefined && !target.startsWith('../')) found.add(target);
    }
  }
  return [...found].sort();
}

/** Where module directories really lie, those that are reached by a link. */
function linkedDirectories(
  repository: Repository,
  directories: readonly string[],
): readonly string[] {
  return directories.flatMap((directory) => {
    const real = repository.realDirectory(directory);
    return real === undefined || real === directory || real.startsWith('../') ? [] : [real];
  });
}

/** Settings that are known, as a value. */
function knownPart(config: EvaluatedMap) {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, setting]) => {
      const value = known(setting);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function checkVarFiles(repository: Repository, { directory, varFiles }: Candidate): void {
  for (const file of varFiles) {
    if (repository.text(file) !== undefined) continue;
    repository.problems.add({
      code: 'var-file-not-found',
      message: `there is no var file ${file} for ${directory}`,
      at: { file },
    });
  }
}

interface StackState {
  readonly key: string;
  readonly aliases: readonly string[];
  readonly workspace?: string;
}

function stackState(
  repository: Repository,
  backend: ResolvedBackend,
  candidate: Candidate,
  names: StackNames,
  config: InfraConfig,
): StackState | undefined {
  const workspace = selectedWorkspace(backend, candidate, names, config);
  const { type, at } = backend;
  const identity = stateIdentity(
    type,
    backend.config,
    workspace ?? defaultWorkspace,
    candidate.directory,
  );
  if (identity.ok) {
    const aliases = aliasKeys(backend, candidate, names, config, identity.key);
    return { key: identity.key, aliases, ...(workspace === undefined ? {} : { workspace }) };
  }
  const { attribute, unknown } = identity;
  const tried = candidate.backendConfigFiles.join(', ') || 'none found';
  repository.problems.add({
    code: unknown === undefined ? 'backend-incomplete' : 'not-evaluable',
    message:
      unknown === undefined
        ? `the ${type} backend of ${names.id} has no ${attribute} (backend config files: ${tried})`
        : `${attribute} of the ${type} backend of ${names.id} cannot be told: ${unknown.reason}`,
    at:
      unknown === undefined
        ? (at ?? { file: candidate.directory })
        : locate(unknown.source, unknown.start),
    hint:
      'write it in the block, or in a file that is found by name (backend.hcl, ' +
      `${candidate.environment}.tfbackend) or by \`backend-config\` in infra.yml`,
  });
  return undefined;
}

/** The rule's workspace; for HCP Terraform without a name in the block, the one of `state-name`. */
function selectedWorkspace(
  { type, config }: ResolvedBackend,
  candidate: Candidate,
  names: StackNames,
  infra: InfraConfig,
): string | undefined {
  if (candidate.workspace !== undefined) return candidate.workspace;
  if (type !== 'cloud' && type !== 'remote') return undefined;
  const workspaces = member(config, 'workspaces') ?? null;
  const settings = isMap(workspaces) ? workspaces : {};
  if (member(settings, 'name') !== undefined) return undefined;
  const full = stateName(infra, candidate, names, candidate.environment);
  const prefix = asString(member(settings, 'prefix') ?? null) ?? '';
  // With a prefix, Terraform calls the workspace by what comes after it.
  return full.startsWith(prefix) ? full.slice(prefix.length) : candidate.environment;
}

function stateName(
  config: InfraConfig,
  candidate: Candidate,
  names: StackNames,
  environment: string,
): string {
  return fillPattern(config.stateName, {
    ...candidate.captures,
    ...(config.project === undefined ? {} : { project: config.project }),
    stack: names.name,
    environment,
  });
}

/** The same state under the environment's other names, where its name follows `state-name`. */
function aliasKeys(
  { type, config }: ResolvedBackend,
  candidate: Candidate,
  names: StackNames,
  infra: InfraConfig,
  key: string,
): readonly string[] {
  const environment = infra.environments.find(({ name }) => name === candidate.environment);
  if (type !== 'cloud' && type !== 'remote') return [];
  if (environment === undefined || environment.stateNameAliases.length === 0) return [];
  const keys = [environment.name, ...environment.stateNameAliases].flatMap((alias) => {
    const name = stateName(infra, candidate, names, alias);
    const identity = stateIdentity(
      type,
      mapOf([...Object.entries(config), ['workspaces', { name }]]),
      defaultWorkspace,
      candidate.directory,
    );
    return identity.ok ? [identity.key] : [];
  });
  return keys.includes(key) ? keys.filter((other) => other !== key) : [];
}
