import { OperationError } from '../../shared/errors.js';
import type { Service } from '../model.js';
import type { DeployPorts } from '../ports.js';

/**
 * What the load balancers of a service say of the targets that they find unhealthy, each once. A
 * task whose target is unhealthy is not stopped in its grace period, so that ECS gives no reason
 * for a rollout that waits for it. None where the role may not ask: it is no more than a detail.
 */
export async function targetHealth(
  { lookups, log }: Pick<DeployPorts, 'lookups' | 'log'>,
  { wiring }: Pick<Service, 'wiring'>,
): Promise<readonly string[]> {
  const arns = wiring.loadBalancers.flatMap(({ targetGroupArns }) => targetGroupArns);
  const found = await Promise.all(
    [...new Set(arns)].map(async (arn) => {
      try {
        return await lookups.unhealthyTargets(arn);
      } catch (thrown) {
        if (!(thrown instanceof OperationError)) throw thrown;
        log.debug(thrown.message);
        return [];
      }
    }),
  );
  return [...new Set(found.flat())];
}
