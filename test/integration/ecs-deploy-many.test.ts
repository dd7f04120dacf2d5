import { CreateClusterCommand, DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { makeRepositoryAndLogs } from '../support/codedeploy-service.js';
import { ecsClient, names, pushServiceImage, runDeploy } from '../support/ecs-deploy.js';
import { createServices } from '../support/ecs-services.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import type { RunStepResult } from '../support/runner.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 10 });
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.stop());

const pollIntervalSeconds = 1;

/** How a service fares with the image that it is brought to; `undefined`: it exits with 3. */
type Fates = Readonly<Record<string, string | undefined>>;

/** Services that run image v1 well; their definitions say how they fare with the next one. */
async function makeServices(fates: Fates): Promise<void> {
  await makeRepositoryAndLogs(emulator);
  await ecsClient(emulator).send(new CreateClusterCommand({ clusterName: names.cluster }));
  const { reference } = await pushServiceImage(emulator, 'v1');
  const services = Object.entries(fates).map(([serviceName, fate]) => {
    const environment = fate === undefined ? [] : [{ name: 'EMULATOR_FATE', value: fate }];
    return [serviceName, { container: { environment } }] as const;
  });
  await createServices(emulator, reference, Object.fromEntries(services));
  await emulator.advance(600);
}

/** Brings them to an image that exits with 3 wherever the definition does not say otherwise. */
async function deployAll(
  fates: Fates,
  options: {
    readonly inputs?: Readonly<Record<string, string>>;
    /** Share of the calls. */
    readonly throttled?: number;
  } = {},
): Promise<RunStepResult> {
  const { reference } = await pushServiceImage(emulator, 'v2', { EMULATOR_FATE: 'crash:3' });
  await emulator.control('DELETE', 'calls');
  if (options.throttled !== undefined) {
    await emulator.control('POST', 'faults', {
      seed: 20,
      rules: ['ecs', 'ecr', 'logs'].map((service) => ({
        ...{ kind: 'throttle', service },
        rate: options.throttled,
      })),
    });
  }
  const step = await runDeploy(emulator, {
    inputs: {
      cluster: names.cluster,
      'service-name': Object.keys(fates).join(','),
      image: reference,
      'poll-interval-seconds': String(pollIntervalSeconds),
      ...options.inputs,
    },
  });
  if (options.throttled !== undefined) {
    const { rules } = (await emulator.control('GET', 'faults')) as { rules: { fired: number }[] };
    expect(rules.reduce((sum, { fired }) => sum + fired, 0)).toBeGreaterThan(50);
    await emulator.control('DELETE', 'faults');
  }
  return step;
}

function outcomes(step: RunStepResult): Readonly<Record<string, string>> {
  const all = JSON.parse(step.outputs['services'] ?? '[]') as {
    readonly service: string;
    readonly outcome: string;
  }[];
  return Object.fromEntries(all.map(({ service, outcome }) => [service, outcome]));
}

/** `family:revision` by service. */
async function revisions(fates: Fates): Promise<Readonly<Record<string, string>>> {
  const ecs = ecsClient(emulator);
  const found = await Promise.all(
    Object.keys(fates).map((service) =>
      ecs.send(new DescribeServicesCommand({ cluster: names.cluster, services: [service] })),
    ),
  );
  return Object.fromEntries(
    found
      .flatMap((answer) => answer.services ?? [])
      .map(({ serviceName, taskDefinition }) => [
        serviceName ?? '',
        taskDefinition?.replace(/^.*\//, '') ?? '',
      ]),
  );
}

describe('20 services at once', () => {
  const count = 20;
  const failing = ['web-7', 'web-13'];
  const fates: Fates = Object.fromEntries(
    Array.from({ length: count }, (_, index) => `web-${index + 1}`).map((name) => [
      name,
      failing.includes(name) ? undefined : 'slow:60',
    ]),
  );
  const verdicts = Object.fromEntries(
    Object.keys(fates).map((name) => [name, failing.includes(name) ? 'rolled-back' : 'succeeded']),
  );

  async function expectVerdicts(step: RunStepResult): Promise<void> {
    expect(outcomes(step)).toEqual(verdicts);
    expect(step.conclusion).toBe('failure');
    expect(step.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(await revisions(fates)).toEqual(
      Object.fromEntries(
        Object.entries(fates).map(([name, fate]) => [
          name,
          `${name}:${fate === undefined ? 1 : 2}`,
        ]),
      ),
    );
  }

  it('each get their verdict, for 20 calls each and 3 a look', async () => {
    await makeServices(fates);
    const startedMs = Date.now();
    const step = await deployAll(fates);
    const looks = Math.ceil((Date.now() - startedMs) / (pollIntervalSeconds * 1000));
    await expectVerdicts(step);
    const calls = Object.values(await emulator.calls()).reduce((sum, one) => sum + one, 0);
    const callsPerLook = Math.ceil(count / 10) + Math.ceil(count / 20);
    expect(calls).toBeLessThanOrEqual(20 * count + callsPerLook * looks);
  });

  it('get the same verdicts while AWS throttles 30 % of the calls', async () => {
    await makeServices(fates);
    const step = await deployAll(fates, { throttled: 0.3 });
    await expectVerdicts(step);
  });
});

describe('all or nothing', () => {
  it('brings the others back to their former revision where one fails', async () => {
    const fates = { quick: 'healthy', bad: undefined, slow: 'slow:300' };
    await makeServices(fates);
    const before = await revisions(fates);
    const step = await deployAll(fates, { inputs: { 'all-or-nothing': 'true' } });
    expect(step.conclusion).toBe('failure');
    expect(outcomes(step)).toMatchObject({ bad: 'rolled-back' });
    expect(Object.values(outcomes(step))).not.toContain('succeeded');
    expect(await emulator.calls()).toMatchObject({ 'ecs.RegisterTaskDefinition': 3 });
    await emulator.advance(600);
    expect(await revisions(fates)).toEqual(before);
  });
});
