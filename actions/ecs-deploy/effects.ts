import { OperationError, UserError, type Problem } from '../shared/errors.js';
import { follow, type Followed } from './follow.js';
import { checkDigest, checkImage, withoutProblems, type ResolvedImage } from './image-check.js';
import { parseImageReference } from './image-reference.js';
import type { DeployInputs } from './inputs.js';
import { shortName, type RegisteredDefinition, type Service } from './model.js';
import type { Observed, Plan } from './plan.js';
import type { DeployPorts } from './ports.js';
import { primaryOf, type OwnDeployment } from './rollout.js';
import {
  findService,
  readBaseDefinition,
  resolveTarget,
  type BaseDefinition,
  type Target,
} from './target.js';
import { containersOf, imageOf, textOf } from './task-definition.js';
import { compareRunningImages, type ImageProof } from './image-proof.js';

/** Who deploys: the commit and the address of the run. */
export type Origin = Observed['origin'];

/**
 * Reads all that a deploy depends on, and changes nothing.
 *
 * @throws UserError for what is not there or not as it must be
 */
export async function observe(
  ports: DeployPorts,
  inputs: DeployInputs,
  origin: Origin,
): Promise<Observed> {
  const target = await resolveTarget(ports, inputs.target);
  const service = await findService(ports, target);
  const [running, base] = await Promise.all([
    readRunning(ports, service),
    readBaseDefinition(ports, inputs.target, target, service),
  ]);
  const container = mainContainer(inputs, target, base);
  const images = await resolveImages(ports, inputs, { target, container, running });
  return {
    target,
    service,
    running,
    base,
    images,
    container,
    origin,
    atMs: ports.clock.now(),
  };
}

async function readRunning(ports: DeployPorts, service: Service): Promise<RegisteredDefinition> {
  const arn = primaryOf(service)?.taskDefinitionArn ?? service.taskDefinitionArn;
  const found = await ports.ecs.describeTaskDefinition(arn);
  return found ?? { arn, definition: {}, tags: [] };
}

function mainContainer(inputs: DeployInputs, target: Target, base: BaseDefinition): string {
  const named = inputs.container ?? target.contract?.container;
  if (named !== undefined) return named;
  const containers = containersOf(base.definition);
  const essential = containers.filter((container) => container['essential'] !== false);
  const [only, ...more] = containers.length === 1 ? containers : essential;
  if (only !== undefined && (more.length === 0 || inputs.image === undefined)) {
    return textOf(only['name']) ?? '';
  }
  throw new UserError({
    code: 'container-required',
    message: `${base.origin} has several containers: which one runs the image?`,
    at: { input: 'container' },
    hint: `one of ${containers.map((container) => textOf(container['name']) ?? '').join(', ')}`,
  });
}

async function resolveImages(
  ports: DeployPorts,
  inputs: DeployInputs,
  known: {
    readonly target: Target;
    readonly container: string;
    readonly running: RegisteredDefinition;
  },
): Promise<Readonly<Record<string, ResolvedImage>>> {
  const wanted: Record<string, () => Promise<ResolvedImage | Problem>> = Object.fromEntries(
    Object.entries(inputs.images).map(([container, reference]) => [
      container,
      () => checkImage(ports, reference, 'images'),
    ]),
  );
  const { image } = inputs;
  if (image !== undefined) wanted[known.container] = () => resolveMain(ports, image, known);
  const entries = Object.entries(wanted).map(
    async ([container, resolve]) => [container, await resolve()] as const,
  );
  return withoutProblems(Object.fromEntries(await Promise.all(entries)));
}

async function resolveMain(
  ports: DeployPorts,
  image: NonNullable<DeployInputs['image']>,
  known: {
    readonly target: Target;
    readonly container: string;
    readonly running: RegisteredDefinition;
  },
): Promise<ResolvedImage | Problem> {
  switch (image.kind) {
    case 'reference':
      return checkImage(ports, image.reference, 'image');
    case 'digest': {
      const repository = image.repository ?? known.target.contract?.repository;
      if (repository !== undefined) return checkDigest(ports, repository, image.digest);
      return {
        code: 'input-required',
        message: 'is required with image-digest where no contract names the repository',
        at: { input: 'repository' },
      };
    }
    case 'current': {
      const text = imageOf(known.running.definition, known.container);
      const reference = parseImageReference(text ?? '');
      if (reference !== undefined) return checkImage(ports, reference, 'image');
      return {
        code: 'image-missing',
        message: `container "${known.container}" of ${shortName(known.running.arn)} runs no image that can be deployed again`,
        at: { input: 'image' },
      };
    }
  }
}

