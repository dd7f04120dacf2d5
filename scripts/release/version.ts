import semver from 'semver';
import type { Problem } from '../../actions/shared/errors.js';

export type Bump = 'major' | 'minor' | 'patch' | 'none';

/** What one change means for consumers, from `.changeset/<id>.md`. */
export interface ChangeNote {
  readonly id: string;
  readonly bump: Bump;
  readonly summary: string;
}

const bumps: readonly Bump[] = ['none', 'patch', 'minor', 'major'];

/** The largest of what the notes ask for. */
export function largestBump(notes: readonly ChangeNote[]): Bump {
  const levels = notes.map(({ bump }) => bumps.indexOf(bump));
  return bumps[Math.max(0, ...levels)] ?? 'none';
}

export type VersionChoice =
  | { readonly kind: 'chosen'; readonly version: string }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/**
 * The version that the notes give, by Semantic Versioning, or the one that was asked for where it
 * promises no less than the notes do.
 *
 * Problems: `version-invalid`, `version-not-greater`, `version-below-notes`, `no-change-notes`.
 */
export function chooseVersion(given: {
  /** Undefined takes what the notes give. */
  readonly asked: string | undefined;
  /** That of package.json. */
  readonly current: string;
  readonly notes: readonly ChangeNote[];
}): VersionChoice {
  const { asked, current, notes } = given;
  const bump = largestBump(notes);
  const problems: Problem[] = [];
  if (bump === 'none') {
    problems.push({
      code: 'no-change-notes',
      message: 'no note in .changeset/ asks for a release',
      hint: 'add one with "npx changeset", and merge it',
    });
  }
  const byNotes = bump === 'none' ? undefined : (semver.inc(current, bump) ?? undefined);
  const version = asked ?? byNotes;
  if (asked !== undefined) problems.push(...problemsOfAsked(asked, current, byNotes));
  return version === undefined || problems.length > 0
    ? { kind: 'refused', problems }
    : { kind: 'chosen', version };
}

function problemsOfAsked(
  asked: string,
  current: string,
  byNotes: string | undefined,
): readonly Problem[] {
  const at = { input: 'VERSION' };
  if (!/^\d+\.\d+\.\d+$/.test(asked) || semver.valid(asked) !== asked) {
    return [
      {
        code: 'version-invalid',
        message: `${JSON.stringify(asked)} is no version`,
        at,
        hint: 'three numbers as in 1.2.3, without "v" and without a pre-release',
      },
    ];
  }
  if (!semver.gt(asked, current)) {
    return [
      { code: 'version-not-greater', message: `${asked} is not greater than ${current}`, at },
    ];
  }
  if (byNotes !== undefined && semver.lt(asked, byNotes)) {
    return [
      {
        code: 'version-below-notes',
        message: `${asked} promises less than the change notes, which give ${byNotes}`,
        at,
        hint: `${byNotes} or greater; leave VERSION empty to take what the notes give`,
      },
    ];
  }
  return [];
}

/** The tag that moves with the releases of a major version: `v1` of `1.2.3`. */
export function majorTag(version: string): string {
  return `v${semver.major(version)}`;
}
