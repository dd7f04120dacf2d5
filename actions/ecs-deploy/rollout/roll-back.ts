import { OperationError } from '../../shared/errors.js';
import { shortName, type RegisteredDefinition, type Service } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { follow, type Followed, type FollowRequest } from './follow.js';
import { primaryOf } from '../primary.js';
import { byItself } from './give-up.js';
import { describePause } from './hooks.js';
import { supersedingIn } from './superseded.js';

export interface RollBackRequest extends Pick<
  FollowRequest,
  'cluster' | 'serviceName' | 'logLines' | 'pollIntervalSeconds' | 'timeoutMinutes'
> {
  /** ARN of what was deployed, and is to go. */
  readonly fromArn: string;
  /** What the service ran before. */
  readonly previous: RegisteredDefinition;
  /** Why, in one sentence. */
  readonly reason: string;
}

export type RolledBack =
  /** The service runs the previous revision again; `followed` where it did not do so already. */
  | { readonly kind: 'done'; readonly to: string; readonly followed: Followed | undefined }
  /** Somebody else has deployed meanwhile, and nothing was changed. */
  | { readonly kind: 'superseded'; readonly to: string; readonly by: string }
  /** It does not; `followed` where ECS took the update. */
  | {
      readonly kind: 'failed';
      readonly to: string;
      readonly followed: Followed | undefined;
      readonly reason: string;
    };

type Ports = Pick<DeployPorts, 'ecs' | 'logs' | 'lookups' | 'log' | 'clock' | 'random' | 'signal'>;

/**
 * Takes a service of the controller ECS back to the revision that it ran before, and follows that
 * deployment to its end; what somebody else has deployed meanwhile is left alone, and where somebody
 * else has taken it back already, that is followed. What goes wrong on the way is in the result.
 */
export async function rollBack(ports: Ports, request: RollBackRequest): Promise<RolledBack> {
  const { cluster, serviceName, previous } = request;
  const to = previous.arn;
  let service: Service;
  try {
    const lookup = await ports.ecs.lookUpService(cluster, serviceName);
    const found = lookup.kind === 'found' ? lookup.service : undefined;
    const by = found && supersedingIn(found, new Set([request.fromArn, to]));
    if (by !== undefined) return { kind: 'superseded', to, by };
    const now = found && primaryOf(found);
    if (found !== undefined && now?.taskDefinitionArn === to) {
      ports.log.error(`${request.reason}: somebody else has taken it back to ${shortName(to)}`);
      if (now.rolloutState === 'COMPLETED') return { kind: 'done', to, followed: undefined };
      service = found;
    } else {
      ports.log.error(`${request.reason}: rolling back to ${shortName(to)}`);
      service = await ports.ecs.updateService({
        cluster,
        service: serviceName,
        taskDefinitionArn: to,
        desiredCount: undefined,
        forceNewDeployment: false,
      });
    }
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    return { kind: 'failed', to, followed: undefined, reason: thrown.message };
  }
  const primary = primaryOf(service);
  if (primary?.taskDefinitionArn !== to) {
    const reason = 'another update came at the same time';
    return { kind: 'failed', to, followed: undefined, reason };
  }
  const followed = await follow(ports, {
    ...byItself({ ...request, earlyEnd: true, earlyEndExits: 3 }),
    taskDefinitionArn: to,
    definition: previous.definition,
    own: { id: primary.id, taskDefinitionArn: to, createdAtMs: primary.createdAtMs },
    service,
    knownEventIds: new Set(service.events.map(({ id }) => id)),
  });
  return followed.outcome === 'succeeded'
    ? { kind: 'done', to, followed }
    : { kind: 'failed', to, followed, reason: whyNot(followed) };
}

function whyNot({ outcome, pause }: Followed): string {
  if (outcome !== 'paused') return `the way back ended as ${outcome}`;
  const where = pause === undefined ? '' : describePause(pause);
  return `the way back is paused${where}; to go on: command "continue"`;
}
