import { UserError, type Problem } from '../shared/errors.js';
import { applyEdits } from './definition/edits.js';
import { parseOverrides } from './definition/overrides-text.js';
import {
  containerNames,
  containersOf,
  familyOf,
  imageOf,
  textOf,
  withImages,
} from './definition/task-definition.js';
import { checkArchitectures } from './images/architecture.js';
import { checkDigest, checkImage, isProblem, type ResolvedImage } from './images/image-check.js';
import { parseImageReference } from './images/image-reference.js';
import type { DeployInputs } from './inputs.js';
import type { TargetInputs } from './inputs/target.js';
import { shortName, type RegisteredDefinition, type Service } from './model.js';
import type { Observed } from './plan.js';
import type { DeployPorts } from './ports.js';
import { findRevisionFacts } from './revisions/deregister.js';
import { primaryOf } from './rollout/judge.js';
import {
  findService,
  readBaseDefinition,
  resolveTarget,
  type BaseDefinition,
  type Target,
} from './target.js';
import { observeCodeDeploy } from './strategies/code-deploy/observe.js';
import { nothingObserved, observeAround } from './tasks/around.js';
import { toProblem, withoutRepeated } from './verify/findings.js';
import { verifyQuick } from './verify/verify.js';

/** Who deploys: the commit and the address of the run. */
export type Origin = Observed['origin'];

/** The inputs that say what a service is to run. */
export type SubjectInputs = Pick<
  DeployInputs,
  'target' | 'image' | 'container' | 'images' | 'edits'
>;

/** What a service is to run, and what runs now. */
export interface ObservedSubject {
  readonly target: Target;
  readonly service: Service;
  readonly running: RegisteredDefinition;
  /** With the changes that the inputs ask for; images are not set yet. */
  readonly base: BaseDefinition;
  readonly container: string;
  /** Those that are there. */
  readonly images: Readonly<Record<string, ResolvedImage>>;
  /** With images and changes. */
  readonly problems: readonly Problem[];
}

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
  const { problems, ...subject } = await observeSubject(ports, inputs);
  const { running, base, images, service } = subject;
  const definition = withImages(base.definition, imageTexts(images));
  const quick = inputs.verify
    ? verifyQuick(
        ports,
        { definition, wiring: service.wiring },
        service.runningCount > 0 ? running : undefined,
      )
    : undefined;
  const [architecture, verified, revisions, codeDeploy, around] = await Promise.all([
    inputs.verify
      ? checkArchitectures(ports, definition, newImages(subject), (name) =>
          name in inputs.images ? 'images' : 'image',
        )
      : undefined,
    quick,
    inputs.dryRun && inputs.keepRevisions !== undefined
      ? findRevisionFacts(ports, { family: base.liveFamily, keep: inputs.keepRevisions - 1 })
      : undefined,
    service.controller === 'CODE_DEPLOY'
      ? settled(
          observeCodeDeploy(ports, inputs.codeDeploy, {
            cluster: subject.target.cluster,
            service,
            contract: subject.target.contract,
            definition: base.definition,
            container: subject.container,
          }),
        )
      : undefined,
    settled(observeAround(ports, inputs.around, subject.target)),
  ]);
  for (const what of [...(architecture?.notChecked ?? []), ...(verified?.notChecked ?? [])]) {
    ports.log.notice(`not checked: ${what}`);
  }
  const all = [
    ...problems,
    ...(architecture?.problems ?? []),
    ...withoutRepeated(verified?.findings ?? [], problems).map(toProblem),
    ...(codeDeploy instanceof UserError ? codeDeploy.problems : []),
    ...(around instanceof UserError ? around.problems : []),
  ];
  if (around instanceof UserError || all.length > 0) throw new UserError(all);
  return {
    ...subject,
    codeDeploy: codeDeploy instanceof UserError ? undefined : codeDeploy,
    around,
    origin,
    atMs: ports.clock.now(),
    revisions,
  };
}

/** So that its problems can stand beside those of others. */
async function settled<T>(found: Promise<T>): Promise<T | UserError> {
  try {
    return await found;
  } catch (thrown) {
    if (thrown instanceof UserError) return thrown;
    throw thrown;
  }
}

/**
 * Reads what the service is to run, and collects what is wrong with it.
 *
 * @throws UserError where there is no service, definition or container to look at
 */
export async function observeSubject(
  ports: DeployPorts,
  inputs: SubjectInputs,
): Promise<ObservedSubject> {
  const target = await resolveTarget(ports, inputs.target);
  const service = await findService(ports, target);
  const [running, base] = await Promise.all([
    readRunning(ports, service),
    readBaseDefinition(ports, inputs.target, target, service),
  ]);
  const container = mainContainer(inputs, target, base);
  const resolved = await resolveImages(ports, inputs, { target, container, running });
  const { overrides: text, ...edits } = inputs.edits;
  const overrides = text === undefined ? undefined : await parseOverrides(text);
  const edited = applyEdits(base, container, { ...edits, overrides: overrides?.patch });
  for (const notice of edited.notices) ports.log.notice(notice);
  const problems: Problem[] = [...(overrides?.problems ?? []), ...edited.problems];
  const images: Record<string, ResolvedImage> = {};
  for (const [name, image] of Object.entries(resolved)) {
    if (isProblem(image)) problems.push(image);
    else images[name] = image;
  }
  return {
    target,
    service,
    running,
    base: { ...base, definition: edited.definition, tags: edited.tags },
    container,
    images,
    problems,
  };
}

