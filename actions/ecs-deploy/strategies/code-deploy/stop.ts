import { toError } from '../../../shared/errors.js';
import type { DeployPorts } from '../../ports.js';
import type { StopAnswer } from '../../rollout/give-up.js';

type Ports = Pick<DeployPorts, 'codeDeploy'>;

/**
 * Stops a deployment and has CodeDeploy roll it back, for a job that is cancelled or out of time.
 * `ended`: it had ended already, and nothing was done.
 *
 * @throws OperationError where AWS refuses
 */
export async function stopCodeDeploy(
  { codeDeploy }: Ports,
  deploymentId: string,
): Promise<'stopping' | 'ended'> {
  return (await codeDeploy.stop(deploymentId)) ? 'stopping' : 'ended';
}

/** The same; never throws, since the verdict on the deployment must still be told. */
export async function stopAsGivenUp(ports: Ports, deploymentId: string): Promise<StopAnswer> {
  try {
    const stopped = await stopCodeDeploy(ports, deploymentId);
    return { kind: stopped === 'stopping' ? 'stopping' : 'too-late' };
  } catch (thrown) {
    return { kind: 'refused', reason: toError(thrown).message };
  }
}
