import { OperationError } from '../shared/errors.js';
import { compareRunningImages, type ImageProof } from './images/image-proof.js';
import type { RolloutInputs } from './inputs/rollout.js';
import { shortName, type Service } from './model.js';
import type { Observed, Plan } from './plan.js';
import type { DeployPorts } from './ports.js';
import { deregisterOldRevisions } from './revisions/deregister.js';
import { follow, type Followed } from './rollout/follow.js';
import { answerPause } from './rollout/answer-pause.js';
import { goesBack, openFirstRelease, type FirstReleaseTakenBack } from './rollout/first-release.js';
import { stopWithRollback } from './rollout/give-up.js';
import { lookAtService } from './rollout/looks.js';
import { isAroundStep, isBeforeRollout } from './tasks/around.js';
import { openAround, type AroundResult } from './tasks/carry-out.js';
import { runsPlaceholder } from './placeholder.js';
import { primaryOf } from './primary.js';
import type { OwnDeployment } from './rollout/judge.js';
import {
  definitionsOf,
  supersedingDefinition,
  type KnownDefinitions,
} from './rollout/superseded.js';
import type { KnownDeployments } from './strategies/code-deploy/superseded.js';
import { openCodeDeployRun, type CodeDeployState } from './strategies/code-deploy/run.js';

export interface Applied {
  readonly taskDefinitionArn: string;
  readonly own: OwnDeployment | undefined;
  readonly followed: Followed | undefined;
  readonly proof: ImageProof | undefined;
  /** The answer to a PAUSE hook came too late: somebody else had given one. */
  readonly answeredTooLate: boolean;
  readonly around: AroundResult;
  /** The job was cancelled before the service was touched. */
  readonly cancelledEarly: boolean;
  /** What somebody else has deployed meanwhile: the service was not touched. */
  readonly supersededBy?: string | undefined;
  /** Where a first release failed. */
  readonly takenBack?: FirstReleaseTakenBack | undefined;
  /** Where CodeDeploy deploys the service. */
  readonly codeDeploy?: CodeDeployState | undefined;
}

/**
 * Carries the plan out, step by step. A rollout that fails is a result, not an error.
 *
 * @throws OperationError where AWS refuses a step
 */
