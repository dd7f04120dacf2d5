import { UserError } from '../../../shared/errors.js';
import type { CodeDeployInputs } from '../../inputs/code-deploy.js';
import type { Service } from '../../model.js';
import type { InFlight, ObservedCodeDeploy } from './observe.js';
import type { CodeDeployStep, Termination } from './steps.js';
import { busy } from './busy.js';

export interface CodeDeployPlanRequest<Register> {
  readonly observed: ObservedCodeDeploy;
  readonly inputs: CodeDeployInputs;
  readonly wait: boolean;
  /** What registers the new revision; empty where the service runs this definition. */
  readonly register: readonly Register[];
  /** The deployment in flight deploys this very definition. */
  readonly inFlightIsSame: boolean;
  /** The count of the service's first release, which has 0 tasks now. */
  readonly firstCount: number | undefined;
  /** `family:revision` that runs now. */
  readonly running: string;
  readonly origin: { readonly commit: string | undefined; readonly run: string | undefined };
}

/**
 * Decides what CodeDeploy has to do. A first release is deployed at 0 tasks, and its count set
 * after: the other way round, the placeholder would be started. Where the AppSpec has hooks, or
 * nobody waits, the count comes first all the same: a hook that tests the new tasks needs some.
 *
 * @throws UserError `deployment-in-flight` where the group is busy and `if-busy` is `fail`
 */
export function planCodeDeploy<Register>(
  request: CodeDeployPlanRequest<Register>,
): readonly (Register | CodeDeployStep)[] {
  const { observed, register, wait, inFlightIsSame } = request;
  const { inFlight } = observed;
  if (register.length === 0 && (inFlight === undefined || inFlight.shifted)) {
    return [...termination(request, inFlight), ...firstTasks(request)];
  }
  if (inFlight !== undefined && inFlightIsSame) {
    const { id } = inFlight.deployment;
    return planFollowing(request, id, `${id} deploys it already`);
  }
  if (inFlight !== undefined && request.inputs.ifBusy === 'fail') {
    throw busy(observed.group, inFlight, {
      at: { input: 'if-busy' },
      hint: '"wait" waits for it; "end-termination" ends a wait for old tasks',
    });
  }
  const countFirst = !wait || Object.keys(observed.appSpec.hooks).length > 0;
  const first = firstTasks(request);
  return [
    ...register,
    ...(countFirst ? first.filter(({ kind }) => kind === 'set-desired-count') : []),
    createStep(request),
    followStep(request, undefined, 'to the end of our own deployment', !countFirst),
    ...(countFirst ? [] : first),
  ];
}

function createStep<Register>(request: CodeDeployPlanRequest<Register>): CodeDeployStep {
  const { observed, inputs, register, running } = request;
  const { inFlight, group } = observed;
  const busyWith =
    inFlight === undefined ? '' : `, after ${inFlight.deployment.id}, which is in flight,`;
  return {
    kind: 'create-deployment',
    application: group.application,
    group: group.name,
    config: inputs.config,
    appSpec: observed.appSpec,
    description: describeOrigin(request.origin),
    ifBusy: inputs.ifBusy,
    reason:
      register.length === 0
        ? `brings ${running} back${busyWith}`
        : `replaces ${running}${busyWith} by blue/green`,
  };
}

/** What following a deployment depends on. */
interface FollowFacts {
  readonly observed: Pick<ObservedCodeDeploy, 'group'>;
  readonly inputs: Pick<CodeDeployInputs, 'waitForTermination'>;
  readonly firstCount: number | undefined;
}

/** Follows a deployment that another step began; a first release gets its count after that. */
export function planFollowing(
  facts: FollowFacts,
  deploymentId: string,
  reason: string,
): readonly CodeDeployStep[] {
  return [followStep(facts, deploymentId, reason), ...firstTasks(facts)];
}

function followStep(
  { observed, inputs, firstCount }: FollowFacts,
  deploymentId: string | undefined,
  reason: string,
  countFollows = true,
): CodeDeployStep {
  const { application, name } = observed.group;
  const later: Termination = inputs.waitForTermination ? 'wait' : 'leave';
  return {
    kind: 'follow-code-deploy',
    application,
    group: name,
    deploymentId,
    // A count would start tasks of the placeholder's set too, as long as it is there.
    termination: countFollows && firstCount !== undefined ? 'end' : later,
    reason,
  };
}

function firstTasks({ firstCount }: Pick<FollowFacts, 'firstCount'>): readonly CodeDeployStep[] {
  if (firstCount === undefined) return [];
  const tasks = `${firstCount} tasks`;
  return [
    {
      kind: 'set-desired-count',
      desiredCount: firstCount,
      reason: `first deployment: the contract asks for ${tasks}`,
    },
    { kind: 'follow-tasks', desiredCount: firstCount, reason: `until ${tasks} run` },
  ];
}

function termination<Register>(
  request: CodeDeployPlanRequest<Register>,
  inFlight: InFlight | undefined,
): readonly CodeDeployStep[] {
  if (inFlight === undefined) return [];
  if (!request.inputs.waitForTermination && request.firstCount === undefined) return [];
  const { id } = inFlight.deployment;
  return [followStep(request, id, `${id} has yet to end the old tasks`)];
}

/** CodeDeploy keeps 256 characters (User Guide, "CodeDeploy quotas"). */
export function describeOrigin({ commit, run }: CodeDeployPlanRequest<unknown>['origin']): string {
  const parts = [
    'infra-actions ecs-deploy',
    commit === undefined ? undefined : `commit ${commit}`,
    run === undefined ? undefined : `run ${run}`,
  ];
  return parts
    .filter((part) => part !== undefined)
    .join(', ')
    .slice(0, 256);
}

/**
 * Inputs of CodeDeploy say that someone takes the service for one that it deploys.
 *
 * @throws UserError `input-not-for-service`
 */
export function refuseCodeDeployInputs(service: Service, inputs: CodeDeployInputs): void {
  const given = Object.entries({
    'codedeploy-application': inputs.application,
    'codedeploy-deployment-group': inputs.deploymentGroup,
    'codedeploy-config': inputs.config,
    appspec: inputs.appSpec,
  }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new UserError(
    given.map(([input]) => ({
      code: 'input-not-for-service',
      message: `service ${service.name} has the deployment controller ${service.controller}`,
      at: { input },
      hint: 'CodeDeploy deploys services whose controller is CODE_DEPLOY',
    })),
  );
}
