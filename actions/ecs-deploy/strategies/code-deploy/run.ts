import type { DeployInputs } from '../../inputs.js';
import { compareImages, type ImageProof } from '../../images/image-proof.js';
import type { ResolvedImage } from '../../images/image-check.js';
import { shortName, type JsonObject, type Service, type TaskContainer } from '../../model.js';
import { OperationError } from '../../../shared/errors.js';
import type { DeployPorts } from '../../ports.js';
import { primaryTaskSet } from '../../primary.js';
import type { FirstRelease } from '../../rollout/first-release.js';
import type { Followed } from '../../rollout/follow.js';
import type { OwnDeployment } from '../../rollout/judge.js';
import { createDeployment } from './create.js';
import { followCodeDeploy } from './follow.js';
import { followTasks } from './follow-tasks.js';
import type { CodeDeploySight } from './judge.js';
import type { CodeDeployStep } from './steps.js';
import { stopAndGoBack } from './stop-and-go-back.js';
import { stopAsGivenUp } from './stop.js';
import { supersedingDeployment, type KnownDeployments } from './superseded.js';

export interface CodeDeployRunRequest {
  readonly cluster: string;
  readonly serviceName: string;
  readonly definition: JsonObject;
  readonly images: Readonly<Record<string, ResolvedImage>>;
  /** The last look at it. */
  readonly service: Service;
  /** What was there then; absent where nothing else can have come since. */
  readonly known: KnownDeployments | undefined;
  readonly firstRelease: FirstRelease;
  readonly inputs: Pick<
    DeployInputs,
    | 'logLines'
    | 'pollIntervalSeconds'
    | 'timeoutMinutes'
    | 'earlyEnd'
    | 'earlyEndExits'
    | 'onCancel'
    | 'onPause'
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
  /** What somebody else has deployed meanwhile: nothing was deployed. */
  readonly supersededBy: string | undefined;
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
  const { cluster, serviceName, firstRelease, inputs } = request;
  /** Each wait has the whole limit: none of them eats up the time of another. */
  const limitFromNow = (): (() => number) => {
    const endMs = clock.now() + inputs.timeoutMinutes * 60_000;
    return () => endMs;
  };
  let state: CodeDeployState = {
    own: undefined,
    followed: undefined,
    proof: undefined,
    sight: undefined,
    cancelled: false,
    supersededBy: undefined,
  };
  let isContinued = false;

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
  const superseded = async (): Promise<string | undefined> =>
    request.known && supersedingDeployment(ports, { cluster, serviceName }, request.known);
  const polling = (taskDefinitionArn: string) => ({
    cluster,
    serviceName,
    taskDefinitionArn,
    definition: request.definition,
    knownEventIds: new Set(request.service.events.map(({ id }) => id)),
    logLines: inputs.logLines,
    pollIntervalSeconds: inputs.pollIntervalSeconds,
    timeoutMinutes: inputs.timeoutMinutes,
    service: request.service,
  });
  /** What nobody follows any more is rolled back, unless it is to be left. */
  const giveUpFollowing = async (
    { outcome, gaveUp }: Followed,
    deploymentId: string,
  ): Promise<Followed['gaveUp']> => {
    if (outcome !== 'cancelled' && outcome !== 'unknown') return gaveUp;
    if (inputs.onCancel === 'leave' || gaveUp?.answer.kind === 'stopping') return gaveUp;
    const reason = { why: outcome === 'unknown' ? 'lost' : outcome } as const;
    return { reason, answer: await stopAsGivenUp(ports, deploymentId) };
  };
  const afterFollow = async (followed: Followed, taskDefinitionArn: string): Promise<void> => {
    if (followed.outcome !== 'succeeded') return;
    state = { ...state, proof: await proveImages(ports, request, followed, taskDefinitionArn) };
  };

  return {
    async step(step, taskDefinitionArn) {
      const over = state.followed !== undefined && state.followed.outcome !== 'succeeded';
      if (over || state.cancelled || state.supersededBy !== undefined) return state;
      switch (step.kind) {
        case 'set-desired-count':
          if (state.own === undefined) state = { ...state, supersededBy: await superseded() };
          if (state.supersededBy !== undefined) break;
          await setCount(step.desiredCount);
          firstRelease.given();
          break;
        case 'create-deployment': {
          const arn = step.taskDefinitionArn ?? taskDefinitionArn;
          const created = await createDeployment(ports, step, arn, {
            pollIntervalSeconds: inputs.pollIntervalSeconds,
            deadlineMs: limitFromNow(),
            superseded,
          }).catch(async (thrown: unknown) => {
            await firstRelease.takeBack();
            throw thrown;
          });
          if (created.kind !== 'created') {
            // What somebody else has deployed needs its count.
            if (created.kind === 'cancelled') await firstRelease.takeBack();
            state =
              created.kind === 'cancelled'
                ? { ...state, cancelled: true }
                : { ...state, supersededBy: created.by };
            break;
          }
          const { id } = created;
          log.info(`created ${id} of ${shortName(arn)}`);
          state = { ...state, own: { id, taskDefinitionArn: arn, createdAtMs: clock.now() } };
          break;
        }
        case 'stop-code-deploy': {
          const deadlineMs = limitFromNow();
          const id = await stopAndGoBack(ports, { cluster, serviceName, deadlineMs, ...step });
          const own = { id, taskDefinitionArn: step.toArn, createdAtMs: clock.now() };
          state = { ...state, own };
          break;
        }
        case 'continue-code-deploy': {
          const { deploymentId: id, taskDefinitionArn: arn } = step;
          isContinued = true;
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
            earlyEndExits: inputs.earlyEnd && !goesBack ? inputs.earlyEndExits : undefined,
            onTimeOut: goesBack ? 'leave' : inputs.onCancel,
            // AWS may show it as waiting for a moment more.
            onReady: isContinued || goesBack ? 'wait' : inputs.onPause,
            ...{ deploymentId: id, application, group, termination },
          });
          const gaveUp = goesBack ? end.gaveUp : await giveUpFollowing(end, id);
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
