import { z } from 'zod';
import { UserError, type Problem } from '../shared/errors.js';
import { contractPath, type ContractKey } from './contract.js';

const name = z.string().min(1);

/**
 * What Terraform tells about a task that runs a service's image besides the service: the SSM
 * parameter `/{environment}/{project}/{service}/deploy/tasks/{name}`, made by
 * `terraform/modules/ssm-contract` after `task-schema.json`. Keys that a later version adds are
 * ignored.
 */
const contractTaskSchema = z.object({
  version: z.literal(1),
  name,
  kind: z.enum(['scheduled', 'event', 'one-off']),
  templateFamily: name,
  liveFamily: name,
  container: name,
  subnets: z.array(name).optional(),
  securityGroups: z.array(name).optional(),
  assignPublicIp: z.boolean().optional(),
  /** What to enable once the family has its first revision: Terraform made it disabled. */
  enableOnFirstRelease: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('schedule'), group: name, name }),
      z.object({ kind: z.literal('rule'), bus: name, name }),
    ])
    .optional(),
});

export type ContractTask = z.infer<typeof contractTaskSchema>;

export function contractTasksPath(key: ContractKey): string {
  return `${contractPath(key)}/tasks`;
}

/**
 * Reads the tasks of a contract, by name.
 *
 * @throws UserError `contract-task-malformed`, with every problem of every task
 */
export function parseContractTasks(
  parameters: ReadonlyMap<string, string>,
): readonly ContractTask[] {
  const problems: Problem[] = [];
  const tasks: ContractTask[] = [];
  for (const [path, text] of [...parameters].sort(([left], [right]) => left.localeCompare(right))) {
    const problem = (message: string): void => {
      problems.push({
        code: 'contract-task-malformed',
        message: `SSM parameter ${path}: ${message}`,
        hint: 'the parameter is written by terraform/modules/ssm-contract; apply that layer again',
      });
    };
    const parsed = parseTask(text);
    if ('issues' in parsed) for (const issue of parsed.issues) problem(issue);
    else if (path.endsWith(`/${parsed.name}`)) tasks.push(parsed);
    else problem(`says name "${parsed.name}" where its path says another`);
  }
  if (problems.length > 0) throw new UserError(problems);
  return tasks;
}

function parseTask(text: string): ContractTask | { readonly issues: readonly string[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return { issues: [`is not JSON: ${cause instanceof Error ? cause.message : ''}`] };
  }
  const parsed = contractTaskSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  return {
    issues: parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`,
    ),
  };
}
