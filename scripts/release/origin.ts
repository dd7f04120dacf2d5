import type { Git } from './git.js';

/** What a commit of a release tells of where it comes from, in the trailers of its message. */
export interface Origin {
  /** Full SHA of the commit of the default branch that was released. */
  readonly sourceCommit: string;
  /** `owner/name` that its references were rewritten to. */
  readonly repository: string;
}

/** The message of a commit that a release makes. */
export function messageWith(subject: string, origin: Origin): string {
  return `${subject}\n\nSource-Commit: ${origin.sourceCommit}\nRepository: ${origin.repository}\n`;
}

/** Undefined where the commit is not one of a release. */
export async function readOrigin(git: Git, commit: string): Promise<Origin | undefined> {
  const read = (key: string): Promise<string> =>
    git.run(['show', '-s', `--format=%(trailers:key=${key},valueonly,separator=%x2C)`, commit]);
  const sourceCommit = await read('Source-Commit');
  const repository = await read('Repository');
  return /^[0-9a-f]{40}$/.test(sourceCommit) && repository !== ''
    ? { sourceCommit, repository }
    : undefined;
}