/**
 * Reads a service and what it is asked to run, for commands that bring no image.
 *
 * @throws UserError for what is not there or not as it must be
 */
export async function observeRunning(
  ports: DeployPorts,
  inputs: TargetInputs,
  origin: Origin,
): Promise<Observed> {
  const target = await resolveTarget(ports, inputs);
  const service = await findService(ports, target);
  const running = await readRunning(ports, service);
  const observed = {
    ...{ target, service, running, origin, atMs: ports.clock.now() },
    base: { definition: running.definition, tags: [], origin: '', liveFamily: '' },
    container: target.contract?.container ?? containerNames(running.definition)[0] ?? '',
    images: {},
    codeDeploy: undefined,
    revisions: undefined,
    around: nothingObserved,
  };
  return withDefinition(observed, running, shortName(running.arn));
}

/** The same service, which is to run a definition that is registered already. */
export function withDefinition(
  observed: Observed,
  { definition, tags }: RegisteredDefinition,
  origin: string,
): Observed {
  const images = Object.fromEntries(
    containerNames(definition).flatMap((name) => {
      const image = imageOf(definition, name);
      const digest = parseImageReference(image ?? '')?.digest;
      return image === undefined ? [] : [[name, { image, digest, repository: undefined }]];
    }),
  );
  const liveFamily = familyOf(definition) ?? '';
  return { ...observed, images, base: { definition, tags, origin, liveFamily } };
}

export function imageTexts(
  images: Readonly<Record<string, ResolvedImage>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(images).map(([name, { image }]) => [name, image]));
}

/** Images that do not run yet: one that runs on this platform needs no proof of it. */
function newImages({
  running,
  base,
  images,
}: Pick<ObservedSubject, 'running' | 'base' | 'images'>): Readonly<Record<string, ResolvedImage>> {
  const samePlatform =
    JSON.stringify(running.definition['runtimePlatform'] ?? null) ===
    JSON.stringify(base.definition['runtimePlatform'] ?? null);
  return Object.fromEntries(
    Object.entries(images).filter(
      ([name, { image }]) => !samePlatform || imageOf(running.definition, name) !== image,
    ),
  );
}

/** What the service runs, or is being brought to. */
export async function readRunning(
  ports: DeployPorts,
  service: Service,
): Promise<RegisteredDefinition> {
  const primary = [primaryOf(service), ...service.taskSets].find(
    (one) => one?.status === 'PRIMARY',
  );
  const arn = primary?.taskDefinitionArn ?? service.taskDefinitionArn;
  const found = await ports.ecs.describeTaskDefinition(arn);
  return found ?? { arn, definition: {}, tags: [] };
}

type MainContainerInputs = Pick<DeployInputs, 'container' | 'image'> &
  Partial<Pick<DeployInputs, 'edits'>>;

/** The container that runs the service's image. */
export function mainContainer(
  inputs: MainContainerInputs,
  target: Target,
  base: BaseDefinition,
): string {
  const named = inputs.container ?? target.contract?.container;
  if (named !== undefined) return named;
  const containers = containersOf(base.definition);
  const essential = containers.filter((container) => container['essential'] !== false);
  const [only, ...more] = containers.length === 1 ? containers : essential;
  if (only !== undefined && (more.length === 0 || !namesMainContainer(inputs))) {
    return textOf(only['name']) ?? '';
  }
  throw new UserError({
    code: 'container-required',
    message: `${base.origin} has several containers: which one is the main one?`,
    at: { input: 'container' },
    hint: `one of ${containers.map((container) => textOf(container['name']) ?? '').join(', ')}`,
  });
}

/** Whether something is for the main container without its name. */
function namesMainContainer({ image, edits }: MainContainerInputs): boolean {
  const {
    environment = [],
    removeEnvironment = [],
    secrets = [],
    removeSecrets = [],
  } = edits ?? {};
  return (
    image !== undefined ||
    [...environment, ...removeEnvironment, ...secrets, ...removeSecrets].some(
      ({ container }) => container === undefined,
    )
  );
}

async function resolveImages(
  ports: DeployPorts,
  inputs: SubjectInputs,
  known: {
    readonly target: Target;
    readonly container: string;
    readonly running: RegisteredDefinition;
  },
): Promise<Readonly<Record<string, ResolvedImage | Problem>>> {
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
  return Object.fromEntries(await Promise.all(entries));
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
