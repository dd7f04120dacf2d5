import { z } from 'zod';

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const trustSchema = z.object({
  Statement: z.preprocess(
    (value) => (Array.isArray(value) ? (value as unknown[]) : [value]),
    z.array(
      z.object({
        Effect: z.string(),
        Action: oneOrMany.optional(),
        Principal: z.union([z.string(), z.object({ Service: oneOrMany.optional() })]).optional(),
      }),
    ),
  ),
});

/**
 * Whether a trust policy lets ECS tasks assume the role (Developer Guide, "Amazon ECS task IAM
 * role": `sts:AssumeRole` for `ecs-tasks.amazonaws.com`). Conditions are not judged.
 */
export function trustsEcsTasks(policy: string): boolean {
  let document: unknown;
  try {
    document = JSON.parse(policy);
  } catch {
    return false;
  }
  const statements = trustSchema.safeParse(document).data?.Statement ?? [];
  return statements.some(({ Effect, Action, Principal }) => {
    const services = typeof Principal === 'string' ? [Principal] : (Principal?.Service ?? []);
    return (
      Effect === 'Allow' &&
      (Action ?? []).some((action) => /^(sts:AssumeRole|sts:\*|\*)$/i.test(action)) &&
      services.some((service) => service === 'ecs-tasks.amazonaws.com' || service === '*')
    );
  });
}
