import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { freePort } from '../../emulator/free-port.js';
import { containersRequirement, containersStore } from '../support/containers-store.js';
import { loginDirectory } from '../support/ecr-push.js';
import { itBuildsAndPushes, type PulledImage } from '../support/ecr-push-engine.js';
import type { TestEmulator } from '../support/emulator.js';
import { answerOf } from '../support/eventually.js';
import { describeWhere } from '../support/requirement.js';

async function pullAndRun(emulator: TestEmulator, image: string): Promise<PulledImage> {
  const directory = await loginDirectory(emulator, emulator.directory);
  const env = {
    ...process.env,
    ...(await containersStore(directory)),
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

describeWhere(await containersRequirement('buildah'), 'ecr-push with buildah', () => {
  itBuildsAndPushes({
    name: 'buildah',
    severalPlatforms: true,
    reproducible: true,
    environment: containersStore,
    pullAndRun,
  });
});
