import { UserError, type Problem } from '../shared/errors.js';
import { suggestion } from '../shared/inputs.js';
import type { ResolvedImage } from './images/image-check.js';
import type { CodeDeployInputs } from './inputs/code-deploy.js';
import {
  shortName,
  type JsonObject,
  type RegisteredDefinition,
  type Service,
  type Tag,
} from './model.js';
import type { Release } from './release.js';
import { releaseCurrent, releaseOf, type ReleaseFacts } from './release-steps.js';
import { cleanUp, type DeregisterStep } from './revisions/clean-up.js';
import type { RevisionFacts } from './revisions/keep.js';
import { primaryOf, type OwnDeployment } from './rollout/judge.js';
import { changedConfiguration, checkStrategy } from './strategy.js';
import type { ObservedCodeDeploy } from './strategies/code-deploy/observe.js';
import { planCodeDeploy, refuseCodeDeployInputs } from './strategies/code-deploy/plan.js';
import type { CodeDeployStep } from './strategies/code-deploy/steps.js';
import { tagsOf } from './tags.js';
import { planAround, type AroundStep, type ObservedAround } from './tasks/around.js';
import type { BaseDefinition, Target } from './target.js';
import { containerNames, findContainer, withImages } from './definition/task-definition.js';
import { definitionChanges, type DefinitionChange } from './definition/differences.js';

/** Everything that a deploy needs to know before it changes anything. */
export interface Observed {
  readonly target: Target;
  readonly service: Service;
  readonly running: RegisteredDefinition;
  readonly base: BaseDefinition;
  /** By container name; the main one is `container`. */
  readonly images: Readonly<Record<string, ResolvedImage>>;
  readonly container: string;
  /** Present where CodeDeploy deploys the service. */
  readonly codeDeploy: ObservedCodeDeploy | undefined;
  readonly around: ObservedAround;
  /** Who deploys. */
  readonly origin: {
    readonly commit: string | undefined;
    readonly run: string | undefined;
    readonly actor?: string | undefined;
  };
  readonly atMs: number;
  /** Read for a dry run with `keep-revisions`. */
  readonly revisions: RevisionFacts | undefined;
}

export type Step =
  | CodeDeployStep
  | AroundStep
  | {
      readonly kind: 'write-release-starting' | 'write-release-current';
      readonly path: string;
      readonly release: Release;
      readonly reason: string;
    }
  | {
      readonly kind: 'register-task-definition';
      readonly family: string;
      readonly definition: JsonObject;
      readonly tags: readonly Tag[];
      readonly changes: readonly DefinitionChange[];
      readonly reason: string;
    }
  | {
      readonly kind: 'update-service';
      /** Absent: the revision registered before. */
      readonly taskDefinitionArn: string | undefined;
      readonly desiredCount: number | undefined;
      readonly forceNewDeployment: boolean;
      /** Whole; absent: it stays as it is. */
      readonly deploymentConfiguration?: JsonObject;
      readonly reason: string;
    }
  | {
      readonly kind: 'stop-deployment';
      readonly serviceDeploymentArn: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'follow';
      /** Absent: the deployment that the update starts. */
      readonly deployment: OwnDeployment | undefined;
      /** Where it is known already. */
      readonly serviceDeploymentArn?: string;
      readonly reason: string;
    }
  | {
      /** Answers a PAUSE hook. */
      readonly kind: 'continue-service-deployment';
      readonly serviceDeploymentArn: string;
      readonly hookId: string;
      readonly decision: 'continue' | 'rollback';
      readonly reason: string;
    }
  | DeregisterStep;

export interface Plan {
  readonly steps: readonly Step[];
  /** What the service will run. */
  readonly definition: JsonObject;
  /** True where no rollout is needed. */
  readonly upToDate: boolean;
}

/**
 * Decides what to do, and why.
 *
 * @throws UserError `container-missing`, `service-unsupported`, `strategy-unsupported`,
 * `strategy-mismatch`
 */
