import { UserError } from '../../../shared/errors.js';
import { carryOutPlan } from '../../carry-out-plan.js';
import type { ContinueInputs } from '../../inputs.js';
import { shortName } from '../../model.js';
import { observeFound, withDefinition } from '../../observe.js';
import type { Observed, Plan } from '../../plan.js';
import type { DeployPorts } from '../../ports.js';
import { releaseCurrent, releaseFacts } from '../../release-steps.js';
import { reportDeploy, type Report } from '../../report.js';
import {
  findInFlight,
  findServiceGroup,
  type InFlight,
} from '../../strategies/code-deploy/observe.js';
import type { CodeDeployStep } from '../../strategies/code-deploy/steps.js';
import { carryOut, stopping } from './rollback.js';

/**
 * Lets a deployment of CodeDeploy that waits for it (`READY_WAIT`) reroute its traffic, or takes it
 * back.
 *
 * @throws UserError `nothing-awaiting`, with what the group does now, `input-not-for-service`
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
  const { deployment, definition = running.running } = inFlight;
  const tags = new Map(definition.tags.map(({ key, value }) => [key, value]));
  const observed = withDefinition(
    {
      ...running,
      // Who rolled it out is known from the revision, so that any job can go on with it.
      origin: { commit: tags.get('infra-actions:commit'), run: tags.get('infra-actions:run') },
    },
    definition,
    tags.get('infra-actions:template') ?? shortName(definition.arn),
  );
  const follow: CodeDeployStep = {
    ...{ kind: 'follow-code-deploy', application: group.application, group: group.name },
    deploymentId: deployment.id,
    termination: inputs.codeDeploy.waitForTermination ? 'wait' : 'leave',
    reason: 'to its end',
  };
  const plan: Plan = {
    definition: definition.definition,
    upToDate: false,
    steps: [
      {
        ...{ kind: 'continue-code-deploy', deploymentId: deployment.id },
        taskDefinitionArn: definition.arn,
        reason: `it waits to reroute the traffic to ${shortName(definition.arn)}`,
      },
      ...(inputs.wait ? [follow, ...releaseCurrent(releaseFacts(observed), false)] : []),
    ],
  };
  return carryOutPlan(ports, inputs, { observed, plan }, reportDeploy);
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
