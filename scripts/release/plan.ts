import semver from 'semver';
import { UserError, type Problem } from '../../actions/shared/errors.js';
import type { Observed } from './observe.js';
import type { Origin } from './origin.js';
import { rewriteReferences, type ReferenceChange } from './references.js';
import type { ReleaseRequest } from './request.js';
import type { Offered } from './uses-lines.js';
import { chooseVersion, majorTag, type ChangeNote } from './version.js';

/** A commit, or the words for one that is yet to be made. */
export const commitToCome = '<commit of the bundles>';

export type Step =
  | {
      readonly kind: 'commit-version';
      readonly from: string;
      readonly notes: readonly ChangeNote[];
    }
  | { readonly kind: 'commit-bundles'; readonly actions: readonly string[] }
  /** Of a release that was interrupted: nothing is built again. */
  | { readonly kind: 'take-up-bundles'; readonly commit: string }
  | { readonly kind: 'commit-references'; readonly changes: readonly ReferenceChange[] }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'move-major'; readonly tag: string; readonly from: string | undefined };

export interface ReleasePlan {
  readonly version: string;
  /** Such as `v1.2.3`. */
  readonly tag: string;
  readonly origin: Origin;
  readonly committedAtSeconds: number;
  readonly notes: readonly ChangeNote[];
  readonly offered: Offered;
  /** That of a release which stands already, where an earlier run made it. */
  readonly releaseCommit: string | undefined;
  readonly steps: readonly Step[];
}

/**
 * What a release does, in order.
 *
 * @throws UserError with every problem at once: `dirty-tree`, `shallow-clone`,
 * `not-on-default-branch`, `owner-unknown`, `change-note-unreadable`, `last-release-not-merged`,
 * `tag-exists`, `reference-not-pinnable`, and those of the choice of the version
 */
export function planRelease(
  request: Pick<ReleaseRequest, 'version'>,
  observed: Observed,
): ReleasePlan {
  const { sourceCommit, notes, currentVersion, repository } = observed;
  const choice = chooseVersion({ asked: request.version, current: currentVersion, notes });
  const version = choice.kind === 'chosen' ? choice.version : undefined;
  const tag = `v${version ?? request.version ?? ''}`;
  const standing = observed.released.find((one) => one.version === version);
  const continues =
    standing?.origin?.sourceCommit === sourceCommit && standing.origin.repository === repository;
  const left = version === undefined ? undefined : observed.leftBundles[version];
  const takenUp =
    left?.origin?.sourceCommit === sourceCommit && left.origin.repository === repository
      ? left.commit
      : undefined;
  const rewritten = observed.files.map(({ path, text }) =>
    rewriteReferences(path, text, {
      repository: repository ?? '',
      tag,
      bundlesCommit: takenUp ?? commitToCome,
    }),
  );

  const problems: readonly Problem[] = [
    ...problemsOfCheckout(observed),
    ...(choice.kind === 'refused' ? choice.problems : []),
    ...(continues ? [] : problemsOfTags(observed, version)),
    ...rewritten.flatMap((one) => one.problems),
  ];
  if (problems.length > 0 || version === undefined || repository === undefined) {
    throw new UserError(problems);
  }

  const commits: readonly Step[] = [
    ...(takenUp === undefined
      ? [
          { kind: 'commit-version', from: currentVersion, notes } as const,
          { kind: 'commit-bundles', actions: observed.offered.actions } as const,
        ]
      : [{ kind: 'take-up-bundles', commit: takenUp } as const]),
    { kind: 'commit-references', changes: rewritten.flatMap((one) => one.changes) },
    { kind: 'tag', tag },
  ];
  const major = majorTag(version);
  const majorFrom = observed.majorTags[major];
  return {
    version,
    tag,
    origin: { sourceCommit, repository },
    committedAtSeconds: observed.committedAtSeconds,
    notes,
    offered: observed.offered,
    releaseCommit: continues ? standing.commit : undefined,
    steps: [
      ...(continues ? [] : commits),
      ...(continues && majorFrom === standing.commit
        ? []
        : [{ kind: 'move-major', tag: major, from: majorFrom } as const]),
    ],
  };
}

function problemsOfCheckout(observed: Observed): readonly Problem[] {
  const { changedFiles, sourceCommit, defaultBranch } = observed;
  const problems: Problem[] = observed.badNotes.map(({ file, reason }) => ({
    code: 'change-note-unreadable',
    message: `the change note cannot be read: ${reason}`,
    at: { file },
  }));
  if (changedFiles.length > 0) {
    problems.push({
      code: 'dirty-tree',
      message: `there are changes that are not committed: ${changedFiles.slice(0, 5).join(', ')}`,
      hint: 'commit or stash them; a release is made of a commit alone',
    });
  }
  if (observed.isShallow) {
    problems.push({
      code: 'shallow-clone',
      message: 'the clone lacks history, by which change notes and releases are found',
      hint: 'git fetch --unshallow --tags; in a workflow, fetch-depth: 0',
    });
  }
  if (!observed.isOnDefaultBranch) {
    problems.push({
      code: 'not-on-default-branch',
      message: `${sourceCommit} is not on ${defaultBranch}`,
      at: { input: 'COMMIT' },
      hint: `merge it first, and fetch ${defaultBranch}`,
    });
  }
  if (observed.repository === undefined || !/^[\w.-]+\/[\w.-]+$/.test(observed.repository)) {
    problems.push({
      code: 'owner-unknown',
      message: 'the remote "origin" does not say which repository on GitHub this is',
      at: { input: 'REPOSITORY' },
      hint: 'set REPOSITORY=owner/name',
    });
  }
  return problems;
}

function problemsOfTags(observed: Observed, version: string | undefined): readonly Problem[] {
  const { released, currentVersion } = observed;
  const latest = released.at(-1);
  const problems: Problem[] = [];
  if (released.some((one) => one.version === version)) {
    problems.push({
      code: 'tag-exists',
      message: `v${version ?? ''} stands already, of another commit or for another repository`,
      hint: 'a tag is never made again: release the next version',
    });
  }
  if (latest !== undefined && semver.gt(latest.version, currentVersion)) {
    problems.push({
      code: 'last-release-not-merged',
      message: `v${latest.version} is released, and package.json still says ${currentVersion}`,
      hint: `merge the pull request "Version v${latest.version}"; it takes its change notes away`,
    });
  }
  return problems;
}