export function plan(
  observed: Observed,
  options: {
    readonly wait: boolean;
    readonly codeDeploy: CodeDeployInputs;
    readonly keepRevisions: number | undefined;
  },
): Plan {
  refuseUnsupported(observed.service, observed.target);
  if (observed.codeDeploy === undefined)
    refuseCodeDeployInputs(observed.service, options.codeDeploy);
  refuseUnknownContainers(observed);
  const { base, images, running, service } = observed;
  const definition: JsonObject = {
    ...withImages(
      base.definition,
      Object.fromEntries(Object.entries(images).map(([name, { image }]) => [name, image])),
    ),
    family: base.liveFamily,
  };
  const changes = definitionChanges(running.definition, definition);
  const desiredCount = firstDesiredCount(observed);
  const newSteps = (): readonly Step[] =>
    changes.length > 0 ? newRevision(observed, definition, changes, desiredCount) : [];
  const rollout =
    observed.codeDeploy !== undefined
      ? planCodeDeploy({
          observed: observed.codeDeploy,
          inputs: options.codeDeploy,
          wait: options.wait,
          register: newSteps().filter(({ kind }) => kind === 'register-task-definition'),
          inFlightIsSame: isDefinition(observed.codeDeploy.inFlight?.definition, definition),
          firstCount: desiredCount,
          running: shortName(running.arn),
          origin: observed.origin,
        })
      : changes.length > 0
        ? newSteps()
        : sameRevision(service, running, desiredCount);
  const upToDate = rollout.length === 0;
  const configuration = changedConfiguration(service, observed.target.contract);
  const follow = rollout
    .filter(({ kind }) => options.wait || !kind.startsWith('follow'))
    .map((step) =>
      step.kind === 'update-service' && configuration !== undefined
        ? { ...step, deploymentConfiguration: configuration }
        : step,
    );
  const record = options.wait ? releaseCurrent(releaseFacts(observed), upToDate) : [];
  const around = planAround({
    ...observed,
    definition,
    rollsOut: rollout.some(({ kind }) => kind === 'update-service' || kind === 'create-deployment'),
    concludes: options.wait && (!upToDate || record.length > 0),
  });
  const isRegistering = ({ kind }: Step): boolean => kind === 'register-task-definition';
  const registers = rollout.some(isRegistering);
  return {
    definition,
    upToDate,
    steps: [
      ...follow.filter(isRegistering),
      ...around.before,
      ...(upToDate ? [] : releaseStarting(observed)),
      ...follow.filter((step) => !isRegistering(step)),
      ...around.after,
      ...record,
      ...(options.wait ? around.last : []),
      ...(options.wait && !upToDate ? cleanUp(observed, registers, options.keepRevisions) : []),
    ],
  };
}

function isDefinition(found: RegisteredDefinition | undefined, definition: JsonObject): boolean {
  return found !== undefined && definitionChanges(found.definition, definition).length === 0;
}

function newRevision(
  observed: Observed,
  definition: JsonObject,
  changes: readonly DefinitionChange[],
  desiredCount: number | undefined,
): readonly Step[] {
  const { base, running, service } = observed;
  return [
    {
      kind: 'register-task-definition',
      family: base.liveFamily,
      definition,
      tags: revisionTags(observed),
      changes,
      reason:
        desiredCount === undefined
          ? `${base.origin} with the images given differs from ${shortName(running.arn)}, which runs now`
          : `${base.origin} with the images given, in place of the placeholder`,
    },
    {
      kind: 'update-service',
      taskDefinitionArn: undefined,
      desiredCount,
      forceNewDeployment: false,
      reason: updateReason(service, desiredCount),
    },
    { kind: 'follow', deployment: undefined, reason: 'to the end of our own deployment' },
  ];
}

function updateReason(service: Service, desiredCount: number | undefined): string {
  const primary = primaryOf(service);
  if (desiredCount !== undefined) {
    return `first deployment: the contract asks for ${desiredCount} tasks`;
  }
  return primary?.rolloutState === 'IN_PROGRESS'
    ? `takes over from the deployment of ${shortName(primary.taskDefinitionArn)}, which is in progress`
    : `replaces ${shortName(service.taskDefinitionArn)}`;
}

