import { isAccessDenied } from '../../aws/calls.js';
import { shortName, type Service } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import { primaryTaskSet } from '../../primary.js';
import type { KnownDefinitions } from '../../rollout/superseded.js';
import type { DeploymentGroup } from './model.js';
import { readInFlight, type InFlight } from './observe.js';

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
  const { group } = known;
  const lookup = await ports.ecs.lookUpService(cluster, serviceName);
  if (lookup.kind !== 'found') return undefined;
  const { service } = lookup;
  const inFlight = await lookForOne(ports, group, service);
  if (inFlight === 'unseen') return undefined;
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

/** The deployment that the group is busy with; `unseen`: the role may not list deployments. */
async function lookForOne(
  { codeDeploy, ecs, log }: Pick<DeployPorts, 'codeDeploy' | 'ecs' | 'log'>,
  { application, name }: KnownDeployments['group'],
  service: Service,
): Promise<InFlight | undefined | 'unseen'> {
  // What this role may not see was told when we looked first.
  const quiet = {
    ...log,
    warning: (message: string): void => {
      log.debug(message);
    },
  };
  let ids: readonly string[];
  try {
    ids = await codeDeploy.list(application, name, { active: true });
  } catch (thrown) {
    if (!isAccessDenied(thrown)) throw thrown;
    return 'unseen';
  }
  const [id] = ids;
  return id === undefined ? undefined : readInFlight({ codeDeploy, ecs, log: quiet }, id, service);
}
