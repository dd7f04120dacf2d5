import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How callers name this repository, whose own files then stand for the release. */
const ownActions = /^org\/infra-actions\/(.+)@v1$/;

/** The path in this repository that `uses: org/infra-actions/…@v1` or `uses: ./…` means. */
export function ownPath(uses: string): string | undefined {
  if (uses.startsWith('./')) return uses.slice(2);
  const path = ownActions.exec(uses)?.[1];
  if (path === undefined) return undefined;
  return path.startsWith('.github/workflows/') ? path : `actions/${path}/action.yml`;
}

/** The text of a file of this repository. @throws Error where there is none */
export type ReadOwn = (path: string) => Promise<string>;

export const readFrom =
  (root: string): ReadOwn =>
  (path) =>
    readFile(join(root, path), 'utf8');
