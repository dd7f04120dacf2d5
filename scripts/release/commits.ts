import { existsSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Git } from './git.js';
import { messageWith, type Origin } from './origin.js';
import { isRewritten, rewriteReferences } from './references.js';
import { buildStamp, writeRootFolders } from './tree.js';
import { usesLines, withUsesLines, type Offered } from './uses-lines.js';
import type { ChangeNote } from './version.js';
import { versionFiles, writeVersion } from './version-files.js';

/** How a checkout gets its dependencies, and its bundles in `actions/<name>/dist` and `cli/dist`. */
export interface Workshop {
  install(directory: string): Promise<void>;
  build(directory: string): Promise<void>;
}

/** What the commits of a release are made from: the same source gives the same SHAs. */
export interface CommitsSource {
  readonly version: string;
  readonly tag: string;
  readonly origin: Origin;
  readonly committedAtSeconds: number;
  readonly notes: readonly ChangeNote[];
  readonly offered: Offered;
}

/** The commit with the bundles of a release; its parent is the version's, on the source commit. */
export async function commitBundles(
  git: Git,
  workshop: Workshop,
  source: CommitsSource,
): Promise<string> {
  const { sourceCommit } = source.origin;
  return inWorktree(git, sourceCommit, async (tree) => {
    await workshop.install(tree.directory);
    await writeVersion(tree.directory, source.version, source.notes);
    await tree.run(['add', '--all', '--', ...versionFiles]);
    const version = await commit(tree, source, sourceCommit, `Version ${source.tag}`);
    await workshop.build(tree.directory);
    const names = await writeRootFolders(tree.directory);
    const bundles = [...names.map((name) => `actions/${name}/dist`), 'cli/dist'].filter((path) =>
      existsSync(join(tree.directory, path)),
    );
    const stamps = `:(exclude,glob)**/dist/**/${buildStamp}`;
    await tree.run(['add', '--force', '--', ...bundles, ...names, stamps]);
    return commit(tree, source, version, `Bundles of ${source.tag}`);
  });
}

/** The commit that a release tags: its references name the owner, the tag, and the bundles' commit. */
export async function commitReferences(
  git: Git,
  source: CommitsSource,
  bundlesCommit: string,
): Promise<string> {
  return inWorktree(git, bundlesCommit, async (tree) => {
    const { repository } = source.origin;
    const files = (await tree.run(['ls-files', '-z'])).split('\0').filter(isRewritten);
    for (const file of files) {
      const path = join(tree.directory, file);
      const before = await readFile(path, 'utf8');
      const target = { repository, tag: source.tag, bundlesCommit };
      const { text } = rewriteReferences(file, before, target);
      const lines = usesLines(source.offered, {
        repository,
        tag: source.tag,
        actionsCommit: bundlesCommit,
      });
      const after = file === 'README.md' ? withUsesLines(text, lines) : text;
      if (after !== before) await writeFile(path, after);
    }
    await tree.run(['add', '--update']);
    return commit(tree, source, bundlesCommit, `Release ${source.tag}`);
  });
}

/** Author, committer and dates follow from the source, so that the SHA does. */
async function commit(
  tree: Git,
  source: CommitsSource,
  parent: string,
  subject: string,
): Promise<string> {
  const who = { NAME: 'infra-actions release', EMAIL: 'release@infra-actions.invalid' };
  const date = `${source.committedAtSeconds} +0000`;
  const env = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((role) => [
      [`GIT_${role}_NAME`, who.NAME],
      [`GIT_${role}_EMAIL`, who.EMAIL],
      [`GIT_${role}_DATE`, date],
    ]),
  );
  const written = await tree.run(['write-tree']);
  const input = messageWith(subject, source.origin);
  return tree.run(['commit-tree', written, '-p', parent, '-F', '-'], { input, env });
}

/** Runs in a clean checkout of its own, which is gone afterwards. */
async function inWorktree<T>(git: Git, at: string, run: (tree: Git) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'infra-actions-release-'));
  const tree = join(directory, 'tree');
  try {
    await git.run(['worktree', 'add', '--quiet', '--detach', tree, at]);
    return await run(git.in(tree));
  } finally {
    await rm(directory, { recursive: true, force: true });
    await git.run(['worktree', 'prune']);
  }
}
