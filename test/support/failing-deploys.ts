import { runCommand } from '../../actions/ecs-deploy/commands.js';
import type { DeployInputs } from '../../actions/ecs-deploy/inputs.js';
import { formatProblem, UserError } from '../../actions/shared/errors.js';
import { runningCodeDeployWorld, withHooks } from './codedeploy-deploys.js';
import {
  deployInputs,
  deployWorld,
  noEdits,
  pushImage,
  serviceWithContract,
  wantedImage,
  type DeployWorld,
} from './ecs.js';
import { BALANCED, ecsFixture, HEALTH_CHECK, REGISTRY } from './ecs-emulator.js';
import { strategies } from './ecs-strategies.js';
import { noAround } from './ecs-tasks.js';

const serviceName = 'shop-web-dev';
const contract = { serviceName, liveFamily: serviceName };
const origin = { commit: 'c0ffee', run: undefined };

/** The service of the guide, with a good release that runs. */
async function runningService(
  options: Parameters<typeof serviceWithContract>[1] = {},
): Promise<DeployWorld> {
  const world = deployWorld(await ecsFixture());
  await serviceWithContract(world, {
    ...options,
    contract: { ...contract, ...options.contract },
    service: { serviceName, ...options.service },
  });
  const { tag } = pushImage(world.fixture, 'shop/web:v1');
  const report = await runCommand(world.ports, deployInputs({ image: wantedImage(tag) }), origin);
  if (report.outputs['outcome'] !== 'succeeded') throw new Error(report.message);
  await world.fixture.advance(60);
  forget(world);
  return world;
}

function forget(world: DeployWorld): void {
  (world.log as unknown[]).length = 0;
}

/**
 * What a deploy that fails prints, as a job's log shows it, from the first change on: the plan before
 * it is left out.
 */
async function printed(
  world: DeployWorld,
  tag: string,
  changes: Partial<DeployInputs> = {},
): Promise<string> {
  const inputs = deployInputs({ image: wantedImage(tag), ...changes });
  const end = await runCommand(world.ports, inputs, origin).then(
    ({ message, failure }) => {
      if (failure === undefined) throw new Error(`it did not fail: ${message}`);
      return [`Error: ${message}`];
    },
    (thrown: unknown) => {
      if (!(thrown instanceof UserError)) throw thrown;
      return thrown.problems.map((problem) => `Error: ${formatProblem(problem)}`);
    },
  );
  const labels = { error: 'Error: ', warning: 'Warning: ', notice: 'Notice: ', info: '' };
  const lines = world.log.flatMap(({ level, message }) =>
    level === 'debug' ? [] : [`${labels[level]}${message}`],
  );
  const start = lines.findIndex((line) => line.startsWith('registered '));
  return [...(start < 0 ? [] : lines.slice(start)), ...end].join('\n');
}

/** A container that exits at once, without a circuit breaker. */
async function crash(): Promise<string> {
  const world = await runningService({
    service: { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 } },
  });
  const { tag } = pushImage(world.fixture, 'shop/web:v2', {
    EMULATOR_FATE: 'crash:1',
    EMULATOR_LOG: 'connecting to orders-db:5432\\nfatal: no such table: orders',
  });
  return printed(world, tag);
}

async function missingImage(): Promise<string> {
  const world = await runningService();
  for (const tag of ['v2', 'v3']) pushImage(world.fixture, `shop/web:${tag}`);
  return printed(world, `${REGISTRY}/shop/web:v31`);
}

async function wrongArchitecture(): Promise<string> {
  const world = await runningService();
  const { tag } = pushImage(world.fixture, 'shop/web:v2');
  const overrides = '{"runtimePlatform": {"cpuArchitecture": "ARM64"}}';
  return printed(world, tag, { edits: { ...noEdits, overrides } });
}

async function pullFailure(): Promise<string> {
  const world = await runningService();
  const { tag } = pushImage(world.fixture, 'shop/web:v2', { EMULATOR_FATE: 'pull-failure' });
  return printed(world, tag);
}

async function alarm(): Promise<string> {
  const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } };
  const deploymentConfiguration = { ...strategies.canary, ...breaker };
  const world = await runningService({
    contract: { strategy: 'canary' },
    container: { healthCheck: HEALTH_CHECK },
    service: { loadBalancers: [BALANCED], deploymentConfiguration },
  });
  const alarms = { alarmNames: [`${serviceName}-5xx`], enable: true, rollback: true };
  await world.fixture.update({
    service: serviceName,
    deploymentConfiguration: { ...deploymentConfiguration, alarms },
  });
  forget(world);
  const { tag } = pushImage(world.fixture, 'shop/web:v2');
  world.whileSleeping(() => {
    if (!world.log.some(({ message }) => message.includes('5 % of traffic'))) return;
    world.fixture.ecs.control('alarms', { [`${serviceName}-5xx`]: 'ALARM' });
  });
  return printed(world, tag);
}

async function codeDeployHook(): Promise<string> {
  const world = await runningCodeDeployWorld({
    contract: { contract, service: { serviceName } },
    group: { ecsServices: [{ clusterName: 'main', serviceName }] },
  });
  const file = withHooks(world, {
    BeforeInstall: 'fastapi-migrate-dev',
    AfterAllowTestTraffic: 'fastapi-smoke-dev',
  });
  world.control('hooks', {
    function: 'fastapi-smoke-dev',
    status: 'Failed',
    message: 'GET /health gave 503',
  });
  const { tag } = pushImage(world.fixture, 'shop/web:v2');
  return printed(world, tag, {
    codeDeploy: { ...deployInputs().codeDeploy, appSpec: file },
  });
}

async function migration(): Promise<string> {
  const world = await runningService();
  const { tag } = pushImage(world.fixture, 'shop/web:v2', {
    EMULATOR_FATE: 'crash:1',
    EMULATOR_LOG:
      '== 20260114 AddOrders: migrating\\nPG::DuplicateTable: relation orders already exists',
  });
  return printed(world, tag, {
    around: {
      ...noAround,
      preDeploy: { container: undefined, command: ['bin/rails', 'db:migrate'] },
    },
  });
}

/** What each failure of the guide "When a deployment fails" prints, in the guide's order. */
export const failingDeploys: Readonly<Record<string, () => Promise<string>>> = {
  'a container that exits at once': crash,
  'an image that is not there': missingImage,
  'an image for another CPU': wrongArchitecture,
  'an image that cannot be pulled': pullFailure,
  'a canary whose alarm fires': alarm,
  'a hook of CodeDeploy that fails': codeDeployHook,
  'a migration that fails': migration,
};
