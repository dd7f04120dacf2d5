import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { UserError } from '../shared/errors.js';
import type { BuildSource } from './inputs/source.js';

export interface BuildContext {
  /** Both absolute. */
  readonly directory: string;
  readonly dockerfile: string;
}

/** What podman and buildah look for first, and docker takes when told. */
const dockerfileNames = ['Dockerfile', 'Containerfile'];

/**
 * Finds the context and its Dockerfile. As in other build actions, `file` is relative to the
 * workspace, not to the context.
 *
 * @throws UserError `context-not-found`, `dockerfile-not-found` with what is there instead
 */
export async function findBuildContext(
  source: BuildSource,
  workspace: string,
): Promise<BuildContext> {
  const directory = resolve(workspace, source.context);
  const entries = await readdir(directory).catch(() => undefined);
  if (entries === undefined) {
    throw new UserError({
      code: 'context-not-found',
      message: `${JSON.stringify(source.context)} is no directory that can be read`,
      at: { input: 'context' },
      hint: `looked for ${directory}; was the repository checked out?`,
    });
  }
  const candidates =
    source.file === undefined
      ? dockerfileNames.map((name) => join(directory, name))
      : [resolve(workspace, source.file)];
  for (const dockerfile of candidates) {
    if (await isFile(dockerfile)) return { directory, dockerfile };
  }
  throw new UserError({
    code: 'dockerfile-not-found',
    message: `there is no ${candidates.map((path) => relative(workspace, path)).join(' and no ')}`,
    at: { input: source.file === undefined ? 'context' : 'file' },
    hint: describeEntries(source.context, entries),
  });
}

function describeEntries(context: string, entries: readonly string[]): string {
  if (entries.length === 0) return `${context} is empty; was the repository checked out?`;
  // Those that look like one first: the user has most likely named another of them.
  const sorted = entries.toSorted(
    (left, right) => Number(looksLikeOne(right)) - Number(looksLikeOne(left)),
  );
  const more = sorted.length > 10 ? ` and ${sorted.length - 10} more` : '';
  return `${context} holds ${sorted.slice(0, 10).join(', ')}${more}`;
}

function looksLikeOne(name: string): boolean {
  return /docker|container/i.test(name) && !/ignore|compose/i.test(name);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
