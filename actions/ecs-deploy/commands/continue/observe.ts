import { parseEcrHost } from '../../../shared/ecr-host.js';
import { OperationError, UserError } from '../../../shared/errors.js';
import { primaryOf } from '../../primary.js';
import { nothingObserved, observeAround } from '../../tasks/around.js';
import { likelyMainContainer } from '../../definition/main-container.js';
import { containerNames, imageOf } from '../../definition/task-definition.js';
import type { ResolvedImage } from '../../images/image-check.js';
import { parseImageReference } from '../../images/image-reference.js';
import type { ContinueInputs } from '../../inputs.js';
import {
  familyOfArn,
  shortName,
  type JsonObject,
  type RegisteredDefinition,
  type Service,
} from '../../model.js';
import { readDefinition } from '../../observe.js';
import type { Observed } from '../../plan.js';
import type { DeployPorts } from '../../ports.js';
import type { OwnDeployment } from '../../rollout/judge.js';
import type { Target } from '../../target.js';
import { findPause, type FoundPause } from './find-pause.js';

/** A rollout that another step began. */
export interface PausedRollout extends FoundPause {
  readonly observed: Observed;
  readonly own: OwnDeployment;
  readonly definition: JsonObject;
}

/**
 * Reads the rollout that is to go on, and changes nothing: who rolled what out is known from the
 * revision and its tags, so that any job can go on with it.
 *
 * @throws UserError for what is not there, see `findPause`
 */
export async function observePaused(
  ports: DeployPorts,
  inputs: ContinueInputs,
  target: Target,
  service: Service,
): Promise<PausedRollout> {
  const found = await findPause(ports, target, inputs);
  const { deployment } = found;
  const revision = await readRevision(ports, deployment.targetRevisionArn);
  refuseOvertaken(service, deployment, revision.arn);
  const ours = service.deployments
    .filter(({ taskDefinitionArn }) => taskDefinitionArn === revision.arn)
    .sort((left, right) => right.createdAtMs - left.createdAtMs)[0];
  const before = service.deployments.find(({ id }) => id !== ours?.id);
  const tags = new Map(revision.tags.map(({ key, value }) => [key, value]));
  const template = tags.get('infra-actions:template');
  const container = likelyMainContainer(target, revision.definition);
  const concludes = inputs.wait && inputs.decision === 'continue';
  const [names, running, around] = await Promise.all([
    releasedContainers(ports, { target, revision, container, template }),
    readDefinition(ports, before?.taskDefinitionArn ?? revision.arn),
    concludes ? observeAround(ports, inputs.around, target) : nothingObserved,
  ]);
  return {
    ...found,
    own: {
      id: ours?.id ?? '',
      taskDefinitionArn: revision.arn,
      createdAtMs: ours?.createdAtMs ?? deployment.createdAtMs,
    },
    definition: revision.definition,
    observed: {
      target,
      service,
      running,
      base: {
        definition: revision.definition,
        tags: revision.tags,
        origin: template ?? shortName(revision.arn),
        liveFamily: familyOfArn(revision.arn),
      },
      images: Object.fromEntries(
        names.map((name) => [name, imageAt(imageOf(revision.definition, name) ?? '')]),
      ),
      codeDeploy: undefined,
      revisions: undefined,
      around,
      container,
      origin: { commit: tags.get('infra-actions:commit'), run: tags.get('infra-actions:run') },
      atMs: ports.clock.now(),
    },
  };
}

/** What comes after a rollout must not be done for one that something else has replaced since. */
function refuseOvertaken(
  service: Service,
  { arn, status }: FoundPause['deployment'],
  revisionArn: string,
): void {
  const runs = primaryOf(service)?.taskDefinitionArn;
  if (status !== 'SUCCESSFUL' || runs === undefined || runs === revisionArn) return;
  throw new UserError({
    code: 'nothing-awaiting',
    message: `${arn} ended with success, and service ${service.name} runs ${shortName(runs)} by now, not ${shortName(revisionArn)}`,
    hint: 'name the deployment that is paused, or none',
  });
}

async function readRevision(
  { ecs }: Pick<DeployPorts, 'ecs'>,
  revisionArn: string,
): Promise<RegisteredDefinition> {
  const [revision] = await ecs.describeServiceRevisions([revisionArn]);
  const arn = revision?.taskDefinitionArn;
  const found = arn === undefined ? undefined : await ecs.describeTaskDefinition(arn);
  if (found !== undefined) return found;
  throw new OperationError('aws-answer-incomplete', `ECS knows no ${arn ?? revisionArn}`);
}

/** The containers whose images were released: the main one, those before, those not of the template. */
async function releasedContainers(
  { ecs }: Pick<DeployPorts, 'ecs'>,
  known: {
    readonly target: Target;
    readonly revision: RegisteredDefinition;
    readonly container: string;
    readonly template: string | undefined;
  },
): Promise<readonly string[]> {
  const { target, revision, container, template } = known;
  const names = containerNames(revision.definition);
  const base =
    template === undefined || !/^[\w-]+:\d+$/.test(template)
      ? undefined
      : await ecs.describeTaskDefinition(template);
  const released = new Set([container, ...Object.keys(target.release?.current?.images ?? {})]);
  return names.filter(
    (name) =>
      released.has(name) ||
      (base !== undefined && imageOf(base.definition, name) !== imageOf(revision.definition, name)),
  );
}

function imageAt(image: string): ResolvedImage {
  const reference = parseImageReference(image);
  const host = reference?.host;
  return {
    image,
    digest: reference?.digest,
    repository:
      reference === undefined || host === undefined
        ? undefined
        : { name: reference.repository, ...parseEcrHost(host) },
  };
}
