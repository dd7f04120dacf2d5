import { isAccessDenied } from '../../aws/calls.js';
import { toError } from '../../../shared/errors.js';
import type { DeployPorts } from '../../ports.js';
import type { CodeDeployTarget } from './model.js';

type Ports = Pick<DeployPorts, 'codeDeploy' | 'log'>;

/**
 * Reads what happens to the service. Other tools need no right to it, so that a role may lack it:
 * that is told once, and the deployment is then judged by its status alone.
 */
export function openTargets(ports: Ports): (id: string) => Promise<CodeDeployTarget | undefined> {
  let readable = true;
  return async (id) => {
    if (!readable) return undefined;
    try {
      return await ports.codeDeploy.describeTarget(id);
    } catch (thrown) {
      if (!isAccessDenied(thrown)) throw thrown;
      readable = false;
      ports.log.warning(
        `${toError(thrown).message}; lifecycle events, hooks and failed tasks cannot be told`,
      );
      return undefined;
    }
  };
}

/** Ids of the group's deployments; none where the role may not list them, which is told. */
export async function listDeployments(
  ports: Ports,
  ...query: Parameters<DeployPorts['codeDeploy']['list']>
): Promise<readonly string[]> {
  try {
    return await ports.codeDeploy.list(...query);
  } catch (thrown) {
    if (!isAccessDenied(thrown)) throw thrown;
    ports.log.warning(`${toError(thrown).message}; other deployments of the group are not seen`);
    return [];
  }
}
