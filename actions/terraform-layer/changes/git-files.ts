import { randomUUID } from 'node:crypto';
import path from 'node:path/posix';
import type { Files } from '../stacks/files.js';
import { checkoutPrefix, gitText, type Git } from './git.js';

/** What discovery reads; any other file is only known to be there. */
const readable = /\.(?:tf|tofu|tfvars|hcl|tfbackend|ya?ml|json|tftpl|tpl|txt)$/;
const ignored = /(?:^|\/)(?:\.terraform|node_modules)\//;
const maximumBytes = 1024 * 1024;

/**
 * The files of a commit, read from git's objects by two processes; nothing is checked out. Links
 * and files over 1 MiB have no text.
 *
 * @throws UserError `git-failed` where the commit is not there
 */
export async function gitFiles(git: Git, commit: string): Promise<Files> {
  const prefix = await checkoutPrefix(git);
  const listing = await gitText(git, ['ls-tree', '-r', '-l', '-z', '--full-tree', commit]);
  const names: string[] = [];
  const objects = new Map<string, string>();
  for (const entry of listing.split('\0')) {
    const tab = entry.indexOf('\t');
    if (tab < 0) continue;
    const [mode = '', type, object = '', size] = entry.slice(0, tab).split(/ +/);
    const file = path.join(prefix, entry.slice(tab + 1));
    if (type !== 'blob' || ignored.test(file) || file.startsWith('../')) continue;
    names.push(file);
    const isFile = mode.startsWith('100');
    if (isFile && readable.test(file) && Number(size) <= maximumBytes) objects.set(file, object);
  }
  const texts = await textsOf(git, new Set(objects.values()));
  return {
    list: (directory) =>
      directory === '.' ? names : names.filter((name) => name.startsWith(`${directory}/`)),
    read: (file) => {
      const object = objects.get(file);
      return object === undefined ? undefined : texts.get(object);
    },
  };
}

/** By object id. A mark that no file can hold parts them: sizes count bytes, which text has not. */
async function textsOf(
  git: Git,
  objects: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  if (objects.size === 0) return new Map();
  const mark = randomUUID();
  const output = await gitText(
    git,
    ['cat-file', `--batch=${mark} %(objectname)`],
    [...objects].map((object) => `${object}\n`).join(''),
  );
  const texts = new Map<string, string>();
  for (const part of output.split(`${mark} `).slice(1)) {
    const end = part.indexOf('\n');
    texts.set(part.slice(0, end), part.slice(end + 1, -1));
  }
  return texts;
}
