import { UserError, type Problem } from '../shared/errors.js';
import {
  checkDigest,
  checkImage,
  withoutProblems,
  type ResolvedImage,
} from './images/image-check.js';
import { parseImageReference } from './images/image-reference.js';
import type { DeployInputs } from './inputs.js';
import { shortName, type RegisteredDefinition, type Service } from './model.js';
import type { Observed } from './plan.js';
import type { DeployPorts } from './ports.js';
import { primaryOf } from './rollout/judge.js';
import {
  findService,
  readBaseDefinition,
  resolveTarget,
  type BaseDefinition,
  type Target,
} from './target.js';
import { observeAround } from './tasks/around.js';
import { containersOf, imageOf, textOf } from './definition/task-definition.js';

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
  const [images, around] = await Promise.all([
    resolveImages(ports, inputs, { target, container, running }),
    observeAround(ports, inputs.around, target),
  ]);
  return {
    target,
    service,
    running,
    base,
    images,
    container,
    around,
    origin,
    atMs: ports.clock.now(),
  };
}

/** What the service runs, or is being brought to. */
export async function readRunning(
  ports: DeployPorts,
  service: Service,
): Promise<RegisteredDefinition> {
  const arn = primaryOf(service)?.taskDefinitionArn ?? service.taskDefinitionArn;
  const found = await ports.ecs.describeTaskDefinition(arn);
  return found ?? { arn, definition: {}, tags: [] };
}

/** The container that runs the service's image. */
export function mainContainer(
  inputs: Pick<DeployInputs, 'container' | 'image'>,
  target: Target,
  base: BaseDefinition,
): string {
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

/** The image of the main container, by digest where that can be known. */
export async function resolveMain(
  ports: Pick<DeployPorts, 'images' | 'log'>,
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
