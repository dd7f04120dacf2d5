import type { DeployInputs } from '../../inputs.js';
import { compareImages, type ImageProof } from '../../images/image-proof.js';
import type { ResolvedImage } from '../../images/image-check.js';
import { shortName, type JsonObject, type ServiceEvent, type TaskContainer } from '../../model.js';
import { OperationError, toError } from '../../../shared/errors.js';
import type { DeployPorts } from '../../ports.js';
import { primaryTaskSet } from '../../primary.js';
import type { Followed } from '../../rollout/follow.js';
import type { OwnDeployment } from '../../rollout/judge.js';
import { repeatingFailure } from '../../rollout/repeating-failure.js';
import { createDeployment } from './create.js';
import { followCodeDeploy, type CodeDeployFollowRequest } from './follow.js';
import { followTasks } from './follow-tasks.js';
import type { CodeDeploySight } from './judge.js';
import type { CodeDeployStep } from './steps.js';
import { stopAndGoBack } from './stop-and-go-back.js';
import { stopCodeDeploy } from './stop.js';

export interface CodeDeployRunRequest {
  readonly cluster: string;
  readonly serviceName: string;
  readonly definition: JsonObject;
  readonly images: Readonly<Record<string, ResolvedImage>>;
  readonly events: readonly ServiceEvent[];
  readonly inputs: Pick<
    DeployInputs,
    | 'logLines'
    | 'pollIntervalSeconds'
    | 'timeoutMinutes'
    | 'earlyEnd'
    | 'earlyEndExits'
    | 'onCancel'
  >;
}

/** Where the steps have come to. */
export interface CodeDeployState {
  readonly own: OwnDeployment | undefined;
  readonly followed: Followed | undefined;
  readonly proof: ImageProof | undefined;
  /** The last look at our deployment. */
  readonly sight: CodeDeploySight | undefined;
  /** The job was cancelled before anything was deployed. */
  readonly cancelled: boolean;
}

/** Carries out the steps of CodeDeploy, which know of one another. */
export interface CodeDeployRun {
  /**
   * Each step that follows is left out once one before it has not succeeded.
   *
   * @throws OperationError where AWS refuses a step
   */
  step(step: CodeDeployStep, taskDefinitionArn: string): Promise<CodeDeployState>;
}

