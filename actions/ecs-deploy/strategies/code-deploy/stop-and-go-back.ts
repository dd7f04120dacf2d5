import { OperationError } from '../../../shared/errors.js';
import { shortName } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import { primaryTaskSet } from '../../primary.js';
import { hasEnded } from './model.js';
import { poll } from './polling.js';
import { stopCodeDeploy } from './stop.js';

export interface StopRequest {
  readonly cluster: string;
  readonly serviceName: string;
  readonly deploymentId: string;
  /** What the deployment brings. */
  readonly fromArn: string | undefined;
  readonly deadlineMs: () => number;
}

type Ports = Pick<DeployPorts, 'codeDeploy' | 'ecs' | 'log' | 'clock' | 'random' | 'signal'>;

/** The rollback's id may come a moment after the end. */
const looksForRollback = 3;

/**
 * Stops a deployment, and returns the id of the deployment that goes back from it; its own where
 * CodeDeploy has nothing to go back from, because the new tasks were not there yet.
 *
 * @throws OperationError `stop-refused` where it has ended already, `rollback-missing` where the
 * service was left with what it brings, `stop-pending` where it does not end
 */
export async function stopAndGoBack(ports: Ports, request: StopRequest): Promise<string> {
  const { codeDeploy, log } = ports;
  const { deploymentId, deadlineMs } = request;
  if ((await stopCodeDeploy(ports, deploymentId)) === 'ended') {
    throw new OperationError(
      'stop-refused',
      `${deploymentId} has ended already: run the rollback again to go back from it`,
    );
  }
  log.info(`asked CodeDeploy to stop ${deploymentId} and to roll it back`);
  let looks = 0;
  const polled = await poll(
    ports,
    { pollIntervalSeconds: 2, deadlineMs },
    async () => codeDeploy.describe(deploymentId),
    (deployment): Promise<{ readonly rollbackId: string | undefined } | undefined> => {
      const ended = deployment !== undefined && hasEnded(deployment);
      if (ended) looks += 1;
      const known = deployment?.rollbackId !== undefined || looks >= looksForRollback;
      return Promise.resolve(ended && known ? { rollbackId: deployment.rollbackId } : undefined);
    },
  );
  if (polled.kind === 'lost') throw polled.error;
  if (polled.kind !== 'ended') {
    throw new OperationError(
      'stop-pending',
      `CodeDeploy was asked to stop ${deploymentId} and to roll it back, and does so by itself`,
    );
  }
  const { rollbackId } = polled.end;
  if (rollbackId !== undefined) {
    log.info(`${rollbackId} rolls ${deploymentId} back`);
    return rollbackId;
  }
  await requireUntouched(ports, request);
  return deploymentId;
}

async function requireUntouched({ ecs }: Ports, request: StopRequest): Promise<void> {
  const { cluster, serviceName, deploymentId, fromArn } = request;
  const lookup = await ecs.lookUpService(cluster, serviceName);
  const primary = lookup.kind === 'found' ? primaryTaskSet(lookup.service) : undefined;
  if (fromArn === undefined || primary?.taskDefinitionArn !== fromArn) return;
  throw new OperationError(
    'rollback-missing',
    `${deploymentId} is stopped, but CodeDeploy has not rolled it back: ${serviceName} runs ${shortName(fromArn)}`,
  );
}
