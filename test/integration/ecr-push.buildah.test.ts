import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loginDirectory } from '../support/ecr-push.js';
import {
  answerOf,
  freePort,
  itBuildsAndPushes,
  type PulledImage,
} from '../support/ecr-push-engine.js';
import type { TestEmulator } from '../support/emulator.js';
import { describeWhere, type Requirement } from '../support/requirement.js';

/** A store of its own that needs nothing of the kernel, and builds that need no runtime. */
async function environmentIn(directory: string): Promise<Readonly<Record<string, string>>> {
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

function buildahBuilds(): Requirement {
  try {
    execFileSync('buildah', ['info'], { stdio: 'ignore', timeout: 20_000 });
    return { met: true };
  } catch {
    return { met: false, reason: 'a buildah that can open its store' };
  }
}

async function pullAndRun(emulator: TestEmulator, image: string): Promise<PulledImage> {
  const directory = await loginDirectory(emulator, emulator.directory);
  const env = {
    ...process.env,
    ...(await environmentIn(directory)),
    REGISTRY_AUTH_FILE: path.join(directory, 'config.json'),
  };
  const buildah = (...args: readonly string[]): string =>
    execFileSync('buildah', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  buildah('pull', '--tls-verify=false', image);
  const { OCIv1 } = JSON.parse(buildah('inspect', '--type', 'image', image)) as {
    OCIv1: { config: { Labels: Record<string, string> } };
  };
  const container = buildah('from', image).trim();
  const port = await freePort();
  const server = spawn(
    'buildah',
    ['run', '--isolation', 'chroot', '--env', `PORT=${port}`, container, '--', '/server'],
    { env, stdio: 'ignore' },
  );
  const ended = once(server, 'exit');
  try {
    return {
      labels: OCIv1.config.Labels,
      health: await answerOf(`http://127.0.0.1:${port}/health`),
    };
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

describeWhere(buildahBuilds(), 'ecr-push with buildah', () => {
  itBuildsAndPushes({
    name: 'buildah',
    environment: environmentIn,
    pullAndRun,
  });
});
