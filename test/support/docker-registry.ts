import { spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../emulator/free-port.js';
import type { Requirement } from './requirement.js';

/** Debian's `docker-registry`: the reference implementation of a registry. */
export const dockerRegistry: Requirement =
  spawnSync('docker-registry', ['--version']).status === 0
    ? { met: true }
    : { met: false, reason: 'docker-registry on the PATH (Debian and Ubuntu: docker-registry)' };

/** Starts a registry that keeps everything in memory. */
export async function startDockerRegistry(
  directory: string,
): Promise<{ readonly host: string; readonly stop: () => Promise<void> }> {
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(directory, 'registry.yml');
  await writeFile(
    config,
    `version: 0.1\nlog: { level: error }\nstorage: { inmemory: {} }\nhttp: { addr: '${host}' }\n`,
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const answers = await fetch(`http://${host}/v2/`).then(
      (response) => response.ok,
      () => false,
    );
    if (answers) {
      return {
        host,
        stop: () => {
          child.kill();
          return ended;
        },
      };
    }
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error('docker-registry did not start within 10 s');
}
