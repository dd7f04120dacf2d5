import { carryOutPlan } from '../../carry-out-plan.js';
import { shortName } from '../../model.js';
import type { Observed } from '../../plan.js';
import type { DeployPorts } from '../../ports.js';
import { reportDeploy, type Report } from '../../report.js';
import { observeCodeDeploy } from '../../strategies/code-deploy/observe.js';
import { stepsOfWay } from '../../strategies/code-deploy/way-back.js';
import type { RestartInputs } from '../restart.js';
import { refuseBusy } from './rollback.js';

/**
 * Replaces the tasks of a service of CodeDeploy by a deployment of the revision that runs.
 *
 * @throws UserError `deployment-in-flight` where a deployment replaces them already, and with
 * `if-busy: fail`
 */
export async function restartCodeDeploy(
  ports: DeployPorts,
  inputs: RestartInputs,
  observed: Observed,
): Promise<Report> {
  const { target, service, container, running } = observed;
  const { group, appSpec, inFlight } = await observeCodeDeploy(ports, inputs.codeDeploy, {
    ...{ cluster: target.cluster, contract: target.contract, service, container },
    definition: running.definition,
  });
  const { config, ifBusy, waitForTermination } = inputs.codeDeploy;
  if (inFlight !== undefined && (!inFlight.shifted || ifBusy === 'fail')) {
    throw refuseBusy(group, inFlight);
  }
  const steps = stepsOfWay(
    {
      ...{ kind: 'deploy', toArn: running.arn, appSpec, ifBusy, config },
      termination: waitForTermination ? 'wait' : 'leave',
    },
    group,
    observed.origin,
    `new tasks of ${shortName(running.arn)}`,
  );
  const plan = {
    definition: running.definition,
    upToDate: false,
    steps: steps.filter(({ kind }) => inputs.wait || !kind.startsWith('follow')),
  };
  return carryOutPlan(ports, inputs, { observed, plan }, reportDeploy);
}
