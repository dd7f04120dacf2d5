import { join, resolve } from 'node:path';
import type { Clock } from '../shared/clock.js';
import { childEnvironment, type Env } from '../shared/env.js';
import { allOrProblems, UserError } from '../shared/errors.js';
import type { GithubContext } from '../shared/github-context.js';
import type { Logger } from '../shared/log.js';
import type { RunProcess } from '../shared/process.js';
import { readArchive } from './archive/read-archive.js';
import { findBuildContext, type BuildContext } from './build-context.js';
import { engineProblems } from './engines/abilities.js';
import type { Engine, EnginePorts, StoredImage } from './engines/engine.js';
import { findEngine } from './find-engine.js';
import { commitEpochSeconds, gitIn, gitTagsOf } from './git.js';
import type { LocalImage } from './image.js';
import type { PushInputs } from './inputs.js';
import type { BuildSource } from './inputs/source.js';
import { findContentKey, type ContentKey } from './key/content-key.js';
import { originLabels } from './labels.js';
import type { UserConfig } from './login.js';
import { secretFileProblems } from './secret-files.js';
import { chooseTags, type ChosenTags } from './tag-rules.js';

/** What is to be pushed, found and checked on this machine; AWS was not asked yet. */
export type Source =
  | { readonly kind: 'archive'; readonly image: LocalImage }
  | {
      readonly kind: 'image';
      readonly engine: Engine;
      readonly stored: StoredImage;
    }
  | {
      readonly kind: 'build';
      readonly inputs: BuildSource;
      readonly engine: Engine;
      readonly context: BuildContext;
      readonly labels: Readonly<Record<string, string>>;
      /** Seconds since 1970 of the commit. */
      readonly epochSeconds: number | undefined;
    };

export interface Prepared {
  readonly source: Source;
  /** At least one. */
  readonly tags: readonly string[];
  /** Those of them that each next image takes over. */
  readonly movingTags: readonly string[];
  readonly key: ContentKey;
  /** What a reader should know of tags and key. */
  readonly notes: readonly string[];
}

/** This machine and this job. */
export interface Machine {
  readonly run: RunProcess;
  readonly env: Env;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly github: GithubContext | undefined;
  /** Private, removed at the end. */
  readonly workDirectory: string;
}

/**
 * Finds and checks what the inputs name, and the tags that it gets.
 *
 * @throws UserError `context-not-found`, `dockerfile-not-found`, `engine-missing`, `engine-cannot`,
 * `secret-file-not-found`, `image-not-found`, `archive-…`, `tag-…`: all that hold
 */
export async function prepare(machine: Machine, inputs: PushInputs): Promise<Prepared> {
  const [found, chosen] = await allOrProblems(
    findSource(machine, inputs),
    findTags(machine, inputs),
  );
  const { source, key } = found;
  const notes =
    key.kind === 'none' ? [...chosen.notes, `no content key: ${key.reason}`] : chosen.notes;
  return { source, tags: chosen.tags, movingTags: chosen.moving, key, notes };
}

interface Found {
  readonly source: Source;
  readonly key: ContentKey;
}

async function findSource(machine: Machine, inputs: PushInputs): Promise<Found> {
  const { source } = inputs;
  const noKey: ContentKey = inputs.skipIfExists
    ? { kind: 'none', reason: 'what is pushed was built elsewhere' }
    : { kind: 'off' };
  switch (source.kind) {
    case 'archive': {
      machine.log.info(`Reading ${source.path}`);
      const image = await readArchive({
        path: resolve(workspaceOf(machine.env), source.path),
        shownPath: source.path,
        workDirectory: machine.workDirectory,
      });
      return { source: { kind: 'archive', image }, key: noKey };
    }
    case 'image': {
      const engine = await findEngine(source.engine, enginePorts(machine));
      const stored = await engine.find(source.reference);
      if (stored === undefined) throw imageMissing(source.reference, engine);
      return { source: { kind: 'image', engine, stored }, key: noKey };
    }
    case 'build':
      return findBuild(machine, inputs, source);
  }
}

