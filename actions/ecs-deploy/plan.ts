import type { ResolvedImage } from './images/image-check.js';
import type { CodeDeployInputs } from './inputs/code-deploy.js';
import {
  shortName,
  type JsonObject,
  type RegisteredDefinition,
  type Service,
  type Tag,
} from './model.js';
import { refuseUnknownContainers, refuseUnsupported } from './plan/guards.js';
import { firstDesiredCount, newRevision, sameRevision } from './plan/revision-steps.js';
import type { Release } from './release.js';
import { releaseCurrent, releaseFacts, releaseStarting } from './release-steps.js';
import { cleanUp, type DeregisterStep } from './revisions/clean-up.js';
import type { RevisionFacts } from './revisions/keep.js';
import type { OwnDeployment } from './rollout/judge.js';
import { changedConfiguration } from './strategy.js';
import type { ObservedCodeDeploy } from './strategies/code-deploy/observe.js';
import { planCodeDeploy, refuseCodeDeployInputs } from './strategies/code-deploy/plan.js';
import type { CodeDeployStep } from './strategies/code-deploy/steps.js';
import { planAround, type AroundStep, type ObservedAround } from './tasks/around.js';
import type { BaseDefinition, Target } from './target.js';
import { familyOf, withImages } from './definition/task-definition.js';
import { definitionChanges, type DefinitionChange } from './definition/differences.js';
import { imageTexts } from './images/resolve-images.js';

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
  /** Read for a dry run with `keep-revisions`; by family, where there are more than those. */
  readonly revisions: ReadonlyMap<string, RevisionFacts> | undefined;
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
    ...withImages(base.definition, imageTexts(images)),
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
  const registering = new Set([...rollout, ...around.last].map(registeringIn));
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
      ...(options.wait && !upToDate ? cleanUp(observed, registering, options.keepRevisions) : []),
    ],
  };
}

/** The family that a step registers a revision in. */
function registeringIn(step: Step): string | undefined {
  if (step.kind === 'register-task-definition') return step.family;
  if (step.kind !== 'update-task' || step.update.changes.length === 0) return undefined;
  return familyOf(step.update.definition);
}

function isDefinition(found: RegisteredDefinition | undefined, definition: JsonObject): boolean {
  return found !== undefined && definitionChanges(found.definition, definition).length === 0;
}
