import { UserError } from '../../shared/errors.js';
import { chunks } from '../../shared/chunks.js';
import {
  familyOfArn,
  shortName,
  type RegisteredDefinition,
  type ServiceDeploymentBrief,
} from '../model.js';
import type { DeployPorts } from '../ports.js';

/** The API takes this many service revisions at once (API reference, "DescribeServiceRevisions"). */
const revisionsAtOnce = 20;

/** A definition to go back to, and why it is that one. */
export interface GoodRevision {
  readonly definition: RegisteredDefinition;
  readonly reason: string;
}

export interface ServiceOfHistory {
  readonly cluster: string;
  readonly name: string;
  /** The task definition that the service is asked to run. */
  readonly runningArn: string;
  /** Family of a placeholder that no release ever was. */
  readonly placeholderFamily: string | undefined;
}

/**
 * Finds what a service is to go back to: the task definition of the latest service deployment that
 * ended `SUCCESSFUL` before the one that runs first did. So neither a revision that has failed is
 * taken, nor one that was left by an earlier rollback. History is kept 90 days ("View service
 * history using Amazon ECS service deployments").
 *
 * @throws UserError `rollback-target-missing`
 */
export async function lastGoodRevision(
  ports: Pick<DeployPorts, 'ecs' | 'log'>,
  service: ServiceOfHistory,
): Promise<GoodRevision> {
  const { ecs } = ports;
  const all = await ecs.listServiceDeployments(service.cluster, service.name, 0);
  const good = all.filter(({ status }) => status === 'SUCCESSFUL');
  const definitions = await definitionsOf(good);
  const newestFirst = good.flatMap((deployment) => definitions.get(deployment) ?? []);
  const found = await firstBefore(ports, service, newestFirst);
  if (found !== undefined) return found;
  throw new UserError({
    code: 'rollback-target-missing',
    message: `${service.name} has no earlier revision that was rolled out with success and is still registered`,
    hint: `service deployments since 90 days: ${all.length}, of which successful: ${good.length}; name a revision with "revision", or deploy an image`,
  });

  async function definitionsOf(
    deployments: readonly ServiceDeploymentBrief[],
  ): Promise<ReadonlyMap<ServiceDeploymentBrief, string>> {
    const arns = [...new Set(deployments.map(({ targetRevisionArn }) => targetRevisionArn))];
    const revisions = await Promise.all(
      chunks(arns, revisionsAtOnce).map((some) => ecs.describeServiceRevisions(some)),
    );
    const known = new Map(revisions.flat().map((one) => [one.arn, one.taskDefinitionArn]));
    return new Map(
      deployments.flatMap((deployment) => {
        const arn = known.get(deployment.targetRevisionArn);
        return arn === undefined ? [] : [[deployment, arn] as const];
      }),
    );
  }
}

/**
 * The last task definition that came out with success before the one that runs did for the first
 * time, so that one rollback after another never goes to and fro. `newestFirst`: ARNs of all that
 * came out with success.
 */
export async function firstBefore(
  { ecs, log }: Pick<DeployPorts, 'ecs' | 'log'>,
  { runningArn, placeholderFamily }: Pick<ServiceOfHistory, 'runningArn' | 'placeholderFamily'>,
  newestFirst: readonly string[],
): Promise<GoodRevision | undefined> {
  const firstOfRunning = newestFirst.lastIndexOf(runningArn);
  const before = firstOfRunning === -1 ? newestFirst : newestFirst.slice(firstOfRunning + 1);
  const isRelease = (arn: string): boolean => familyOfArn(arn) !== placeholderFamily;
  for (const arn of new Set(before.filter(isRelease))) {
    const definition = await ecs.describeTaskDefinition(arn);
    if (definition !== undefined && definition.definition['status'] !== 'INACTIVE') {
      return {
        definition,
        reason: `${shortName(arn)} is the last that was rolled out with success`,
      };
    }
    log.notice(
      `${shortName(arn)} was rolled out with success, but is deregistered: it is left out`,
    );
  }
  return undefined;
}
