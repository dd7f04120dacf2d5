import type { Problem } from '../../shared/errors.js';
import { containersOf, findContainer } from '../definition/task-definition.js';
import { shortName, type JsonObject, type Tag } from '../model.js';
import { tagsOf } from '../tags.js';
import type { TaskNetwork, TaskOverrides, TaskPlacement } from './ports.js';

/** What a contract says about where tasks run. */
export interface ContractNetwork {
  readonly subnets?: readonly string[] | undefined;
  readonly securityGroups?: readonly string[] | undefined;
  readonly assignPublicIp?: boolean | undefined;
}

/**
 * Where a task of this definition runs: as the service does, in the contract's network where the
 * service has none. Only the network mode awsvpc takes a network (API reference, "RunTask").
 *
 * @returns the placement, or the problem with it: `network-missing`
 */
export function placeTask(
  placement: TaskPlacement,
  network: ContractNetwork | undefined,
  definition: JsonObject,
): TaskPlacement | Problem {
  if (definition['networkMode'] !== 'awsvpc') return { ...placement, network: undefined };
  const chosen = placement.network ?? contractNetwork(network);
  if (chosen !== undefined) return { ...placement, network: chosen };
  return {
    code: 'network-missing',
    message:
      'a one-off task of the network mode awsvpc needs subnets, and neither the service nor a contract names any',
  };
}

export function contractNetwork(network: ContractNetwork | undefined): TaskNetwork | undefined {
  const { subnets, securityGroups, assignPublicIp } = network ?? {};
  if (subnets === undefined || subnets.length === 0) return undefined;
  return { subnets, securityGroups: securityGroups ?? [], assignPublicIp: assignPublicIp ?? false };
}

/** Sizes and roles that a one-off task may have of its own. */
export interface TaskChanges {
  readonly container: string;
  readonly command: readonly string[] | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  readonly cpu?: number | undefined;
  readonly memoryMib?: number | undefined;
  readonly roles?:
    { readonly task?: string | undefined; readonly execution?: string | undefined } | undefined;
}

export function overridesOf(definition: JsonObject, changes: TaskChanges): TaskOverrides {
  const limited = findContainer(definition, changes.container)?.['memory'] !== undefined;
  return {
    container: changes.container,
    command: changes.command,
    environment: changes.environment ?? {},
    cpu: changes.cpu,
    memoryMib: changes.memoryMib,
    containerMemoryMib:
      limited && containersOf(definition).length === 1 ? changes.memoryMib : undefined,
    taskRoleArn: changes.roles?.task,
    executionRoleArn: changes.roles?.execution,
  };
}

interface TaskOrigin {
  readonly commit: string | undefined;
  readonly run: string | undefined;
}

/**
 * Who started it, to be found by ListTasks: `infra-actions/pre-deploy/<run id>/<commit>`. API
 * reference, "RunTask": 128 letters, digits, hyphens, slashes and underscores.
 */
export function startedByOf(what: string, { commit, run }: TaskOrigin): string {
  const runId = run === undefined ? undefined : shortName(run);
  return ['infra-actions', what, runId, commit?.slice(0, 12)]
    .filter((part) => part !== undefined && part !== '')
    .join('/')
    .replaceAll(/[^A-Za-z0-9_/-]/g, '_')
    .slice(0, 128);
}

export function taskTags(what: string, { commit, run }: TaskOrigin): readonly Tag[] {
  return tagsOf({
    'infra-actions:task': what,
    'infra-actions:commit': commit,
    'infra-actions:run': run,
  });
}