export function openCodeDeployRun(
  ports: DeployPorts,
  request: CodeDeployRunRequest,
): CodeDeployRun {
  const { ecs, log, clock } = ports;
  const { cluster, serviceName, inputs } = request;
  const deadlineMs = clock.now() + inputs.timeoutMinutes * 60_000;
  let state: CodeDeployState = {
    own: undefined,
    followed: undefined,
    proof: undefined,
    sight: undefined,
    cancelled: false,
  };
  let countWasSet = false;

  const setCount = async (desiredCount: number): Promise<void> => {
    await ecs.updateService({
      cluster,
      service: serviceName,
      taskDefinitionArn: undefined,
      desiredCount,
      forceNewDeployment: false,
    });
    log.info(`set the desired count of ${serviceName} to ${desiredCount}`);
  };
  const giveUp: CodeDeployFollowRequest['giveUp'] = (failedTasks) =>
    inputs.earlyEnd
      ? repeatingFailure(failedTasks, request.definition, inputs.earlyEndExits)?.cause
      : undefined;
  const polling = (taskDefinitionArn: string) => ({
    cluster,
    serviceName,
    taskDefinitionArn,
    definition: request.definition,
    knownEventIds: new Set(request.events.map(({ id }) => id)),
    logLines: inputs.logLines,
    pollIntervalSeconds: inputs.pollIntervalSeconds,
    deadlineMs,
    giveUp,
  });
  /** What nobody waits for any more is rolled back, unless it is to be left. */
  const giveUpWaiting = async (
    outcome: Followed['outcome'],
    deploymentId: string,
  ): Promise<Followed['gaveUp']> => {
    if (outcome !== 'cancelled' && outcome !== 'timed-out') return undefined;
    if (inputs.onCancel === 'leave') return undefined;
    try {
      const stopping = (await stopCodeDeploy(ports, deploymentId)) === 'stopping';
      return { reason: { why: outcome }, answer: { kind: stopping ? 'stopping' : 'too-late' } };
    } catch (thrown) {
      const reason = toError(thrown).message;
      return { reason: { why: outcome }, answer: { kind: 'refused', reason } };
    }
  };
  /** A first release that failed leaves no tasks that would be restarted for ever. */
  const afterFollow = async (followed: Followed, taskDefinitionArn: string): Promise<void> => {
    const failed = ['failed', 'rolled-back', 'stopped'].includes(followed.outcome);
    if (failed && countWasSet) await setCount(0);
    if (followed.outcome !== 'succeeded') return;
    state = { ...state, proof: await proveImages(ports, request, followed, taskDefinitionArn) };
  };

  return {
    async step(step, taskDefinitionArn) {
      const over = state.followed !== undefined && state.followed.outcome !== 'succeeded';
      if (over || state.cancelled) return state;
      switch (step.kind) {
        case 'set-desired-count':
          await setCount(step.desiredCount);
          countWasSet = true;
          break;
        case 'create-deployment': {
          const arn = step.taskDefinitionArn ?? taskDefinitionArn;
          const id = await createDeployment(ports, step, arn, {
            pollIntervalSeconds: inputs.pollIntervalSeconds,
            deadlineMs,
          });
          if (id === undefined) {
            if (countWasSet) await setCount(0);
            state = { ...state, cancelled: true };
            break;
          }
          log.info(`created ${id} of ${shortName(arn)}`);
          state = { ...state, own: { id, taskDefinitionArn: arn, createdAtMs: clock.now() } };
          break;
        }
        case 'stop-code-deploy': {
          const id = await stopAndGoBack(ports, { cluster, serviceName, deadlineMs, ...step });
          const own = { id, taskDefinitionArn: step.toArn, createdAtMs: clock.now() };
          state = { ...state, own };
          break;
        }
        case 'continue-code-deploy': {
          const { deploymentId: id, taskDefinitionArn: arn } = step;
          const went = await ports.codeDeploy.continue(id, 'READY_WAIT');
          if (went) log.info(`told ${id} to go on`);
          else log.warning(`${id} waits for nobody any more; it is followed`);
          state = { ...state, own: { id, taskDefinitionArn: arn, createdAtMs: clock.now() } };
          break;
        }
        case 'follow-code-deploy': {
          const id = step.deploymentId ?? state.own?.id;
          if (id === undefined) throw new Error('there is no deployment to follow');
          const own = state.own ?? { id, taskDefinitionArn, createdAtMs: clock.now() };
          const { application, group, termination, goesBack = false } = step;
          const end = await followCodeDeploy(ports, {
            ...polling(own.taskDefinitionArn),
            ...(goesBack ? { giveUp: undefined } : {}),
            ...{ deploymentId: id, application, group, termination },
          });
          const gaveUp = goesBack ? undefined : await giveUpWaiting(end.outcome, id);
          const followed = { ...end, gaveUp };
          state = { ...state, own, followed, sight: followed.sight };
          await afterFollow(followed, own.taskDefinitionArn);
          break;
        }
        case 'follow-tasks': {
          const before = state.followed?.durationSeconds ?? 0;
          const tasks = await followTasks(ports, polling(taskDefinitionArn), step.desiredCount);
          const followed = { ...tasks, durationSeconds: before + tasks.durationSeconds };
          const own = state.own ?? { id: '', taskDefinitionArn, createdAtMs: clock.now() };
          state = { ...state, own, followed, proof: undefined };
          await afterFollow(followed, taskDefinitionArn);
          break;
        }
      }
      return state;
    },
  };
}

/** A service of CodeDeploy has no service revision: the digests are those of its tasks' containers. */
async function proveImages(
  ports: DeployPorts,
  request: CodeDeployRunRequest,
  { service }: Followed,
  taskDefinitionArn: string,
): Promise<ImageProof> {
  const primary = primaryTaskSet(service);
  if (primary?.taskDefinitionArn !== taskDefinitionArn) {
    return { kind: 'unknown', reason: 'the primary task set is another one by now' };
  }
  try {
    const arns = await ports.ecs.runningTaskArns(request.cluster, primary.id);
    const tasks = await ports.ecs.describeTasks(request.cluster, arns);
    const containers = tasks.flatMap((task): readonly TaskContainer[] => task.containers);
    return await compareImages(
      ports,
      request.images,
      containers.map(({ name, image = '', imageDigest }) => ({
        container: name,
        image,
        digest: imageDigest,
      })),
    );
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    return { kind: 'unknown', reason: thrown.message };
  }
}
