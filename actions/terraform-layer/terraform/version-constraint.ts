import semver from 'semver';
import type { Problem } from '../../shared/errors.js';

/** What `terraform-version` asks for. */
export interface VersionConstraint {
  readonly text: string;
  /** Set where exactly one program may be used: `tofu >= 1.11`. */
  readonly program: 'terraform' | 'tofu' | undefined;
  /** Set where only this version will do. */
  readonly exact: string | undefined;
  /** Whether it leaves room for a version from `versionFloor` on. */
  readonly reachesFloor: boolean;
  allows(version: string): boolean;
}

/**
 * The oldest Terraform and OpenTofu that this project works with: write-only arguments and a
 * stable S3 lock file came with Terraform 1.11, ephemeral values with OpenTofu 1.11 (both in their
 * changelogs).
 */
export const versionFloor = '1.11.0';

/** Pre-releases of the floor are below it. */
export function isBelowFloor(version: string): boolean {
  const parsed = semver.parse(version);
  return parsed !== null && semver.lt(parsed, versionFloor);
}

/** A constraint that only versions below the floor could meet. */
export function tooOld({ text }: VersionConstraint): Problem {
  return {
    code: 'terraform-version-too-old',
    message: `${JSON.stringify(text)} asks for a version below ${versionFloor}`,
    at: { input: 'terraform-version' },
    hint: 'Terraform and OpenTofu from 1.11 on: write-only arguments and S3 lock files need it',
  };
}

const term = /^(=|!=|>|>=|<|<=|~>)?\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+|x|\*))?(-[0-9A-Za-z.-]+)?$/;

/**
 * Reads a constraint as Terraform does ("Version Constraints" in its documentation): terms joined
 * by commas, `~>` moves the last part that is written. `1.11.x` works too. A pre-release only fits
 * where it is asked for exactly.
 *
 * Returns undefined where the text is not a constraint.
 */
export function parseVersionConstraint(text: string): VersionConstraint | undefined {
  const [, program, constraint] = /^(?:(terraform|tofu)\s+)?(.*)$/s.exec(text.trim()) ?? [];
  const terms: ((version: semver.SemVer) => boolean)[] = [];
  let reachesFloor = true;
  let exact: string | undefined;
  for (const part of (constraint ?? '').split(',')) {
    const match = term.exec(part.trim());
    if (match === null) return undefined;
    const [, operator = '=', major = '', minor, patch, preRelease = ''] = match;
    if (patch === 'x' || patch === '*') {
      if (operator !== '=') return undefined;
      const end = `${major}.${Number(minor ?? 0) + 1}.0`;
      terms.push(between(`${major}.${minor ?? '0'}.0`, end));
      reachesFloor &&= semver.gt(end, versionFloor);
      continue;
    }
    const version = `${major}.${minor ?? '0'}.${patch ?? '0'}${preRelease}`;
    if (operator === '=') exact = version;
    terms.push(
      operator === '~>' ? pessimistic(version, major, minor, patch) : compare(operator, version),
    );
    reachesFloor &&= termReachesFloor(operator, version, patch !== undefined);
  }
  return {
    text: text.trim(),
    program: program === 'terraform' || program === 'tofu' ? program : undefined,
    exact,
    reachesFloor,
    allows: (version) => {
      const parsed = semver.parse(version);
      if (parsed === null) return false;
      if (parsed.prerelease.length > 0 && parsed.version !== exact) return false;
      return terms.every((fits) => fits(parsed));
    },
  };
}

/** Whether one term has room above the floor; `patched`: the version is written with three parts. */
function termReachesFloor(operator: string, version: string, patched: boolean): boolean {
  switch (operator) {
    case '=':
    case '<=':
      return semver.gte(version, versionFloor);
    case '<':
      return semver.gt(version, versionFloor);
    case '~>':
      return (
        !patched ||
        semver.gt(`${semver.major(version)}.${semver.minor(version) + 1}.0`, versionFloor)
      );
    default:
      return true;
  }
}

function pessimistic(
  version: string,
  major: string,
  minor: string | undefined,
  patch: string | undefined,
): (version: semver.SemVer) => boolean {
  if (minor === undefined) return compare('>=', version);
  const end = patch === undefined ? `${Number(major) + 1}.0.0` : `${major}.${Number(minor) + 1}.0`;
  return between(version, end);
}

function between(from: string, below: string): (version: semver.SemVer) => boolean {
  return (version) => semver.gte(version, from) && semver.lt(version, below);
}

function compare(operator: string, wanted: string): (version: semver.SemVer) => boolean {
  return (version) => {
    const order = semver.compare(version, wanted);
    switch (operator) {
      case '!=':
        return order !== 0;
      case '>':
        return order > 0;
      case '>=':
        return order >= 0;
      case '<':
        return order < 0;
      case '<=':
        return order <= 0;
      default:
        return order === 0;
    }
  };
}
