import { UserError, type Problem } from '../shared/errors.js';
import { applyEdits } from './definition/edits.js';
import { parseOverrides } from './definition/overrides-text.js';
import { likelyMainContainer, mainContainer } from './definition/main-container.js';
import { containerNames, familyOf, imageOf, withImages } from './definition/task-definition.js';
import { checkArchitectures } from './images/architecture.js';
import { isProblem, type ResolvedImage } from './images/image-check.js';
import { parseImageReference } from './images/image-reference.js';
import { imageTexts, newImages, resolveImages } from './images/resolve-images.js';
import type { DeployInputs } from './inputs.js';
import type { TargetInputs } from './inputs/target.js';
import { shortName, type RegisteredDefinition, type Service } from './model.js';
import type { Observed } from './plan.js';
import type { DeployPorts } from './ports.js';
import { isPlaceholder } from './placeholder.js';
import { liveFamilies } from './revisions/clean-up.js';
import { findRevisionFacts } from './revisions/deregister.js';
import { primaryDefinitionArn } from './primary.js';
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
        { definition, wiring: service.wiring, serviceArn: service.arn },
        isPlaceholder(running, subject.target.contract) ? undefined : running,
      )
    : undefined;
  const [architecture, verified, codeDeploy, around] = await Promise.all([
    inputs.verify
      ? checkArchitectures(ports, definition, newImages(subject), (name) =>
          name in inputs.images ? 'images' : 'image',
        )
      : undefined,
    quick,
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
  const revisions =
    inputs.dryRun && inputs.keepRevisions !== undefined
      ? await findRevisionFacts(ports, {
          families: liveFamilies({ base, around }),
          keep: inputs.keepRevisions - 1,
        })
      : undefined;
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
  return observeFound(ports, { target, service: await findService(ports, target) }, origin);
}

/** Reads what a service that was found already is asked to run. */
export async function observeFound(
  ports: DeployPorts,
  { target, service }: Pick<Observed, 'target' | 'service'>,
  origin: Origin,
): Promise<Observed> {
  const running = await readRunning(ports, service);
  const observed = {
    ...{ target, service, running, origin, atMs: ports.clock.now() },
    base: { definition: running.definition, tags: [], origin: '', liveFamily: '' },
    container: likelyMainContainer(target, running.definition),
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

/** What the service runs, or is being brought to. */
export async function readRunning(
  ports: DeployPorts,
  service: Service,
): Promise<RegisteredDefinition> {
  return readDefinition(ports, primaryDefinitionArn(service) ?? service.taskDefinitionArn);
}

/** A definition; an empty one where ECS knows none of that ARN. */
export async function readDefinition(
  { ecs }: Pick<DeployPorts, 'ecs'>,
  arn: string,
): Promise<RegisteredDefinition> {
  return (await ecs.describeTaskDefinition(arn)) ?? { arn, definition: {}, tags: [] };
}
