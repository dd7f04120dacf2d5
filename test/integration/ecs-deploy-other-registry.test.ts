import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { errors } from '../support/annotations.js';
import { makeRepositoryAndLogs } from '../support/codedeploy-service.js';
import { sha256 } from '../support/digest.js';
import { ecsClient, names, pushServiceImage, runDeploy } from '../support/ecs-deploy.js';
import { createServices } from '../support/ecs-services.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { startTokenRegistry, type TokenRegistry } from '../support/token-registry.js';

describe('an image of another registry', () => {
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [{ digest: sha256('x'), platform: { os: 'linux', architecture: 'amd64' } }],
  });
  const arm = index.replace('amd64', 'arm64');
  let emulator: TestEmulator;
  let registry: TokenRegistry;

  beforeAll(async () => {
    emulator = await startTestEmulator({ speed: 30 });
    await makeRepositoryAndLogs(emulator);
    const { reference } = await pushServiceImage(emulator, 'v1');
    await ecsClient(emulator).send(new CreateClusterCommand({ clusterName: names.cluster }));
    await createServices(emulator, reference, { web: {} });
    await emulator.advance(600);
    registry = await startTokenRegistry({
      'web/manifests/v1': index,
      'web/manifests/arm': arm,
      'login/manifests/v1': '<html>Please log in</html>',
    });
  }, 60_000);
  afterAll(async () => {
    registry.stop();
    await emulator.stop();
  });

  const deploy = (name: string, inputs: Readonly<Record<string, string>> = { 'dry-run': 'true' }) =>
    runDeploy(emulator, {
      inputs: {
        ...{ cluster: names.cluster, 'service-name': 'web' },
        ...{ image: `${registry.host}/acme/${name}`, ...inputs },
      },
    });

  it('that gives a token to everybody is deployed by its digest', async () => {
    const step = await deploy('web:v1', {});
    expect(errors(step)).toBe('');
    expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': sha256(index) });
  }, 60_000);

  it('is refused where it is not for the CPU architecture of the task', async () => {
    const step = await deploy('web:arm');
    expect(errors(step)).toContain('is for linux/arm64, and the task runs on linux/amd64');
  }, 60_000);

  it.each([
    ['private:v1', 'it gives no token without credentials'],
    ['web:v9', 'it answers 404'],
    ['login:v1', 'what it gives is no manifest of an image'],
  ])(
    'that cannot be read there (%s) is deployed as it is given, and that is told',
    async (name, why) => {
      const step = await deploy(name);
      expect(errors(step)).toBe('');
      expect(step.outputs['outcome']).toBe('dry-run');
      expect(step.log.join('\n')).toContain(why);
    },
    60_000,
  );
});
