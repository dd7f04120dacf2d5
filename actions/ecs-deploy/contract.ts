import { z } from 'zod';
import { UserError } from '../shared/errors.js';

const name = z.string().min(1);

/**
 * What Terraform tells app repositories about a service: the SSM parameter
 * `/{environment}/{project}/{service}/deploy`, made by `terraform/modules/ssm-contract`. Keys that
 * a later version adds are ignored.
 */
const contractSchema = z.object({
  version: z.literal(1),
  project: name,
  environment: name,
  service: name,
  cluster: name,
  serviceName: name,
  strategy: z.enum(['rolling', 'blue-green', 'linear', 'canary', 'code-deploy']),
  templateFamily: name,
  liveFamily: name,
  container: name,
  containerPort: z.number().int().min(1).max(65_535).optional(),
  repository: name.optional(),
  desiredCount: z.number().int().min(0),
  logGroup: name.optional(),
  codeDeploy: z.object({ application: name, deploymentGroup: name }).optional(),
  deployment: z
    .object({
      minimumHealthyPercent: z.number().int(),
      maximumPercent: z.number().int(),
      circuitBreaker: z.object({ enable: z.boolean(), rollback: z.boolean() }),
    })
    .optional(),
  /** The Terraform variable that holds the count. */
  desiredCountVariable: name.optional(),
  subnets: z.array(name).optional(),
  securityGroups: z.array(name).optional(),
  assignPublicIp: z.boolean().optional(),
  /** Of one-off tasks, where they differ from the service's. */
  taskRoles: z.object({ execution: name.optional(), task: name.optional() }).optional(),
});

export type Contract = z.infer<typeof contractSchema>;

/** Which contract: the three names that make its path. */
export interface ContractKey {
  readonly project: string;
  readonly environment: string;
  readonly service: string;
}

export function contractPath(key: ContractKey): string {
  return `/${key.environment}/${key.project}/${key.service}/deploy`;
}

export function releasePath(key: ContractKey): string {
  return `/${key.environment}/${key.project}/${key.service}/release/current`;
}

/**
 * Reads a contract.
 *
 * @throws UserError `contract-malformed` with every problem, `contract-mismatch` where it speaks of
 * another service than its path.
 */
export function parseContract(text: string, key: ContractKey): Contract {
  const path = contractPath(key);
  const hint = 'the parameter is written by terraform/modules/ssm-contract; apply that layer again';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError({
      code: 'contract-malformed',
      message: `SSM parameter ${path} is not JSON: ${cause instanceof Error ? cause.message : ''}`,
      hint,
    });
  }
  const parsed = contractSchema.safeParse(json);
  if (!parsed.success) {
    throw new UserError(
      parsed.error.issues.map((issue) => ({
        code: 'contract-malformed',
        message: `SSM parameter ${path}: ${issue.path.join('.') || 'the document'}: ${issue.message}`,
        hint,
      })),
    );
  }
  const contract = parsed.data;
  const wrong = (['project', 'environment', 'service'] as const).filter(
    (part) => contract[part] !== key[part],
  );
  if (wrong.length > 0) {
    throw new UserError(
      wrong.map((part) => ({
        code: 'contract-mismatch',
        message: `SSM parameter ${path} says ${part} "${contract[part]}" where its path says "${key[part]}"`,
        hint,
      })),
    );
  }
  return contract;
}