async function findBuild(
  machine: Machine,
  inputs: PushInputs,
  source: BuildSource,
): Promise<Found> {
  const workspace = workspaceOf(machine.env);
  const [context, engine] = await allOrProblems(
    findBuildContext(source, workspace),
    findAbleEngine(machine, source, workspace),
  );
  const git = gitIn(machine, context.directory);
  const epochSeconds = await commitEpochSeconds(git);
  const created = new Date(
    epochSeconds === undefined ? machine.clock.now() : epochSeconds * 1000,
  ).toISOString();
  const labels = { ...originLabels({ ...originOf(machine.github), created }), ...source.labels };
  const key: ContentKey = inputs.skipIfExists
    ? await findContentKey(git, context, source, hostPlatform())
    : { kind: 'off' };
  return {
    source: { kind: 'build', inputs: source, engine, context, labels, epochSeconds },
    key,
  };
}

/** An engine that can do all that the build asks for; what is missing beside it is told as well. */
async function findAbleEngine(
  machine: Machine,
  source: BuildSource,
  workspace: string,
): Promise<Engine> {
  const [engine] = await allOrProblems(
    findEngine(source.engine, enginePorts(machine)),
    secretFileProblems(source.secrets, workspace).then((problems) => {
      if (problems.length > 0) throw new UserError(problems);
    }),
  );
  const problems = engineProblems(engine, source);
  if (problems.length > 0) throw new UserError(problems);
  return engine;
}

/**
 * The tags that an image gets, from those given and from rules.
 *
 * @throws UserError `tag-…`
 */
export async function findTags(
  machine: Machine,
  inputs: Pick<PushInputs, 'tags' | 'tagRules'>,
): Promise<ChosenTags> {
  const { github } = machine;
  const needsGit = inputs.tagRules.some(({ kind }) => kind.startsWith('semver'));
  const ref = github?.ref ?? '';
  const chosen = chooseTags(inputs.tags, inputs.tagRules, {
    sha: github?.sha ?? '',
    ref,
    pullRequest: github?.pullRequest?.number,
    inMergeQueue: github?.mergeGroup !== undefined,
    gitTags: needsGit ? await gitTagsOf(gitIn(machine, workspaceOf(machine.env)), ref) : [],
  });
  if (chosen.problems.length > 0) throw new UserError(chosen.problems);
  return chosen;
}

export function workspaceOf(env: Env): string {
  return env('GITHUB_WORKSPACE') ?? process.cwd();
}

function enginePorts(machine: Machine): EnginePorts {
  return {
    run: machine.run,
    environment: childEnvironment(),
    userConfig: userConfigOf(machine.env),
    workDirectory: machine.workDirectory,
    onLine: (line) => machine.log.info(line),
    signal: machine.signal,
  };
}

/** containers-auth.json(5) and Docker's CLI reference say where they look. */
export function userConfigOf(env: Env): UserConfig {
  const home = env('HOME');
  const runtime = env('XDG_RUNTIME_DIR') ?? `/run/containers/${process.getuid?.() ?? 0}`;
  const given = env('REGISTRY_AUTH_FILE');
  return {
    dockerDirectory:
      env('DOCKER_CONFIG') ?? (home === undefined ? undefined : join(home, '.docker')),
    authFiles: [...(given === undefined ? [] : [given]), join(runtime, 'containers', 'auth.json')],
  };
}

function originOf(github: GithubContext | undefined): {
  readonly source: string | undefined;
  readonly revision: string | undefined;
} {
  if (github === undefined) return { source: undefined, revision: undefined };
  const { owner, name } = github.repository;
  return {
    source: `${github.serverUrl}/${owner}/${name}`,
    revision: github.sha === '' ? undefined : github.sha,
  };
}

/** Node's name of this machine's architecture, as images write it. */
function hostPlatform(): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  return `linux/${names[process.arch] ?? process.arch}`;
}

function imageMissing(reference: string, engine: Engine): UserError {
  return new UserError({
    code: 'image-not-found',
    message: `${engine.description} has no image ${JSON.stringify(reference)}`,
    at: { input: 'image' },
    hint: 'build it in a step before, and name with engine: the one that built it',
  });
}
