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
import { primaryOf, type OwnDeployment } from './rollout/judge.js';
import type { ObservedCodeDeploy } from './strategies/code-deploy/observe.js';
import { planCodeDeploy, refuseCodeDeployInputs } from './strategies/code-deploy/plan.js';
import type { CodeDeployStep } from './strategies/code-deploy/steps.js';
import type { BaseDefinition, Target } from './target.js';
import {
  containerNames,
  definitionChanges,
  findContainer,
  withImages,
  type DefinitionChange,
} from './definition/task-definition.js';

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
  /** Who deploys. */
  readonly origin: { readonly commit: string | undefined; readonly run: string | undefined };
  readonly atMs: number;
}

export type Step =
  | CodeDeployStep
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
      readonly reason: string;
    }
  | {
      readonly kind: 'follow';
      /** Absent: the deployment that the update starts. */
      readonly deployment: OwnDeployment | undefined;
      readonly reason: string;
    };

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
 * @throws UserError `container-missing`, `service-unsupported`
 */
export function plan(
  observed: Observed,
  options: { readonly wait: boolean; readonly codeDeploy: CodeDeployInputs },
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
  const follow = options.wait ? rollout : rollout.filter(({ kind }) => !kind.startsWith('follow'));
  return {
    definition,
    upToDate,
    steps: [
      ...(upToDate ? [] : releaseStarting(observed)),
      ...follow,
      ...(options.wait ? releaseCurrent(observed, upToDate) : []),
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
      release: releaseOf(observed, 'starting'),
      reason: 'first release: from now on Terraform keeps the count',
    },
  ];
}

function releaseCurrent(observed: Observed, upToDate: boolean): readonly Step[] {
  const { release } = observed.target;
  if (release === undefined) return [];
  const next = releaseOf(observed, 'succeeded');
  const { current } = release;
  const known =
    current?.status === 'succeeded' &&
    JSON.stringify(Object.entries(current.images).sort()) ===
      JSON.stringify(Object.entries(next.images).sort());
  if (upToDate && known) return [];
  return [
    {
      kind: 'write-release-current',
      path: release.path,
      release: next,
      reason: upToDate ? 'the record does not name what runs' : 'after the rollout succeeded',
    },
  ];
}

function releaseOf(observed: Observed, status: Release['status']): Release {
  const { commit, run } = observed.origin;
  return {
    version: 1,
    status,
    images: Object.fromEntries(
      Object.entries(observed.images).map(([name, { image }]) => [name, image]),
    ),
    ...(commit === undefined ? {} : { commit }),
    ...(run === undefined ? {} : { run }),
    at: new Date(observed.atMs).toISOString(),
  };
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
  return [
    ...kept,
    ...Object.entries(own).flatMap(([key, value]) =>
      // "Tagging your Amazon ECS resources": 256 characters of this set.
      value === undefined
        ? []
        : [{ key, value: value.replaceAll(/[^\p{L}\p{N} _.:/=+\-@]/gu, '_').slice(0, 256) }],
    ),
  ];
}

function refuseUnsupported(service: Service, { contract }: Target): void {
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
  if (service.strategy !== 'ROLLING' || (contract?.strategy ?? 'rolling') !== 'rolling') {
    throw problem(
      `has the strategy ${contract?.strategy ?? service.strategy}`,
      'supported: rolling',
    );
  }
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
