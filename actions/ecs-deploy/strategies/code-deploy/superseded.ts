import { isAccessDenied } from '../../aws/calls.js';
import { shortName } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import { primaryTaskSet } from '../../primary.js';
import type { KnownDefinitions } from '../../rollout/superseded.js';
import type { DeploymentGroup } from './model.js';
import { findInFlight } from './observe.js';

/** What was there when we looked first. */
export interface KnownDeployments {
  readonly group: Pick<DeploymentGroup, 'application' | 'name'>;
  readonly definitions: KnownDefinitions;
  /** The deployment in flight, whose end is awaited. */
  readonly inFlightId: string | undefined;
  /** What it deploys could not be read, so that nothing is known of what comes of it. */
  readonly anyDefinition: boolean;
}

interface Where {
  readonly cluster: string;
  readonly serviceName: string;
}

/**
 * Looks again right before a deployment is created, and returns what somebody else has deployed
 * meanwhile, or is deploying. Without the right to list deployments nothing can be said.
 *
 * @throws OperationError where AWS cannot be asked
 */
export async function supersedingDeployment(
  ports: Pick<DeployPorts, 'codeDeploy' | 'ecs' | 'log'>,
  { cluster, serviceName }: Where,
  known: KnownDeployments,
): Promise<string | undefined> {
  const { codeDeploy, ecs, log } = ports;
  const { group } = known;
  try {
    await codeDeploy.list(group.application, group.name, { active: true });
  } catch (thrown) {
    if (!isAccessDenied(thrown)) throw thrown;
    return undefined;
  }
  const lookup = await ecs.lookUpService(cluster, serviceName);
  if (lookup.kind !== 'found') return undefined;
  const { service } = lookup;
  // What this role may not see was told when we looked first.
  const quiet = {
    ...log,
    warning: (message: string): void => {
      log.debug(message);
    },
  };
  const inFlight = await findInFlight({ codeDeploy, ecs, log: quiet }, group, service);
  if (inFlight !== undefined) {
    const { deployment, definition } = inFlight;
    const isKnown =
      known.inFlightId !== undefined &&
      [deployment.id, deployment.rollsBackId].includes(known.inFlightId);
    if (isKnown || (definition !== undefined && known.definitions.has(definition.arn))) {
      return undefined;
    }
    return definition === undefined
      ? deployment.id
      : `${shortName(definition.arn)} (${deployment.id})`;
  }
  const arn = primaryTaskSet(service)?.taskDefinitionArn;
  if (arn === undefined || known.anyDefinition || known.definitions.has(arn)) return undefined;
  return shortName(arn);
}