/** The service is asked for this very definition already. */
function sameRevision(
  service: Service,
  running: RegisteredDefinition,
  desiredCount: number | undefined,
): readonly Step[] {
  const primary = primaryOf(service);
  const name = shortName(running.arn);
  const again = (reason: string): readonly Step[] => [
    {
      kind: 'update-service',
      taskDefinitionArn: running.arn,
      desiredCount,
      forceNewDeployment: true,
      reason,
    },
    { kind: 'follow', deployment: undefined, reason: 'to the end of our own deployment' },
  ];
  if (desiredCount !== undefined) return again(updateReason(service, desiredCount));
  if (primary?.rolloutState === 'FAILED') return again(`the last deployment of ${name} failed`);
  if (primary?.rolloutState === 'IN_PROGRESS') {
    const { id, taskDefinitionArn, createdAtMs } = primary;
    return [
      {
        kind: 'follow',
        deployment: { id, taskDefinitionArn, createdAtMs },
        reason: `${name} is being rolled out already`,
      },
    ];
  }
  return [];
}

/**
 * The count is sent once: from 0 to the contract's, before the service ever ran a release. Then
 * it belongs to Terraform or to autoscaling.
 */
function firstDesiredCount({ target, service }: Observed): number | undefined {
  const wanted = target.contract?.desiredCount ?? 0;
  const released = target.release?.current?.status === 'succeeded';
  return wanted > 0 && service.desiredCount === 0 && !released ? wanted : undefined;
}

/** Before the first update, so that an apply in between does not scale to 0 again. */
function releaseStarting(observed: Observed): readonly Step[] {
  const { release } = observed.target;
  if (release === undefined || release.exists) return [];
  return [
    {
      kind: 'write-release-starting',
      path: release.path,
      release: releaseOf(releaseFacts(observed), 'starting'),
      reason: 'first release: from now on Terraform keeps the count',
    },
  ];
}

export function releaseFacts(observed: Observed): ReleaseFacts {
  const { target, images, origin, atMs } = observed;
  return { target, images, ...origin, atMs };
}

function revisionTags(observed: Observed): readonly Tag[] {
  const { base, container, images, origin } = observed;
  const own: Readonly<Record<string, string | undefined>> = {
    'infra-actions:template': base.origin,
    'infra-actions:image-digest': images[container]?.digest,
    'infra-actions:commit': origin.commit,
    'infra-actions:run': origin.run,
  };
  // AWS keeps `aws:` for itself and refuses it in a call.
  const kept = base.tags.filter(({ key }) => !(key in own) && !key.startsWith('aws:'));
  return [...kept, ...tagsOf(own)];
}

/** @throws UserError `service-unsupported` */
export function refuseUnsupported(service: Service, { contract }: Target): void {
  const problem = (what: string, hint?: string): UserError =>
    new UserError({
      code: 'service-unsupported',
      message: `service ${service.name} ${what}`,
      ...(hint === undefined ? {} : { hint }),
    });
  if (service.managedBy === 'ECS') {
    throw problem('is a service of ECS Express Mode', 'Express Mode deploys it by itself');
  }
  if (service.controller !== 'ECS' && service.controller !== 'CODE_DEPLOY') {
    throw problem(
      `is deployed by the controller ${service.controller}`,
      'supported: ECS, CODE_DEPLOY',
    );
  }
  if (service.scheduling !== 'REPLICA') {
    throw problem(`has the scheduling strategy ${service.scheduling}`, 'supported: REPLICA');
  }
  if (service.controller === 'CODE_DEPLOY') return;
  checkStrategy(service, contract);
}

/**
 * ECS takes no new task definition, and no forced deployment, for a service that CodeDeploy deploys
 * (API reference, "UpdateService").
 *
 * @throws UserError `service-unsupported`
 */
export function refuseCodeDeploy(service: Service, hint: string): void {
  if (service.controller !== 'CODE_DEPLOY') return;
  throw new UserError({
    code: 'service-unsupported',
    message: `service ${service.name} is deployed by CodeDeploy`,
    hint,
  });
}

function refuseUnknownContainers({ base, images, container }: Observed): void {
  const names = containerNames(base.definition);
  const problems: readonly Problem[] = Object.keys(images)
    .filter((name) => findContainer(base.definition, name) === undefined)
    .map((name) => ({
      code: 'container-missing',
      message: `${base.origin} has no container "${name}"`,
      at: { input: name === container ? 'container' : 'images' },
      hint: [suggestion(name, names), `containers: ${names.join(', ')}`]
        .filter((part) => part !== undefined)
        .join(' '),
    }));
  if (problems.length > 0) throw new UserError(problems);
}
