import { childEnvironment } from '../shared/env.js';
import type { RunProcess } from '../shared/process.js';

/** Asks git in one directory: its output, or `undefined` where it has none to give. */
export type AskGit = (...args: readonly string[]) => Promise<string | undefined>;

/** Git in `directory`; a machine without git, or a directory outside of one, answers nothing. */
export function gitIn(
  ports: { readonly run: RunProcess; readonly signal: AbortSignal },
  directory: string,
): AskGit {
  return async (...args) => {
    try {
      const result = await ports.run({
        command: 'git',
        args: ['-C', directory, ...args],
        // Asking must not write: other steps may use the repository at the same time.
        env: childEnvironment({ GIT_OPTIONAL_LOCKS: '0' }),
        signal: ports.signal,
      });
      return result.exitCode === 0 ? result.stdout : undefined;
    } catch {
      return undefined;
    }
  };
}

/** Seconds since 1970 of the commit that is checked out. */
export async function commitEpochSeconds(git: AskGit): Promise<number | undefined> {
  const text = (await git('log', '-1', '--format=%ct'))?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Tags of git on the commit that is checked out, or that started the job. */
export async function gitTagsOf(git: AskGit, ref: string): Promise<readonly string[]> {
  const listed = (await git('tag', '--points-at', 'HEAD')) ?? '';
  const own = /^refs\/tags\/(.+)$/.exec(ref)?.[1];
  return [
    ...new Set([
      ...(own === undefined ? [] : [own]),
      ...listed.split('\n').filter((line) => line !== ''),
    ]),
  ];
}
