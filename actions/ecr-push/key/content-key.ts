import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import type { BuildContext } from '../build-context.js';
import type { AskGit } from '../git.js';
import { digestOf } from '../image.js';
import type { BuildSource } from '../inputs/source.js';
import { isExcluded, parseIgnoreFile, type IgnoreRules } from './ignore-files.js';

/** The tag under which an image is found again by what it was built from. */
export type ContentKey =
  | { readonly kind: 'off' }
  /** There can be none: it would not name what is built. */
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'key'; readonly tag: string };

/** Everything that decides what a build makes, as far as it can be known. */
export interface KeyMaterial {
  /** Git's hash of the context's tree. */
  readonly tree: string;
  readonly dockerfileDigest: string;
  /** Digests of ignore files by name. */
  readonly ignoreFiles: Readonly<Record<string, string>>;
  readonly inputs: Pick<
    BuildSource,
    'target' | 'buildArgs' | 'labels' | 'platforms' | 'secrets' | 'ssh' | 'provenance' | 'sbom'
  >;
  /** What is built where no platform is asked for. */
  readonly hostPlatform: string;
}

/**
 * The key's tag: `key-` and 32 hexadecimal digits. Of secrets only the ids count, and of `ssh` too:
 * a value must not be guessed from a tag.
 */
export function contentKeyTag(material: KeyMaterial): string {
  const { inputs } = material;
  const text = canonicalize({
    version: 1,
    tree: material.tree,
    dockerfile: material.dockerfileDigest,
    ignoreFiles: material.ignoreFiles,
    target: inputs.target ?? null,
    buildArgs: inputs.buildArgs,
    labels: inputs.labels,
    platforms: inputs.platforms.length > 0 ? inputs.platforms.toSorted() : [material.hostPlatform],
    secrets: inputs.secrets.map(({ id }) => id).sort(),
    ssh: inputs.ssh.map((line) => line.replace(/=.*$/s, '')).sort(),
    provenance: inputs.provenance,
    sbom: inputs.sbom,
  });
  return `key-${digestOf(text ?? '').slice('sha256:'.length, 'sha256:'.length + 32)}`;
}

/**
 * Finds the key of what is about to be built.
 *
 * There is none where the context holds anything that its commit does not say: changes, files that
 * git ignores and the build does not, `.git` itself, sparse checkouts, submodules, Git LFS.
 */
export async function findContentKey(
  git: AskGit,
  context: BuildContext,
  inputs: BuildSource,
  hostPlatform: string,
): Promise<ContentKey> {
  const none = (reason: string): ContentKey => ({ kind: 'none', reason });
  const tree = (await git('rev-parse', '--verify', '--quiet', 'HEAD:./'))?.trim();
  if (tree === undefined) return none('the context is not in a commit of git');
  const ignoreFiles = await readIgnoreFiles(context);
  const differs = await whatGitDoesNotSay(git, context, [...ignoreFiles.values()]);
  if (differs !== undefined) return none(differs);
  const tag = contentKeyTag({
    tree,
    dockerfileDigest: digestOf(await readFile(context.dockerfile)),
    ignoreFiles: Object.fromEntries([...ignoreFiles].map(([name, { digest }]) => [name, digest])),
    inputs,
    hostPlatform,
  });
  return { kind: 'key', tag };
}

interface IgnoreFile {
  readonly digest: string;
  readonly rules: IgnoreRules;
}

/**
 * Those that any engine looks at, by a name that does not tell where the checkout lies. Which one an
 * engine takes depends on its version: what is left out must be left out by all.
 */
async function readIgnoreFiles(context: BuildContext): Promise<ReadonlyMap<string, IgnoreFile>> {
  const candidates = {
    '.dockerignore': join(context.directory, '.dockerignore'),
    '.containerignore': join(context.directory, '.containerignore'),
    'file.dockerignore': `${context.dockerfile}.dockerignore`,
    'file.containerignore': `${context.dockerfile}.containerignore`,
  };
  const found = new Map<string, IgnoreFile>();
  for (const [name, path] of Object.entries(candidates)) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) {
      found.set(name, { digest: digestOf(text), rules: parseIgnoreFile(text) });
    }
  }
  return found;
}

async function whatGitDoesNotSay(
  git: AskGit,
  context: BuildContext,
  ignoreFiles: readonly IgnoreFile[],
): Promise<string | undefined> {
  const isLeftOut = (path: string): boolean =>
    ignoreFiles.length > 0 && ignoreFiles.every(({ rules }) => isExcluded(rules, path));

  const prefix = (await git('rev-parse', '--show-prefix'))?.trim() ?? '';
  const status = await git(
    ...['status', '--porcelain=v1', '-z', '--no-renames'],
    ...['--untracked-files=all', '--ignored=matching', '--', '.'],
  );
  if (status === undefined) return 'git does not say whether the context is clean';
  for (const entry of status.split('\0').filter((line) => line !== '')) {
    const path = entry.slice(3).slice(prefix.length);
    if (isLeftOut(path)) continue;
    return entry.startsWith('!!')
      ? `${path} is ignored by git and not by .dockerignore, so it is in the context`
      : `${path} is not as it is in the commit`;
  }
  if (!isLeftOut('.git/') && (await exists(join(context.directory, '.git')))) {
    return 'the directory .git is in the context; name it in .dockerignore';
  }
  return whatTheCheckoutHides(git);
}

/** Files that `git status` takes for unchanged though they are not what the tree says. */
async function whatTheCheckoutHides(git: AskGit): Promise<string | undefined> {
  const flags = (await git('ls-files', '-v', '-z', '--', '.'))?.split('\0') ?? [];
  const hidden = flags.find((line) => line !== '' && !line.startsWith('H '));
  if (hidden !== undefined) return `git does not watch ${hidden.slice(2)} (sparse checkout?)`;
  const modes = (await git('ls-files', '-s', '-z', '--', '.'))?.split('\0') ?? [];
  if (modes.some((line) => line.startsWith('160000 '))) return 'the context has submodules';
  // From the top: git finds nothing by an attribute below a directory.
  const large = (await git('ls-files', '-z', '--', ':(top,attr:filter=lfs)'))?.split('\0') ?? [];
  const isOurs = large.some((path) => path !== '' && !path.startsWith('../'));
  return isOurs ? 'the context has files of Git LFS' : undefined;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
