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

/** Its containers need more of the kernel than its builds do: the server runs outside of one. */
async function pullAndRun(emulator: TestEmulator, image: string): Promise<PulledImage> {
  const directory = await loginDirectory(emulator, emulator.directory);
  const env = {
    ...process.env,
    ...(await containersStore(directory)),
    REGISTRY_AUTH_FILE: path.join(directory, 'config.json'),
  };
  const podman = (...args: readonly string[]): string =>
    execFileSync('podman', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  podman('pull', '--tls-verify=false', image);
  const labels = podman('image', 'inspect', '--format', '{{json .Config.Labels}}', image);
  const container = podman('create', image).trim();
  const program = path.join(directory, 'server');
  podman('cp', `${container}:/server`, program);
  podman('rm', '--force', container);

  const port = await freePort();
  const server = spawn(program, { env: { PORT: String(port) }, stdio: 'ignore' });
  const ended = once(server, 'exit');
  try {
    return {
      labels: JSON.parse(labels) as Record<string, string>,
      health: await answerOf(`http://127.0.0.1:${port}/health`),
    };
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

describeWhere(await containersRequirement('podman'), 'ecr-push with podman', () => {
  itBuildsAndPushes({
    name: 'podman',
    severalPlatforms: true,
    reproducible: true,
    environment: containersStore,
    pullAndRun,
  });
});
