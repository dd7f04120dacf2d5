import { UserError } from '../../../shared/errors.js';
import { shortName } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import {
  firstBefore,
  type GoodRevision,
  type ServiceOfHistory,
} from '../../rollout/release-history.js';
import { taskDefinitionOfText } from './app-spec.js';
import type { DeploymentGroup } from './model.js';

/** As long as ECS keeps the history of the services that it deploys itself. */
const historyMs = 90 * 86_400_000;

/**
 * Finds what a service of CodeDeploy is to go back to: the task definition that a deployment of its
 * group deployed with success before the one that runs was deployed first.
 *
 * @throws UserError `rollback-target-missing`
 */
export async function lastGoodDeployed(
  ports: Pick<DeployPorts, 'codeDeploy' | 'ecs' | 'log' | 'clock'>,
  { application, name }: DeploymentGroup,
  service: ServiceOfHistory,
): Promise<GoodRevision> {
  const sinceMs = ports.clock.now() - historyMs;
  const good = await ports.codeDeploy.succeeded(application, name, sinceMs);
  const deployed = good.map(({ appSpec }) => taskDefinitionOfText(appSpec));
  const { runningArn } = service;
  const newestFirst = deployed.flatMap((reference) => {
    if (reference === undefined) return [];
    // An AppSpec may also name family and revision alone.
    return shortName(reference) === shortName(runningArn) ? [runningArn] : [reference];
  });
  const found = await firstBefore(ports, service, newestFirst);
  if (found !== undefined) return found;
  const unread = deployed.length - newestFirst.length;
  throw new UserError({
    code: 'rollback-target-missing',
    message: `${service.name} has no earlier revision that was deployed with success and is still registered`,
    hint: [
      `successful deployments of group "${name}" since 90 days: ${good.length}`,
      unread === 0
        ? undefined
        : `AppSpecs that cannot be read: ${unread} (codedeploy:GetApplicationRevision)`,
      `running: ${shortName(runningArn)}`,
      'name a revision with "revision", or deploy an image',
    ]
      .filter((part) => part !== undefined)
      .join('; '),
  });
}