export interface Applied {
  readonly taskDefinitionArn: string;
  readonly own: OwnDeployment | undefined;
  readonly followed: Followed | undefined;
  readonly proof: ImageProof | undefined;
  /** The job was cancelled before the service was touched. */
  readonly cancelledEarly: boolean;
}

/**
 * Carries the plan out, step by step. A rollout that fails is a result, not an error.
 *
 * @throws OperationError where AWS refuses a step
 */
export async function apply(
  ports: DeployPorts,
  inputs: DeployInputs,
  observed: Observed,
  plan: Plan,
): Promise<Applied> {
  const { target } = observed;
  let taskDefinitionArn = observed.running.arn;
  let own: OwnDeployment | undefined;
  let followed: Followed | undefined;
  let proof: ImageProof | undefined;

  for (const step of plan.steps) {
    if (ports.signal.aborted && own === undefined) {
      return { taskDefinitionArn, own, followed, proof, cancelledEarly: true };
    }
    switch (step.kind) {
      case 'write-release-starting':
        await ports.parameters.put(step.path, JSON.stringify(step.release));
        break;
      case 'register-task-definition':
        taskDefinitionArn = await ports.ecs.registerTaskDefinition(step.definition, step.tags);
        ports.log.info(`registered ${shortName(taskDefinitionArn)}`);
        break;
      case 'update-service':
        own = ownDeployment(
          await ports.ecs.updateService({
            cluster: target.cluster,
            service: target.serviceName,
            taskDefinitionArn,
            desiredCount: step.desiredCount,
            forceNewDeployment: step.forceNewDeployment,
          }),
          taskDefinitionArn,
        );
        ports.log.info(`updated ${target.serviceName}: deployment ${own.id}`);
        break;
      case 'follow':
        own = step.deployment ?? own;
        if (own === undefined) throw new Error('there is no deployment to follow');
        followed = await follow(ports, {
          cluster: target.cluster,
          serviceName: target.serviceName,
          taskDefinitionArn,
          definition: plan.definition,
          own,
          knownEventIds: new Set(observed.service.events.map(({ id }) => id)),
          logLines: inputs.logLines,
          pollIntervalSeconds: inputs.pollIntervalSeconds,
          timeoutMinutes: inputs.timeoutMinutes,
        });
        if (followed.outcome === 'succeeded') {
          proof = await compareRunningImages(ports, observed.images, followed.serviceDeployment);
        }
        break;
      case 'write-release-current':
        if (!reached(followed, proof, plan)) break;
        await ports.parameters.put(
          step.path,
          JSON.stringify({ ...step.release, taskDefinition: taskDefinitionArn }),
        );
        break;
    }
  }
  return { taskDefinitionArn, own, followed, proof, cancelledEarly: false };
}

/** Whether what was asked runs now. */
function reached(
  followed: Followed | undefined,
  proof: ImageProof | undefined,
  plan: Plan,
): boolean {
  if (proof?.kind === 'different') return false;
  return followed === undefined ? plan.upToDate : followed.outcome === 'succeeded';
}

function ownDeployment(service: Service, taskDefinitionArn: string): OwnDeployment {
  const primary = primaryOf(service);
  if (primary?.taskDefinitionArn !== taskDefinitionArn) {
    throw new OperationError(
      'deployment-not-started',
      `UpdateService answered without a deployment of ${shortName(taskDefinitionArn)}: another update came at the same time`,
      { details: { primary: primary?.taskDefinitionArn } },
    );
  }
  const { id, createdAtMs } = primary;
  return { id, createdAtMs, taskDefinitionArn };
}
