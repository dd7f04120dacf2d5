import { carryOutPlan } from '../../carry-out-plan.js';
import type { UserError } from '../../../shared/errors.js';
import { shortName, type RegisteredDefinition } from '../../model.js';
import { withDefinition } from '../../observe.js';
import { isPlaceholder } from '../../placeholder.js';
import type { Observed, Plan } from '../../plan.js';
import type { DeployPorts } from '../../ports.js';
import { releaseCurrent, releaseFacts } from '../../release-steps.js';
import { reportRollback, type Report } from '../../report.js';
import { lastGoodDeployed } from '../../strategies/code-deploy/history.js';
import type { DeploymentGroup } from '../../strategies/code-deploy/model.js';
import {
  draftAppSpec,
  findInFlight,
  findServiceGroup,
  type InFlight,
} from '../../strategies/code-deploy/observe.js';
import {
  originalOf,
  stepsOfWay,
  type CodeDeployWay,
} from '../../strategies/code-deploy/way-back.js';
import { leftAlone } from '../../rollout/give-up.js';
import { taskUpdateSteps } from '../../tasks/around.js';
import { busy } from '../../strategies/code-deploy/busy.js';
import type { RollbackInputs } from '../rollback.js';

type Inputs = Pick<
  RollbackInputs,
  | 'codeDeploy'
  | 'dryRun'
  | 'earlyEnd'
  | 'earlyEndExits'
  | 'logLines'
  | 'onCancel'
  | 'onPause'
  | 'pollIntervalSeconds'
  | 'timeoutMinutes'
  | 'wait'
>;

/** Where a service of CodeDeploy goes, and how. */
export interface CodeDeployGoal {
  /** `running` is what it goes back from. */
  readonly observed: Observed;
  readonly group: DeploymentGroup;
  readonly way: CodeDeployWay;
  readonly to: RegisteredDefinition;
  readonly reason: string;
}

/**
 * Takes a service of CodeDeploy back: stops the deployment in flight, or deploys the last revision
 * that came out with success before the one that runs.
 *
 * @throws UserError for what is not there or not as it must be
 */
export async function rollbackCodeDeploy(
  ports: DeployPorts,
  inputs: Inputs,
  running: Observed,
  named: RegisteredDefinition | undefined,
): Promise<Report> {
  const { target, service } = running;
  const { cluster, contract } = target;
  const group = await findServiceGroup(ports, inputs.codeDeploy, { cluster, service, contract });
  const inFlight = await findInFlight(ports, group, service);
  const goal =
    inFlight !== undefined && (named === undefined || goesTo(inFlight, running, named))
      ? await stopping(ports, running, group, inFlight)
      : await deploying(ports, inputs, { running, group, inFlight, named });
  return carryOut(ports, inputs, goal);
}

/** Carries out what was decided, and reports it as a rollback. */
export async function carryOut(
  ports: DeployPorts,
  inputs: Inputs,
  goal: CodeDeployGoal,
): Promise<Report> {
  const { observed } = goal;
  const plan = planGoal(goal, inputs);
  return carryOutPlan(ports, leftAlone(inputs), { observed, plan }, reportRollback);
}

/** Pure; the dry run prints its steps. */
export function planGoal(
  { observed, group, way, to, reason }: CodeDeployGoal,
  { wait }: { readonly wait: boolean },
): Plan {
  const isRelease = !isPlaceholder(to, observed.target.contract);
  return {
    definition: to.definition,
    upToDate: false,
    steps: [
      ...stepsOfWay(way, group, observed.origin, reason).filter(
        ({ kind }) => wait || !kind.startsWith('follow'),
      ),
      ...(wait && isRelease ? releaseCurrent(releaseFacts(observed), false) : []),
      ...(wait && isRelease ? taskUpdateSteps({ ...observed, definition: to.definition }) : []),
    ],
  };
}

/** Whether what is named is what CodeDeploy goes back to by itself. */
function goesTo(inFlight: InFlight, { service }: Observed, named: RegisteredDefinition): boolean {
  return originalOf(inFlight, service) === named.arn;
}

/** Stops what is in flight, or joins where CodeDeploy goes back already. */
export async function stopping(
  ports: Pick<DeployPorts, 'ecs'>,
  running: Observed,
  group: DeploymentGroup,
  inFlight: InFlight,
): Promise<CodeDeployGoal> {
  const { deployment, definition } = inFlight;
  const isRollback = deployment.rollsBackId !== undefined;
  const original = originalOf(inFlight, running.service);
  const to =
    original === undefined || original === running.running.arn
      ? running.running
      : ((await ports.ecs.describeTaskDefinition(original)) ?? running.running);
  const from = definition ?? running.running;
  const observed = withDefinition({ ...running, running: from }, to, shortName(to.arn));
  return {
    ...{ observed, group, to },
    way: isRollback
      ? { kind: 'join', deploymentId: deployment.id }
      : {
          kind: 'stop',
          deploymentId: deployment.id,
          fromArn: from.arn === to.arn ? undefined : from.arn,
          toArn: to.arn,
        },
    reason: inFlight.shifted
      ? `${deployment.id} has moved the traffic, but not yet ended the old tasks: it moves back`
      : `${deployment.id} is in flight: CodeDeploy goes back to ${shortName(to.arn)}`,
  };
}

async function deploying(
  ports: DeployPorts,
  inputs: Inputs,
  known: {
    readonly running: Observed;
    readonly group: DeploymentGroup;
    readonly inFlight: InFlight | undefined;
    readonly named: RegisteredDefinition | undefined;
  },
): Promise<CodeDeployGoal> {
  const { running, group, inFlight, named } = known;
  const { target, service, container } = running;
  const { cluster, contract } = target;
  const good =
    named === undefined
      ? await lastGoodDeployed(ports, group, {
          ...{ cluster, name: service.name, runningArn: running.running.arn },
          placeholderFamily: contract?.templateFamily,
        })
      : { definition: named, reason: 'the revision that was asked for' };
  if (inFlight !== undefined && inputs.codeDeploy.ifBusy === 'fail')
    throw refuseBusy(group, inFlight);
  const to = good.definition;
  const appSpec = await draftAppSpec(ports, inputs.codeDeploy, {
    ...{ cluster, service, contract, container, definition: to.definition },
  });
  const stop = inFlight === undefined ? undefined : await stopping(ports, running, group, inFlight);
  const stopFirst = inFlight?.shifted === false && stop?.way.kind === 'stop' ? stop.way : undefined;
  return {
    ...{ group, to, reason: good.reason },
    observed: withDefinition(stop?.observed ?? running, to, shortName(to.arn)),
    way: {
      ...{ kind: 'deploy', toArn: to.arn, appSpec, config: inputs.codeDeploy.config },
      // Old tasks that nobody goes back to need not be waited for.
      ifBusy: 'end-termination',
      termination: inputs.codeDeploy.waitForTermination ? 'wait' : 'leave',
      ...(stopFirst === undefined ? {} : { stopFirst }),
    },
  };
}

/** What is in flight is not to be waited for, or replaces the tasks by itself. */
export function refuseBusy(group: DeploymentGroup, inFlight: InFlight): UserError {
  return busy(group, inFlight, {
    hint: inFlight.shifted
      ? '"if-busy: wait" waits for it; "end-termination" ends a wait for old tasks'
      : `run this again once ${inFlight.deployment.id} has ended`,
  });
}
