import { join, resolve } from 'node:path';
import type { Clock } from '../shared/clock.js';
import { childEnvironment, type Env } from '../shared/env.js';
import { UserError, type Problem } from '../shared/errors.js';
import type { GithubContext } from '../shared/github-context.js';
import type { Logger } from '../shared/log.js';
import type { RunProcess } from '../shared/process.js';
import { readArchive } from './archive/read-archive.js';
import { findBuildContext, type BuildContext } from './build-context.js';
import type { Engine } from './engines/engine.js';
import { findEngine } from './find-engine.js';
import type { LocalImage } from './image.js';
import type { BuildSource, PushInputs } from './inputs.js';
import { originLabels } from './labels.js';
import type { UserConfig } from './login.js';

/** What is to be pushed, found and checked on this machine; AWS was not asked yet. */
export type Source =
  | { readonly kind: 'archive'; readonly image: LocalImage }
  | {
      readonly kind: 'build';
      readonly inputs: BuildSource;
      readonly engine: Engine;
      readonly context: BuildContext;
      readonly labels: Readonly<Record<string, string>>;
    };

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
 * Finds and checks what the inputs name.
 *
 * @throws UserError `context-not-found`, `dockerfile-not-found`, `engine-missing`, all that hold;
 * `archive-…`
 */
export async function prepareSource(machine: Machine, inputs: PushInputs): Promise<Source> {
  const { source } = inputs;
  const workspace = machine.env('GITHUB_WORKSPACE') ?? process.cwd();
  if (source.kind === 'archive') {
    machine.log.info(`Reading ${source.path}`);
    const image = await readArchive({
      path: resolve(workspace, source.path),
      shownPath: source.path,
      workDirectory: machine.workDirectory,
    });
    return { kind: 'archive', image };
  }
  const [context, engine] = await allOrProblems(
    findBuildContext(source, workspace),
    findEngine(source.engine, {
      run: machine.run,
      environment: childEnvironment(),
      userConfig: userConfigOf(machine.env),
      workDirectory: machine.workDirectory,
      onLine: (line) => machine.log.info(line),
      signal: machine.signal,
    }),
  );
  const labels = await labelsOf(machine, context.directory);
  return { kind: 'build', inputs: source, engine, context, labels };
}

/** containers-auth.json(5) and Docker's CLI reference say where they look. */
function userConfigOf(env: Env): UserConfig {
  const home = env('HOME');
  const runtime = env('XDG_RUNTIME_DIR') ?? `/run/containers/${process.getuid?.() ?? 0}`;
  const given = env('REGISTRY_AUTH_FILE');
  return {
    dockerDirectory:
      env('DOCKER_CONFIG') ?? (home === undefined ? undefined : join(home, '.docker')),
    authFiles: [...(given === undefined ? [] : [given]), join(runtime, 'containers', 'auth.json')],
  };
}

async function labelsOf(
  machine: Machine,
  directory: string,
): Promise<Readonly<Record<string, string>>> {
  const { github } = machine;
  return originLabels({
    source:
      github === undefined
        ? undefined
        : `${github.serverUrl}/${github.repository.owner}/${github.repository.name}`,
    revision: github === undefined || github.sha === '' ? undefined : github.sha,
    created: (await commitTime(machine, directory)) ?? new Date(machine.clock.now()).toISOString(),
  });
}

/** The commit's own time: the same commit then always gets the same label. */
async function commitTime(machine: Machine, directory: string): Promise<string | undefined> {
  try {
    const result = await machine.run({
      command: 'git',
      args: ['-C', directory, 'log', '-1', '--format=%cI'],
      env: childEnvironment(),
      signal: machine.signal,
    });
    const time = new Date(result.stdout.trim());
    return result.exitCode === 0 && !Number.isNaN(time.getTime()) ? time.toISOString() : undefined;
  } catch {
    return undefined;
  }
}

/** Both values, or one `UserError` with the problems of both. */
async function allOrProblems<A, B>(left: Promise<A>, right: Promise<B>): Promise<[A, B]> {
  const settled = await Promise.allSettled([left, right]);
  const reasons = settled.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as unknown] : [],
  );
  const problems = reasons.flatMap((reason): readonly Problem[] =>
    reason instanceof UserError ? reason.problems : [],
  );
  if (reasons.every((reason) => reason instanceof UserError) && problems.length > 0) {
    throw new UserError(problems);
  }
  return Promise.all([left, right]);
}
