/** What was asked for. */
export interface ReleaseRequest {
  /** Undefined takes the version that the change notes give. */
  readonly version: string | undefined;
  /** The commit to release; any name of it that git knows. */
  readonly commit: string;
  /** `owner/name` on GitHub; undefined takes it from the remote `origin`. */
  readonly repository: string | undefined;
  readonly isDryRun: boolean;
}

/**
 * Reads the variables of `make release`: `VERSION`, `COMMIT`, `REPOSITORY`, `DRY_RUN`. An empty one is one
 * that is not set. `GITHUB_REPOSITORY` (GitHub's documentation, "Variables reference") stands for
 * `REPOSITORY` in a workflow.
 */
export function readRequest(env: Readonly<Record<string, string | undefined>>): ReleaseRequest {
  const read = (name: string): string | undefined => {
    const value = env[name]?.trim() ?? '';
    return value === '' ? undefined : value;
  };
  return {
    version: read('VERSION'),
    commit: read('COMMIT') ?? 'HEAD',
    repository: read('REPOSITORY') ?? read('GITHUB_REPOSITORY'),
    isDryRun: !['0', 'false', undefined].includes(read('DRY_RUN')),
  };
}
