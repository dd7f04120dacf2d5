import { shortName, type Service } from '../model.js';
import type { Ecs } from '../ports.js';
import { primaryOf } from '../primary.js';

/** What a service may run, or be on its way to, without somebody else having deployed meanwhile. */
export type KnownDefinitions = ReadonlySet<string>;

/** ARNs of all that a service runs, or that it may be on its way to or back to. */
export function definitionsOf({
  deployments,
  taskSets,
}: Pick<Service, 'deployments' | 'taskSets'>): readonly string[] {
  return [...deployments, ...taskSets].map(({ taskDefinitionArn }) => taskDefinitionArn);
}

/**
 * Looks again right before a service is changed: UpdateService takes no condition, and what was
 * seen before a long task may be out of date. Returns what somebody else has deployed meanwhile;
 * a rollback to what was there, and a restart of it, are no other deployment.
 *
 * @throws OperationError where ECS cannot be asked
 */
export async function supersedingDefinition(
  ecs: Pick<Ecs, 'lookUpService'>,
  { cluster, serviceName }: { readonly cluster: string; readonly serviceName: string },
  known: KnownDefinitions,
): Promise<string | undefined> {
  const lookup = await ecs.lookUpService(cluster, serviceName);
  return lookup.kind === 'found' ? supersedingIn(lookup.service, known) : undefined;
}

/** Pure. The same of a service that was looked at just now. */
export function supersedingIn(service: Service, known: KnownDefinitions): string | undefined {
  const primary = primaryOf(service);
  return primary === undefined || known.has(primary.taskDefinitionArn)
    ? undefined
    : shortName(primary.taskDefinitionArn);
}
