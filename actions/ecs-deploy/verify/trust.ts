import { statementsOf } from './policy-statements.js';

/**
 * Whether a trust policy lets ECS tasks assume the role (Developer Guide, "Amazon ECS task IAM
 * role": `sts:AssumeRole` for `ecs-tasks.amazonaws.com`). Conditions are not judged.
 */
export function trustsEcsTasks(policy: string): boolean {
  return (statementsOf(policy, 'Service') ?? []).some(
    ({ effect, actions = [], principals }) =>
      effect === 'Allow' &&
      actions.some((action) => /^(sts:AssumeRole|sts:\*|\*)$/i.test(action)) &&
      principals.some((service) => service === 'ecs-tasks.amazonaws.com' || service === '*'),
  );
}
