import parseChangeNote from '@changesets/parse';
import semver from 'semver';
import { parse } from 'yaml';
import { z } from 'zod';
import { UserError } from '../../actions/shared/errors.js';
import type { Git } from './git.js';
import { readOrigin, type Origin } from './origin.js';
import { isRewritten } from './references.js';
import type { ReleaseRequest } from './request.js';
import type { Offered } from './uses-lines.js';
import type { ChangeNote } from './version.js';

/** A tag `vX.Y.Z`. */
export interface Released {
  readonly version: string;
  readonly commit: string;
  readonly origin: Origin | undefined;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Observed {
  readonly sourceCommit: string;
  /** Seconds since 1970, of its committer: the date of all that a release commits. */
  readonly committedAtSeconds: number;
  readonly changedFiles: readonly string[];
  readonly isShallow: boolean;
  readonly defaultBranch: string;
  readonly isOnDefaultBranch: boolean;
  readonly repository: string | undefined;
  readonly currentVersion: string;
  readonly notes: readonly ChangeNote[];
  readonly badNotes: readonly { readonly file: string; readonly reason: string }[];
  readonly released: readonly Released[];
  /** Commits of the tags `vX`, by the tag's name. */
  readonly majorTags: Readonly<Record<string, string>>;
  /** Commits with bundles that an interrupted release left behind, by the version. */
  readonly leftBundles: Readonly<Record<string, Released>>;
  readonly offered: Offered;
  /** The files of the source commit whose references a release rewrites. */
  readonly files: readonly SourceFile[];
}

const manifestSchema = z.looseObject({ name: z.string(), version: z.string() });
const leftRefs = 'refs/release-bundles/';

/** Where a release leaves its commit with the bundles until its tag stands. */
export function leftBundlesRef(tag: string): string {
  return `${leftRefs}${tag}`;
}

/**
 * Reads all that a release is decided by, from git alone.
 *
 * @throws UserError `commit-unknown`
 */
export async function observe(
  git: Git,
  request: Pick<ReleaseRequest, 'commit' | 'repository'>,
): Promise<Observed> {
  const sourceCommit = await git.ask(['rev-parse', '--verify', `${request.commit}^{commit}`]);
  if (sourceCommit === undefined) {
    throw new UserError({
      code: 'commit-unknown',
      message: `${JSON.stringify(request.commit)} is no commit of this repository`,
      at: { input: 'COMMIT' },
    });
  }
  const show = (path: string): Promise<string> => git.run(['show', `${sourceCommit}:${path}`]);
  const listed = await git.run(['ls-tree', '-r', '-z', '--name-only', sourceCommit]);
  const paths = listed.split('\0').filter((path) => path !== '');
  const manifest = manifestSchema.parse(JSON.parse(await show('package.json')));
  const files = await Promise.all(
    paths.filter(isRewritten).map(async (path) => ({ path, text: await show(path) })),
  );
  return {
    sourceCommit,
    committedAtSeconds: Number(await git.run(['show', '-s', '--format=%ct', sourceCommit])),
    changedFiles: lines(await git.run(['status', '--porcelain'])),
    isShallow: (await git.run(['rev-parse', '--is-shallow-repository'])) === 'true',
    ...(await branchOf(git, sourceCommit)),
    repository: request.repository ?? repositoryOf(await git.ask(['remote', 'get-url', 'origin'])),
    currentVersion: manifest.version,
    ...(await notesIn(paths, manifest.name, show)),
    ...(await tagsOf(git)),
    leftBundles: await leftBundlesOf(git),
    offered: {
      actions: paths.flatMap((path) => /^actions\/([^/]+)\/action\.yml$/.exec(path)?.[1] ?? []),
      workflows: files.filter(isReusable).map(({ path }) => path),
    },
    files,
  };
}

/** The branch that a release may be made from: that of the remote, or `main` here. */
async function branchOf(
  git: Git,
  commit: string,
): Promise<Pick<Observed, 'defaultBranch' | 'isOnDefaultBranch'>> {
  const remote = await git.ask(['symbolic-ref', '--short', 'refs/remotes/origin/HEAD']);
  const defaultBranch = remote?.replace(/^origin\//, '') ?? 'main';
  const published = `refs/remotes/origin/${defaultBranch}`;
  const branch =
    (await git.ask(['rev-parse', '--verify', published])) === undefined
      ? `refs/heads/${defaultBranch}`
      : published;
  const isOn = await git.ask(['merge-base', '--is-ancestor', commit, branch]);
  return { defaultBranch, isOnDefaultBranch: isOn !== undefined };
}

/** `owner/name` of an address on GitHub, by HTTPS or SSH. */
export function repositoryOf(url: string | undefined): string | undefined {
  const path = /^(?:https?:\/\/|ssh:\/\/|git@)[^/:]+(?::\d+)?[:/]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/;
  return url === undefined ? undefined : path.exec(url.trim())?.[1];
}

async function notesIn(
  paths: readonly string[],
  packageName: string,
  show: (path: string) => Promise<string>,
): Promise<Pick<Observed, 'notes' | 'badNotes'>> {
  const notes: ChangeNote[] = [];
  const badNotes: { file: string; reason: string }[] = [];
  for (const file of paths) {
    const id = /^\.changeset\/([^/]+)\.md$/.exec(file)?.[1];
    if (id === undefined || id === 'README') continue;
    try {
      const { releases, summary } = parseChangeNote(await show(file));
      const [release] = releases;
      if (releases.length !== 1 || release?.name !== packageName) {
        badNotes.push({ file, reason: `it must name "${packageName}", and nothing else` });
      } else notes.push({ id, bump: release.type, summary });
    } catch (thrown) {
      badNotes.push({ file, reason: firstLine(thrown) });
    }
  }
  return { notes, badNotes };
}

async function tagsOf(git: Git): Promise<Pick<Observed, 'released' | 'majorTags'>> {
  const released: Released[] = [];
  const majorTags: Record<string, string> = {};
  for (const tag of lines(await git.run(['tag', '--list', 'v*']))) {
    const commit = await git.run(['rev-parse', `refs/tags/${tag}^{commit}`]);
    if (/^v\d+$/.test(tag)) majorTags[tag] = commit;
    const version = tag.slice(1);
    if (semver.valid(version) !== version) continue;
    released.push({ version, commit, origin: await readOrigin(git, commit) });
  }
  return { released: released.sort((a, b) => semver.compare(a.version, b.version)), majorTags };
}

async function leftBundlesOf(git: Git): Promise<Observed['leftBundles']> {
  const left: Record<string, Released> = {};
  const refs = await git.run(['for-each-ref', '--format=%(refname) %(objectname)', leftRefs]);
  for (const line of lines(refs)) {
    const [ref = '', commit = ''] = line.split(' ');
    const version = ref.slice(leftBundlesRef('v').length);
    left[version] = { version, commit, origin: await readOrigin(git, commit) };
  }
  return left;
}

function isReusable({ path, text }: SourceFile): boolean {
  if (!/^\.github\/workflows\/[^/]+\.ya?ml$/.test(path)) return false;
  const workflow = z.looseObject({ on: z.unknown() }).safeParse(parse(text));
  const triggers: unknown = workflow.success ? workflow.data.on : undefined;
  return typeof triggers === 'object' && triggers !== null && 'workflow_call' in triggers;
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

function firstLine(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? '';
}
