import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../shared/errors.js';
import type { Contract } from './contract.js';
import { objectOf } from './definition/task-definition.js';
import type { JsonObject, Service } from './model.js';
import { strategyName } from './rollout/stages.js';

const known: readonly string[] = ['ROLLING', 'BLUE_GREEN', 'LINEAR', 'CANARY'];

/**
 * Checks that the service's strategy is one that can be followed, and the one of its contract.
 *
 * @throws UserError `strategy-unsupported`, `strategy-mismatch`
 */
export function checkStrategy(service: Service, contract: Contract | undefined): void {
  if (!known.includes(service.strategy)) {
    throw new UserError({
      code: 'strategy-unsupported',
      message: `service ${service.name} has the deployment strategy ${service.strategy}`,
      hint: `supported: ${known.map(strategyName).join(', ')}`,
    });
  }
  const strategy = strategyName(service.strategy);
  if (contract === undefined || contract.strategy === strategy) return;
  throw new UserError({
    code: 'strategy-mismatch',
    message: `service ${service.name} has the deployment strategy ${strategy}, its contract says ${contract.strategy}`,
    hint: `apply the layer of service "${contract.service}" to "${contract.environment}" again, so that both say the same`,
  });
}

/**
 * The configuration to send with an update of a service that shifts traffic, whole, where its
 * contract asks for other settings: of such a service Terraform leaves them alone, because its
 * provider would send a part of the configuration. `undefined`: nothing is to be changed.
 */
export function changedConfiguration(
  service: Service,
  contract: Contract | undefined,
): JsonObject | undefined {
  const wanted = contract?.deployment;
  if (wanted === undefined || service.strategy === 'ROLLING') return undefined;
  const now = service.deploymentConfiguration;
  const { circuitBreaker, ...percents } = wanted;
  const next: JsonObject = {
    ...now,
    ...percents,
    deploymentCircuitBreaker: { ...objectOf(now['deploymentCircuitBreaker']), ...circuitBreaker },
  };
  return isDeepStrictEqual(next, now) ? undefined : next;
}
