import { OperationError } from '../../shared/errors.js';
import type { Service } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { primaryTaskSet } from '../primary.js';

type Ports = Pick<DeployPorts, 'lookups' | 'log'>;

/**
 * What the load balancers of a service say of the targets that they find unhealthy, each once. A
 * task whose target is unhealthy is not stopped in its grace period, so that ECS gives no reason
 * for a rollout that waits for it. None where the role may not ask: it is no more than a detail.
 * Of a service that CodeDeploy deploys, the new tasks' target group comes first.
 */
export async function targetHealth(
  { lookups, log }: Ports,
  service: Pick<Service, 'wiring' | 'taskSets'>,
): Promise<readonly string[]> {
  const found = await Promise.all(
    [...new Set(targetGroupsOf(service))].map(async (arn) => {
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

/**
 * A service of CodeDeploy names the target group that it was made with; its task sets name those
 * that they are behind. The primary one has the traffic until that is shifted.
 */
function targetGroupsOf(service: Pick<Service, 'wiring' | 'taskSets'>): readonly string[] {
  const primary = primaryTaskSet(service);
  const others = service.taskSets.filter((set) => set !== primary);
  const ofSets = [...others, ...(primary === undefined ? [] : [primary])].flatMap(
    ({ loadBalancers }) => loadBalancers.flatMap(({ targetGroupArn }) => targetGroupArn ?? []),
  );
  if (ofSets.length > 0) return ofSets;
  return service.wiring.loadBalancers.flatMap(({ targetGroupArns }) => targetGroupArns);
}
