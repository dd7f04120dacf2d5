import { readFile, stat } from 'node:fs/promises';

export interface StateVersion {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly current: boolean;
}

/** Earlier versions of one state, as its backend keeps them. */
export interface StateVersions {
  /** The newest first. */
  list(limit: number): Promise<readonly StateVersion[]>;
  /** Undefined where there is no such version. */
  read(id: string): Promise<string | undefined>;
}

/** Terraform's local backend keeps one copy. */
export function backupVersion(stateFile: string): StateVersions {
  const file = `${stateFile}.backup`;
  const id = 'backup';
  return {
    list: async () => {
      const found = await stat(file).catch(() => undefined);
      return found === undefined ? [] : [{ id, at: found.mtime.toISOString(), current: false }];
    },
    read: async (wanted) =>
      wanted === id ? readFile(file, 'utf8').catch(() => undefined) : undefined,
  };
}
