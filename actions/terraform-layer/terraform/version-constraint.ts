import semver from 'semver';

/** What `terraform-version` asks for. */
export interface VersionConstraint {
  readonly text: string;
  /** Set where exactly one program may be used: `tofu >= 1.11`. */
  readonly program: 'terraform' | 'tofu' | undefined;
  /** Set where only this version will do. */
  readonly exact: string | undefined;
  allows(version: string): boolean;
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
  let exact: string | undefined;
  for (const part of (constraint ?? '').split(',')) {
    const match = term.exec(part.trim());
    if (match === null) return undefined;
    const [, operator = '=', major = '', minor, patch, preRelease = ''] = match;
    if (patch === 'x' || patch === '*') {
      if (operator !== '=') return undefined;
      terms.push(between(`${major}.${minor ?? '0'}.0`, `${major}.${Number(minor ?? 0) + 1}.0`));
      continue;
    }
    const version = `${major}.${minor ?? '0'}.${patch ?? '0'}${preRelease}`;
    if (operator === '=') exact = version;
    terms.push(
      operator === '~>' ? pessimistic(version, major, minor, patch) : compare(operator, version),
    );
  }
  return {
    text: text.trim(),
    program: program === 'terraform' || program === 'tofu' ? program : undefined,
    exact,
    allows: (version) => {
      const parsed = semver.parse(version);
      if (parsed === null) return false;
      if (parsed.prerelease.length > 0 && parsed.version !== exact) return false;
      return terms.every((fits) => fits(parsed));
    },
  };
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
