import path from 'node:path/posix';
import { processEnv } from '../../shared/env.js';
import { UserError } from '../../shared/errors.js';
import type { InfraConfig } from '../config/infra-config.js';
import { nearest } from '../config/nearest.js';
import { cycleProblems } from '../graph/cycles.js';
import { edgesOf } from '../graph/edges.js';
import { terraformParser } from '../hcl/parser-runtime.js';
import { HclReader } from '../hcl/parse.js';
import { discover, type Candidate } from './discover.js';
import { diskFiles } from './files.js';
import { completeConfig, readConfig } from './load-config.js';
import { ModuleSources } from './module-source.js';
import { namesOf } from './names.js';
import { ProblemList } from './problem-list.js';
import { readStack } from './read-stack.js';
import { Repository } from './repository.js';
import type { LoadWorkspaceOptions, Stack, Workspace } from './workspace.js';

/**
 * Reads a repository: its configuration, its stacks, and what each of them depends on. Starts no
 * process and reads no state. Throws a UserError with every problem found, each with its file and
 * line: those of `infra.yml` alone if it has any, else all of the stacks and of their graph.
 */
export async function loadWorkspace(options: LoadWorkspaceOptions): Promise<Workspace> {
  const files = options.files ?? diskFiles(options.root);
  const directory = normaliseDirectory(options.directory ?? '.');
  const source = readConfig(files, directory, options.configPath);
  const problems = new ProblemList();
  const reader = new HclReader(await terraformParser());
  const repository = new Repository(files, reader, problems, directory);
  const candidates = discover({
    repository,
    directory,
    rules: source.rules,
    environments: Object.keys(source.loaded.data.environments),
  });
  const config = completeConfig(
    source,
    candidates.map(({ environment }) => environment),
  );
  const known = new Set(config.environments.map(({ name }) => name));
  for (const candidate of candidates) {
    if (!known.has(candidate.environment)) problems.add(unknownEnvironment(candidate, config));
  }
  const names = namesOf(candidates, config.project);
  const sources = new ModuleSources(repository);
  const variables = options.variables ?? {};
  const read = candidates.flatMap((candidate) => {
    const called = names.get(candidate);
    if (called === undefined || !known.has(candidate.environment)) return [];
    const stack = readStack({
      repository,
      root: options.root,
      env: options.env ?? processEnv,
      sources,
      config,
      candidate,
      names: called,
      variables,
      moreVarFiles: options.varFiles ?? [],
    });
    return stack === undefined ? [] : [stack];
  });
  const edges = edgesOf(read, config, problems);
  for (const problem of cycleProblems(edges)) problems.add(problem);
  if (!problems.empty) throw new UserError(problems.all());
  return {
    config,
    directory,
    stacks: sorted(
      read.map(({ stack }) => stack),
      config,
    ),
    edges,
  };
}

/**
 * Parses every file of the given stacks and of their modules, where `loadWorkspace` parses only
 * what the graph needs. Throws a UserError that names each file and line that is not Terraform's
 * language. For the stacks that are about to be planned.
 */
export async function checkSyntax(
  options: Pick<LoadWorkspaceOptions, 'root' | 'files'> & {
    readonly stacks: readonly Pick<Stack, 'directory' | 'moduleDirectories'>[];
  },
): Promise<void> {
  const files = options.files ?? diskFiles(options.root);
  const problems = new ProblemList();
  const reader = new HclReader(await terraformParser());
  const directories = new Set(
    options.stacks.flatMap((stack) => [stack.directory, ...stack.moduleDirectories]),
  );
  for (const directory of directories) {
    const repository = new Repository(files, reader, problems, directory);
    for (const name of repository.namesIn(directory)) {
      if (/\.(?:tf|tofu|tfvars)$/.test(name)) repository.checkSyntax(path.join(directory, name));
    }
  }
  if (!problems.empty) throw new UserError(problems.all());
}

function normaliseDirectory(directory: string): string {
  const normal = path.normalize(directory).replace(/\/+$/, '') || '.';
  if (path.isAbsolute(normal) || normal === '..' || normal.startsWith('../')) {
    throw new UserError({
      code: 'directory-outside',
      message: `the working directory ${directory} is not inside the repository`,
    });
  }
  return normal;
}

function unknownEnvironment({ directory, environment }: Candidate, config: InfraConfig) {
  const names = config.environments.map(({ name }) => name);
  const like = nearest(environment, names);
  return {
    code: 'unknown-environment',
    message: `${directory} is of "${environment}", which infra.yml does not name`,
    at: { file: directory },
    hint: like === undefined ? `environments: ${names.join(', ')}` : `did you mean ${like}?`,
  };
}

function sorted(stacks: readonly Stack[], config: InfraConfig): readonly Stack[] {
  const order = new Map(config.environments.map(({ name }, index) => [name, index]));
  const rank = (stack: Stack): number => order.get(stack.environment) ?? 0;
  return [...stacks].sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
