import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Requirement } from './requirement.js';

/**
 * Gives podman and buildah a store of their own in `directory`.
 *
 * Its driver needs nothing of the kernel, and builds run in a chroot, which needs no runtime.
 *
 * @returns the variables that make them use it
 */
export async function containersStore(
  directory: string,
): Promise<Readonly<Record<string, string>>> {
  const storage = path.join(directory, 'storage');
  await mkdir(storage, { recursive: true });
  const configuration = path.join(storage, 'storage.conf');
  await writeFile(
    configuration,
    [
      '[storage]',
      'driver = "vfs"',
      `graphroot = "${path.join(storage, 'graph')}"`,
      `runroot = "${path.join(storage, 'run')}"`,
    ].join('\n'),
  );
  return { CONTAINERS_STORAGE_CONF: configuration, BUILDAH_ISOLATION: 'chroot' };
}

/** Whether podman or buildah is there and can open such a store. */
export async function containersRequirement(engine: 'podman' | 'buildah'): Promise<Requirement> {
  const directory = await mkdtemp(path.join(tmpdir(), 'store-'));
  try {
    const env = { ...process.env, ...(await containersStore(directory)) };
    execFileSync(engine, ['info'], { stdio: 'ignore', timeout: 20_000, env });
    return { met: true };
  } catch {
    return { met: false, reason: `a ${engine} that can open its store` };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
