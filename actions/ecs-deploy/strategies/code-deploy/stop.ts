import type { DeployPorts } from '../../ports.js';

/**
 * Stops a deployment and has CodeDeploy roll it back, for a job that is cancelled or out of time.
 * `ended`: it had ended already, and nothing was done.
 *
 * @throws OperationError where AWS refuses
 */
export async function stopCodeDeploy(
  { codeDeploy }: Pick<DeployPorts, 'codeDeploy'>,
  deploymentId: string,
): Promise<'stopping' | 'ended'> {
  return (await codeDeploy.stop(deploymentId)) ? 'stopping' : 'ended';
}
