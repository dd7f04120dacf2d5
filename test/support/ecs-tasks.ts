import type { AroundInputs } from '../../actions/ecs-deploy/inputs/around.js';
import type { RunTaskInputs, ScaleInputs } from '../../actions/ecs-deploy/inputs.js';
import { runCommand } from '../../actions/ecs-deploy/commands.js';
import { parseImageReference } from '../../actions/ecs-deploy/images/image-reference.js';
import type { WantedImage } from '../../actions/ecs-deploy/inputs/images.js';
import type { TaskToRun } from '../../actions/ecs-deploy/inputs/run-task.js';
import type { ScaleChange } from '../../actions/ecs-deploy/inputs/scale.js';
import type { ContractTask } from '../../actions/ecs-deploy/contract-tasks.js';
import type { Report } from '../../actions/ecs-deploy/report.js';
import {
  contractParameter,
  deployInputs,
  pushImage,
  rolloutInputs,
  serviceWithContract,
  type DeployWorld,
} from './ecs.js';

export const taskOrigin = {
  commit: 'c0ffee1234567890',
  run: 'https://github.com/acme/shop/actions/runs/7',
  actor: 'alice',
};

export function wantedImage(tag: string): WantedImage {
  const reference = parseImageReference(tag);
  if (reference === undefined) throw new Error(`no image reference: ${tag}`);
  return { kind: 'reference', reference };
}

export const noAround: AroundInputs = {
  preDeploy: undefined,
  postDeploy: undefined,
  taskTimeoutMinutes: 30,
  smoke: undefined,
};

/** Deploys an image with steps around the rollout. */
export function deployAround(
  world: DeployWorld,
  tag: string,
  around: Partial<AroundInputs> = {},
  changes: Partial<Parameters<typeof deployInputs>[0]> = {},
): Promise<Report> {
  const inputs = deployInputs({
    image: wantedImage(tag),
    around: { ...noAround, ...around },
    ...changes,
  });
  return runCommand(world.ports, inputs, taskOrigin);
}

/** A service that runs a first good release; calls and log begin anew. */
export async function releasedService(
  world: DeployWorld,
  options: Parameters<typeof serviceWithContract>[1] = {},
): Promise<ReturnType<typeof pushImage>> {
  await serviceWithContract(world, options);
  const image = pushImage(world.fixture, 'shop/web:v1');
  const report = await deployAround(world, image.tag);
  if (report.failure !== undefined) throw new Error(report.message);
  world.calls.clear();
  (world.log as unknown[]).length = 0;
  return image;
}

export function runTaskInputs(
  run: Partial<TaskToRun> = {},
  changes: Partial<RunTaskInputs> = {},
): RunTaskInputs {
  return {
    ...rolloutInputs(),
    command: 'run-task',
    run: {
      command: undefined,
      container: undefined,
      environment: {},
      cpu: undefined,
      memoryMib: undefined,
      task: undefined,
      source: { kind: 'running' },
      ...run,
    },
    dryRun: false,
    ...changes,
  };
}

export function runTaskOnce(
  world: DeployWorld,
  run: Partial<TaskToRun> = {},
  changes: Partial<RunTaskInputs> = {},
): Promise<Report> {
  return runCommand(world.ports, runTaskInputs(run, changes), taskOrigin);
}

export function scaleInputs(
  change: Partial<ScaleChange> = {},
  changes: Partial<ScaleInputs> = {},
): ScaleInputs {
  return {
    ...rolloutInputs(),
    command: 'scale',
    change: {
      count: { kind: 'absolute', count: 4 },
      limits: 'fail',
      reason: 'sale began',
      ...change,
    },
    wait: false,
    dryRun: false,
    ...changes,
  };
}

/** Adds a task to the contract, and registers its template with one container `job`. */
export async function addContractTask(
  world: DeployWorld,
  task: Partial<ContractTask> & { readonly name: string },
  options: { readonly template?: boolean } = {},
): Promise<void> {
  const family = `web-${task.name}`;
  if (options.template !== false) {
    await world.fixture.define('placeholder.invalid/set-by-ecs-deploy:none', {
      family: `${family}-template`,
      container: { name: 'job' },
    });
  }
  const document: ContractTask = {
    version: 1,
    kind: 'scheduled',
    templateFamily: `${family}-template`,
    liveFamily: family,
    container: 'job',
    ...task,
  };
  world.parameters.set(`${contractParameter}/tasks/${task.name}`, JSON.stringify(document));
}

/** The images of a family's latest revision; `undefined` where there is none. */
export async function liveImages(
  world: DeployWorld,
  family: string,
): Promise<readonly unknown[] | undefined> {
  const found = await world.ports.ecs.describeTaskDefinition(family);
  if (found === undefined) return undefined;
  const containers = found.definition['containerDefinitions'];
  return Array.isArray(containers)
    ? containers.map((container) => (container as { readonly image?: unknown }).image)
    : [];
}
