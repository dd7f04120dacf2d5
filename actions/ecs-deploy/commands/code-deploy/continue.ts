import { UserError } from '../../../shared/errors.js';
import { carryOutPlan } from '../../carry-out-plan.js';
import type { ContinueInputs } from '../../inputs.js';
import { likelyMainContainer } from '../../definition/main-container.js';
import { shortName, type RegisteredDefinition } from '../../model.js';
import { observeFound, withDefinition } from '../../observe.js';
import type { Observed, Plan, Step } from '../../plan.js';
import { firstDesiredCount } from '../../plan/revision-steps.js';
import type { DeployPorts } from '../../ports.js';
import { reportDeploy, type Report } from '../../report.js';
import {
  draftAppSpec,
  findInFlight,
  findServiceGroup,
  type InFlight,
  type ObservedCodeDeploy,
} from '../../strategies/code-deploy/observe.js';
import { planFollowing } from '../../strategies/code-deploy/plan.js';
import { nothingObserved, observeAround } from '../../tasks/around.js';
import { stepsAfterPause } from '../continue/after-pause.js';
import { carryOut, stopping } from './rollback.js';

/**
 * Lets a deployment of CodeDeploy that waits for it (`READY_WAIT`) reroute its traffic, or takes it
 * back. What the deploy that paused had still to do is done where the traffic has moved.
 *
 * @throws UserError `nothing-awaiting`, with what the group does now, `input-not-for-service`, and
 * for what its steps after the rollout lack
 */
export async function continueCodeDeploy(
  ports: DeployPorts,
  inputs: ContinueInputs,
  { target, service }: Pick<Observed, 'target' | 'service'>,
): Promise<Report> {
  const origin = { commit: undefined, run: undefined };
  const running = await observeFound(ports, { target, service }, origin);
  refuseHooks(service.name, inputs);
  const { cluster, contract } = target;
  const group = await findServiceGroup(ports, inputs.codeDeploy, { cluster, service, contract });
  const inFlight = await findInFlight(ports, group, service);
  if (inFlight?.deployment.status !== 'Ready') throw nothingAwaiting(service.name, inFlight);
  if (inputs.decision === 'rollback') {
    return carryOut(ports, inputs, await stopping(ports, running, group, inFlight));
  }
  const { definition = running.running } = inFlight;
  const tags = new Map(definition.tags.map(({ key, value }) => [key, value]));
  const observed = withDefinition(
    {
      ...running,
      container: likelyMainContainer(target, definition.definition),
      codeDeploy: await observeWayBack(ports, inputs, { ...running, group, inFlight }),
      around: inputs.wait ? await observeAround(ports, inputs.around, target) : nothingObserved,
      // Who rolled it out is known from the revision, so that any job can go on with it.
      origin: { commit: tags.get('infra-actions:commit'), run: tags.get('infra-actions:run') },
    },
    definition,
    tags.get('infra-actions:template') ?? shortName(definition.arn),
  );
  const plan = planContinued(observed, inputs, { group, inFlight, definition });
  return carryOutPlan(ports, inputs, { observed, plan }, reportDeploy);
}

/** What a check that fails needs to take the service back. */
async function observeWayBack(
  ports: DeployPorts,
  { around, codeDeploy, wait }: ContinueInputs,
  found: Pick<Observed, 'target' | 'service' | 'running' | 'container'> &
    Pick<ObservedCodeDeploy, 'group' | 'inFlight'>,
): Promise<ObservedCodeDeploy | undefined> {
  if (!wait || (around.postDeploy === undefined && around.smoke === undefined)) return undefined;
  const { target, service, running, container, group, inFlight } = found;
  const { cluster, contract } = target;
  const { definition } = running;
  const known = { cluster, service, contract, container, definition };
  return { group, inFlight, appSpec: await draftAppSpec(ports, codeDeploy, known) };
}

/** Pure; the dry run prints its steps. */
function planContinued(
  observed: Observed,
  { wait, keepRevisions, codeDeploy }: ContinueInputs,
  {
    group,
    inFlight: { deployment },
    definition: { arn, definition },
  }: {
    readonly group: ObservedCodeDeploy['group'];
    readonly inFlight: InFlight;
    readonly definition: RegisteredDefinition;
  },
): Plan {
  const answer: Step = {
    ...{ kind: 'continue-code-deploy', deploymentId: deployment.id, taskDefinitionArn: arn },
    reason: `it waits to reroute the traffic to ${shortName(arn)}`,
  };
  if (!wait) return { definition, upToDate: false, steps: [answer] };
  const facts = {
    observed: { group },
    inputs: codeDeploy,
    firstCount: firstDesiredCount(observed),
  };
  return {
    definition,
    upToDate: false,
    steps: [
      answer,
      ...planFollowing(facts, deployment.id, 'to its end'),
      ...stepsAfterPause(observed, definition, keepRevisions),
    ],
  };
}

function refuseHooks(name: string, { hookId, serviceDeploymentArn }: ContinueInputs): void {
  const given = Object.entries({
    'hook-id': hookId,
    'service-deployment-arn': serviceDeploymentArn,
  }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new UserError(
    given.map(([input]) => ({
      code: 'input-not-for-service',
      message: `service ${name} has the deployment controller CODE_DEPLOY`,
      at: { input },
      hint: 'CodeDeploy knows no PAUSE hooks; it waits in one place, before the traffic is rerouted',
    })),
  );
}

function nothingAwaiting(name: string, inFlight: InFlight | undefined): UserError {
  const now =
    inFlight === undefined
      ? 'its deployment group is idle'
      : `${inFlight.deployment.id} is ${inFlight.deployment.status}`;
  return new UserError({
    code: 'nothing-awaiting',
    message: `no deployment of service ${name} waits to be continued; ${now}`,
    hint: 'a deployment waits where its group has deployment_ready_option STOP_DEPLOYMENT',
  });
}
