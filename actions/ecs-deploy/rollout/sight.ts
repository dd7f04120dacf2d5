import { toError } from '../../shared/errors.js';
import { isAccessDenied } from '../aws/calls.js';
import type { DeployPorts } from '../ports.js';
import { primaryOf } from '../primary.js';
import { rememberHooks, type SeenHook } from './hooks.js';
import type { OwnDeployment, Sight } from './judge.js';
import { lookAtService } from './looks.js';

export interface SightRequest {
  readonly cluster: string;
  readonly serviceName: string;
  readonly own: OwnDeployment;
  /** Where it is known already. */
  readonly serviceDeploymentArn?: string;
}

/** Looks at the service and at our service deployment, and remembers what has been seen. */
export function openSight(
  ports: Pick<DeployPorts, 'ecs' | 'log'>,
  request: SightRequest,
): () => Promise<Sight> {
  const { ecs, log } = ports;
  const { cluster, serviceName, own } = request;
  let arn = request.serviceDeploymentArn;
  let hooks: readonly SeenHook[] = [];
  let readable = true;
  let failedBefore = false;
  let looksSinceFailure = 0;
  let ownSeen = false;

  /** Service deployments and revisions are a right of their own, newer than DescribeServices. */
  const ifAllowed = async <T>(read: () => Promise<T>, otherwise: T): Promise<T> => {
    if (!readable) return otherwise;
    try {
      return await read();
    } catch (thrown) {
      if (!isAccessDenied(thrown)) throw thrown;
      readable = false;
      log.warning(
        `${toError(thrown).message}; the rollout is judged by DescribeServices alone, which knows less of rollbacks and stops`,
      );
      return otherwise;
    }
  };
  // AWS notes both within a moment of each other, in either order.
  const since = (): ReturnType<typeof ecs.listServiceDeployments> =>
    ecs.listServiceDeployments(cluster, serviceName, own.createdAtMs - 5000);
  /** By the task definition of its service revision: UpdateService does not return its ARN. */
  const find = async (): Promise<string | undefined> => {
    const candidates = await since();
    const revisions = await ecs.describeServiceRevisions(
      candidates.map(({ targetRevisionArn }) => targetRevisionArn),
    );
    const ours = new Set(
      revisions
        .filter(({ taskDefinitionArn }) => taskDefinitionArn === own.taskDefinitionArn)
        .map((revision) => revision.arn),
    );
    // The same definition may have been rolled out shortly before, and may be again: the nearest.
    const distance = ({ createdAtMs }: { readonly createdAtMs: number }): number =>
      Math.abs(createdAtMs - own.createdAtMs);
    return candidates
      .filter(({ targetRevisionArn }) => ours.has(targetRevisionArn))
      .sort((left, right) => distance(left) - distance(right))[0]?.arn;
  };

  return async () => {
    arn ??= await ifAllowed(find, undefined);
    const ours = arn;
    const [service, serviceDeployment] = await Promise.all([
      lookAtService(ports, request),
      ours === undefined
        ? undefined
        : ifAllowed(() => ecs.describeServiceDeployment(ours), undefined),
    ]);
    if (serviceDeployment !== undefined) hooks = rememberHooks(hooks, serviceDeployment);
    const mine = service.deployments.find(({ id }) => id === own.id);
    ownSeen ||= mine !== undefined;
    failedBefore ||= mine?.rolloutState === 'FAILED';
    const primary = primaryOf(service);
    const replaced = primary !== undefined && primary.id !== own.id;
    const goesBack = serviceDeployment?.rollback !== undefined || replaced;
    const failed = failedBefore || serviceDeployment?.breaker.status === 'TRIGGERED';
    looksSinceFailure = failed && !goesBack ? looksSinceFailure + 1 : 0;
    const suspicious = replaced || serviceDeployment?.status === 'STOPPED';
    const newer = suspicious
      ? (await ifAllowed(since, [])).find(
          (brief) =>
            brief.arn !== ours &&
            brief.createdAtMs >= (serviceDeployment?.createdAtMs ?? own.createdAtMs),
        )
      : undefined;
    return {
      ...{ own, service, serviceDeployment, newer, hooks, ownSeen },
      ...{ failedBefore, looksSinceFailure },
    };
  };
}
