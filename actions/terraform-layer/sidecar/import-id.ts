import { z } from 'zod';
import type { Orphan } from '../schedule/outcome.js';

type Values = Readonly<Record<string, unknown>>;

const by =
  (attribute: string) =>
  (values: Values): string | undefined =>
    textOf(values[attribute]);

/**
 * How resources are imported whose import id is written in their configuration, so that it is known
 * although the apply was killed before the provider had named it. Source: the section "Import" of
 * each resource in the AWS provider's documentation.
 */
const importIds: Readonly<Record<string, (values: Values) => string | undefined>> = {
  aws_cloudwatch_event_rule: by('name'),
  aws_cloudwatch_log_group: by('name'),
  aws_cloudwatch_metric_alarm: by('alarm_name'),
  aws_codedeploy_app: by('name'),
  aws_db_instance: by('identifier'),
  aws_db_parameter_group: by('name'),
  aws_db_subnet_group: by('name'),
  aws_dynamodb_table: by('name'),
  aws_ecr_lifecycle_policy: by('repository'),
  aws_ecr_repository: by('name'),
  aws_ecr_repository_policy: by('repository'),
  aws_ecs_cluster: by('name'),
  aws_elasticache_replication_group: by('replication_group_id'),
  aws_iam_instance_profile: by('name'),
  aws_iam_role: by('name'),
  aws_iam_role_policy: ({ role, name }) => joined(':', role, name),
  aws_kms_alias: by('name'),
  aws_lambda_function: by('function_name'),
  aws_rds_cluster: by('cluster_identifier'),
  aws_s3_bucket: by('bucket'),
  aws_s3_bucket_policy: by('bucket'),
  aws_s3_bucket_public_access_block: by('bucket'),
  aws_ssm_parameter: by('name'),
};

const planSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        type: z.string(),
        change: z.object({ after: z.record(z.string(), z.unknown()).nullish() }),
      }),
    )
    .default([]),
});

/**
 * Fills in the ids of orphans that their provider had not told yet, from what the plan would make
 * at their addresses. Pure.
 *
 * @param json as `terraform show -json` prints a plan
 */
export function withImportIds(orphans: readonly Orphan[], json: unknown): readonly Orphan[] {
  if (orphans.every(({ id }) => id !== undefined)) return orphans;
  const plan = planSchema.safeParse(json).data;
  const planned = new Map(plan?.resource_changes.map((change) => [change.address, change]));
  return orphans.map((orphan) => {
    const change = planned.get(orphan.address);
    if (orphan.id !== undefined || change === undefined) return orphan;
    const id = importIds[change.type]?.(change.change.after ?? {});
    return id === undefined ? orphan : { ...orphan, id, idFromConfiguration: true };
  });
}

function joined(separator: string, ...parts: readonly unknown[]): string | undefined {
  const texts = parts.map(textOf);
  return texts.includes(undefined) ? undefined : texts.join(separator);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