export async function apply(
  ports: DeployPorts,
  inputs: RolloutInputs & { readonly logLines: number },
  observed: Observed,
  plan: Plan,
): Promise<Applied> {
  const { target } = observed;
  let taskDefinitionArn = observed.running.arn;
  let own: OwnDeployment | undefined;
  let followed: Followed | undefined;
  let proof: ImageProof | undefined;
  let answeredHookId: string | undefined;
  let answeredTooLate = false;

  const firstRelease = openFirstRelease(ports, target);
  if (awaitsFirstRelease(observed)) firstRelease.recorded();
  const codeDeployRun = openCodeDeployRun(ports, {
    cluster: target.cluster,
    serviceName: target.serviceName,
    definition: plan.definition,
    images: observed.images,
    service: observed.service,
    known: knownDeployments(observed),
    firstRelease,
    inputs,
  });
  let codeDeploy: CodeDeployState | undefined;
  const around = openAround(ports, inputs, observed, plan);
  const soFar = (): Omit<Applied, 'cancelledEarly'> => ({
    ...{ taskDefinitionArn, own, followed, proof, answeredTooLate, codeDeploy },
    around: around.result(),
    takenBack: firstRelease.result(),
  });
  const known = knownDefinitions(observed);

  for (const step of plan.steps) {
    if (ports.signal.aborted && own === undefined) {
      // CodeDeploy may have been given its count already.
      await firstRelease.takeBack();
      return { ...soFar(), cancelledEarly: true };
    }
    if (step.kind === 'write-release-starting' || step.kind === 'update-service') {
      const supersededBy = await supersedingDefinition(ports.ecs, target, known);
      if (supersededBy !== undefined) {
        const arn = step.kind === 'update-service' ? step.taskDefinitionArn : undefined;
        taskDefinitionArn = arn ?? taskDefinitionArn;
        return { ...soFar(), supersededBy, cancelledEarly: false };
      }
    }
    if (isAroundStep(step)) {
      const due = isBeforeRollout(step) || reached(followed, proof, plan);
      if (due && !(await around.carryOut(step, taskDefinitionArn))) break;
      continue;
    }
    switch (step.kind) {
      case 'write-release-starting':
        await ports.parameters.put(step.path, JSON.stringify(step.release));
        if (observed.service.desiredCount === 0) firstRelease.recorded();
        break;
      case 'register-task-definition':
        taskDefinitionArn = await ports.ecs.registerTaskDefinition(step.definition, step.tags);
        ports.log.info(`registered ${shortName(taskDefinitionArn)}`);
        break;
      case 'update-service':
        taskDefinitionArn = step.taskDefinitionArn ?? taskDefinitionArn;
        own = ownDeployment(
          await ports.ecs
            .updateService({
              cluster: target.cluster,
              service: target.serviceName,
              taskDefinitionArn,
              desiredCount: step.desiredCount,
              forceNewDeployment: step.forceNewDeployment,
              deploymentConfiguration: step.deploymentConfiguration,
            })
            .catch(async (thrown: unknown) => {
              if (await hasNoTask(ports, target)) await firstRelease.takeBack();
              throw thrown;
            }),
          taskDefinitionArn,
        );
        if (step.desiredCount !== undefined) firstRelease.given();
        ports.log.info(`updated ${target.serviceName}: deployment ${own.id}`);
        break;
      case 'stop-deployment': {
        const answer = await stopWithRollback(ports, step.serviceDeploymentArn);
        if (answer.kind === 'refused') {
          throw new OperationError('stop-refused', `the rollout is not stopped: ${answer.reason}`);
        }
        ports.log.info(`asked ECS to roll back ${shortName(step.serviceDeploymentArn)}`);
        break;
      }
      case 'continue-service-deployment':
        answeredTooLate = (await answerPause(ports, step)) === 'too-late';
        answeredHookId = step.hookId;
        break;
      case 'follow':
        own = step.deployment ?? own;
        if (own === undefined) throw new Error('there is no deployment to follow');
        taskDefinitionArn = own.taskDefinitionArn;
        followed = await follow(ports, {
          cluster: target.cluster,
          serviceName: target.serviceName,
          taskDefinitionArn,
          definition: plan.definition,
          own,
          service: observed.service,
          knownEventIds: new Set(observed.service.events.map(({ id }) => id)),
          logLines: inputs.logLines,
          pollIntervalSeconds: inputs.pollIntervalSeconds,
          timeoutMinutes: inputs.timeoutMinutes,
          earlyEnd: inputs.earlyEnd,
          earlyEndExits: inputs.earlyEndExits,
          onCancel: inputs.onCancel,
          onPause: inputs.onPause,
          answeredHookId,
          whenGoingBack: () => firstRelease.takeBack(),
          ...(step.serviceDeploymentArn === undefined
            ? {}
            : { serviceDeploymentArn: step.serviceDeploymentArn }),
        });
        await takeBackFirstRelease(followed);
        if (followed.outcome === 'succeeded') {
          proof = await compareRunningImages(ports, observed.images, followed.serviceDeployment);
        }
        break;
      case 'set-desired-count':
      case 'create-deployment':
      case 'stop-code-deploy':
      case 'continue-code-deploy':
      case 'follow-code-deploy':
      case 'follow-tasks':
        codeDeploy = await codeDeployRun.step(step, taskDefinitionArn);
        // A step that is left out has followed nothing more.
        if (codeDeploy.followed !== undefined && codeDeploy.followed !== followed) {
          const isWayBack = step.kind === 'follow-code-deploy' && step.goesBack === true;
          await takeBackFirstRelease(codeDeploy.followed, isWayBack);
        }
        ({ own, followed, proof } = codeDeploy);
        taskDefinitionArn = own?.taskDefinitionArn ?? taskDefinitionArn;
        if (codeDeploy.cancelled) return { ...soFar(), cancelledEarly: true };
        if (codeDeploy.supersededBy !== undefined) {
          const { supersededBy } = codeDeploy;
          return { ...soFar(), supersededBy, cancelledEarly: false };
        }
        break;
      case 'write-release-current':
        if (!reached(followed, proof, plan)) break;
        await ports.parameters.put(
          step.path,
          JSON.stringify({ ...step.release, taskDefinition: taskDefinitionArn }),
        );
        break;
      case 'deregister-revisions':
        if (!reached(followed, proof, plan)) break;
        await deregisterOldRevisions(ports, {
          ...step.request,
          never: [...step.request.never, taskDefinitionArn],
        });
        break;
    }
  }
  return { ...soFar(), cancelledEarly: false };

  /** `isWayBack`: what was followed is the way back itself. */
  async function takeBackFirstRelease(end: Followed, isWayBack = false): Promise<void> {
    if (!goesBack(end) && !isWayBack) return;
    // It may have been begun by an earlier run.
    if (runsPlaceholder(end.service, target.contract)) {
      firstRelease.recorded();
      if (end.service.desiredCount > 0) firstRelease.given();
    }
    await firstRelease.takeBack({ again: true });
  }
}

/** Whether a release was begun, but its service has not been given a task. */
function awaitsFirstRelease({ target: { release }, service }: Observed): boolean {
  return (
    release?.exists === true &&
    release.current?.status !== 'succeeded' &&
    service.desiredCount === 0
  );
}

/** Whether an update whose answer is an error has changed nothing; false where that cannot be seen. */
async function hasNoTask(ports: DeployPorts, target: Observed['target']): Promise<boolean> {
  try {
    const { desiredCount } = await lookAtService(ports, target);
    return desiredCount === 0;
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    return false;
  }
}

/** All that the service may run, or be on its way to, without somebody else's deployment. */
function knownDefinitions({ running, service }: Observed): KnownDefinitions {
  return new Set([running.arn, ...definitionsOf(service)]);
}

function knownDeployments(observed: Observed): KnownDeployments | undefined {
  if (observed.codeDeploy === undefined) return undefined;
  const { group, inFlight } = observed.codeDeploy;
  const { definition, originalArn } = inFlight ?? {};
  const ofInFlight = [definition?.arn, originalArn].filter((arn) => arn !== undefined);
  return {
    group,
    definitions: new Set([...knownDefinitions(observed), ...ofInFlight]),
    inFlightId: inFlight?.deployment.id,
    anyDefinition: inFlight !== undefined && definition === undefined,
  };
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
