import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import applyReleasePlan from '@changesets/apply-release-plan';
import { parse as parseConfig } from '@changesets/config';
import { z } from 'zod';
import { largestBump, type ChangeNote } from './version.js';

const manifestSchema = z.looseObject({ name: z.string(), version: z.string() });
/** Records, which keep the order of the keys: a version changes two lines. */
const lockSchema = z.record(z.string(), z.unknown());
const lockedSchema = z.record(z.string(), lockSchema);
/** As in `.changeset/config.json`; said here too, so that a release is made by the code alone. */
const changelog = '@changesets/cli/changelog';

/** All that a version changes. */
export const versionFiles = ['package.json', 'package-lock.json', 'CHANGELOG.md', '.changeset'];

/**
 * Writes the version into package.json and the lock file, takes the change notes into CHANGELOG.md,
 * and removes them, as `changeset version` does (documentation of changesets, "Using Changesets"),
 * for a version that may be greater than the notes give.
 */
export async function writeVersion(
  directory: string,
  version: string,
  notes: readonly ChangeNote[],
): Promise<void> {
  const packageJson = manifestSchema.parse(await readJson(join(directory, 'package.json')));
  const { name } = packageJson;
  const packages = {
    tool: 'root' as const,
    root: { dir: directory, packageJson },
    packages: [{ dir: directory, packageJson }],
  };
  await applyReleasePlan(
    {
      changesets: notes.map(({ id, bump, summary }) => ({
        id,
        summary,
        releases: [{ name, type: bump }],
      })),
      releases: [
        {
          name,
          type: largestBump(notes),
          oldVersion: packageJson.version,
          newVersion: version,
          changesets: notes.map(({ id }) => id),
        },
      ],
      preState: undefined,
    },
    packages,
    parseConfig(
      { changelog, baseBranch: 'main', privatePackages: { version: true, tag: false } },
      packages,
    ),
    undefined,
    import.meta.dirname,
  );
  await writeLockVersion(join(directory, 'package-lock.json'), version);
}

async function writeLockVersion(file: string, version: string): Promise<void> {
  const lock = lockSchema.parse(await readJson(file));
  const locked = lockedSchema.parse(lock['packages']);
  const packages = { ...locked, '': { ...locked[''], version } };
  await writeFile(file, `${JSON.stringify({ ...lock, version, packages }, null, 2)}\n`);
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}
