import { execFileSync } from 'node:child_process';
import { loginDirectory } from '../support/ecr-push.js';
import { itBuildsAndPushes, type PulledImage } from '../support/ecr-push-engine.js';
import type { TestEmulator } from '../support/emulator.js';
import { answerOf } from '../support/eventually.js';
import { describeWhere, type Requirement } from '../support/requirement.js';

function dockerAnswers(): Requirement {
  try {
    execFileSync('docker', ['version'], { stdio: 'ignore', timeout: 20_000 });
    return { met: true };
  } catch {
    return { met: false, reason: 'a docker whose daemon answers (scripts/engine/start-docker.sh)' };
  }
}

/** The step sees no builder of the user's: buildx builds in the daemon, which needs the new store. */
function buildsSeveralPlatforms(): boolean {
  try {
    execFileSync('docker', ['buildx', 'version'], { stdio: 'ignore' });
    const format = '{{json .DriverStatus}}';
    const store = execFileSync('docker', ['info', '--format', format], { encoding: 'utf8' });
    return store.includes('io.containerd.snapshotter');
  } catch {
    return false;
  }
}

function forgetImages(repository: string): void {
  const ids = execFileSync('docker', ['images', '--quiet', '--no-trunc', repository]);
  const own = new Set(ids.toString().split('\n').filter(Boolean));
  execFileSync('docker', ['rmi', '--force', ...own], { stdio: 'ignore' });
}

async function pullAndRun(emulator: TestEmulator, image: string): Promise<PulledImage> {
  const env = {
    ...process.env,
    DOCKER_CONFIG: await loginDirectory(emulator, emulator.directory),
  };
  const docker = (...args: readonly string[]): string =>
    execFileSync('docker', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  forgetImages(image.slice(0, image.indexOf('@')));
  docker('pull', image);
  const labels = docker('image', 'inspect', '--format', '{{json .Config.Labels}}', image);
  const container = docker('run', '--detach', '--publish', '127.0.0.1::8080', image).trim();
  try {
    const address = docker('port', container, '8080').split('\n')[0] ?? '';
    return {
      labels: JSON.parse(labels) as Record<string, string>,
      health: await answerOf(`http://${address}/health`),
    };
  } finally {
    docker('rm', '--force', container);
  }
}

describeWhere(dockerAnswers(), 'ecr-push with docker', () => {
  itBuildsAndPushes({
    name: 'docker',
    severalPlatforms: buildsSeveralPlatforms(),
    reproducible: false,
    environment: () => Promise.resolve({}),
    pullAndRun,
    forgetImages,
  });
});
