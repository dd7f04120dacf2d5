import { OperationError, UserError } from '../../../shared/errors.js';
import { code, codeBlock, table, text, type Block } from '../../../shared/markdown.js';
import { shortName, type Service } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import {
  findInFlight,
  findServiceGroup,
  type InFlight,
} from '../../strategies/code-deploy/observe.js';
import type { Target } from '../../target.js';

/**
 * The deployment of CodeDeploy that a service is in. What may not be looked at, or cannot be found,
 * is told, and costs no status.
 */
export async function readInFlightOf(
  ports: DeployPorts,
  { cluster, contract }: Target,
  service: Service,
): Promise<InFlight | undefined> {
  if (service.controller !== 'CODE_DEPLOY') return undefined;
  const inputs = { application: undefined, deploymentGroup: undefined };
  try {
    const group = await findServiceGroup(ports, inputs, { cluster, service, contract });
    return await findInFlight(ports, group, service);
  } catch (thrown) {
    if (!(thrown instanceof OperationError || thrown instanceof UserError)) throw thrown;
    ports.log.notice(`which deployment of CodeDeploy is in flight is not known: ${thrown.message}`);
    return undefined;
  }
}

/** Whether it waits for somebody to start its rerouting (API reference, "DeploymentInfo": `Ready`). */
export function awaitsRerouting(inFlight: InFlight | undefined): boolean {
  return inFlight?.deployment.status === 'Ready';
}

/** What the deployment does, and how to answer it where it waits, in one sentence. */
export function describeInFlight({ deployment, definition, shifted }: InFlight): string {
  const { id, status, readyWaitMinutes, terminationWaitMinutes } = deployment;
  const what = definition === undefined ? id : `${id}, which deploys ${shortName(definition.arn)},`;
  if (status === 'Ready') {
    return `${what} waits for someone to reroute its traffic, for ${readyWaitMinutes} min, and is stopped then; to go on: command "continue", to go back: with "decision: rollback"`;
  }
  if (shifted) {
    return `${what} has shifted all traffic, and ends the old tasks within ${terminationWaitMinutes} min; to end them now: ${endOldTasks(id)}, to go back to them: command "rollback"`;
  }
  return `${what} is ${status}`;
}

/** Its task sets, and how to end the wait for the old ones' end, for the summary. */
export function inFlightBlocks(inFlight: InFlight, { taskSets }: Service): readonly Block[] {
  return [
    ...(inFlight.shifted ? [codeBlock('sh', endOldTasks(inFlight.deployment.id))] : []),
    table(
      ['task set', 'task definition', 'state', 'running', 'wanted'],
      taskSets.map((set) => [
        code(set.id),
        code(shortName(set.taskDefinitionArn)),
        code(set.status),
        text(String(set.runningCount)),
        text(String(set.desiredCount)),
      ]),
    ),
  ];
}

/** API reference, "ContinueDeployment". */
function endOldTasks(id: string): string {
  return `aws deploy continue-deployment --deployment-id ${id} --deployment-wait-type TERMINATION_WAIT`;
}
