import { AwsError } from '../../aws-error.js';
import { evaluate, statementsOf } from '../policy.js';
import type { Caller } from '../sts/sessions.js';
import type { Repositories } from './repositories.js';
import type { Scope } from './scope.js';
import { repositoryArn } from './scope.js';

/** Judges calls by repository policies (ECR user guide, "Private repository policies"). */
export interface Access {
  /**
   * Throws AwsError `AccessDeniedException` where the repository's policy denies the action, or
   * where the caller is of another account and no policy allows it. Policies of identities are
   * not evaluated: an account's own callers may do what is not denied.
   */
  check(caller: Caller, action: string, scope: Scope, repositoryName: string): Promise<void>;
}

export function createAccess(repositories: Pick<Repositories, 'policy'>): Access {
  return {
    async check(caller, action, scope, repositoryName) {
      const policy = await repositories.policy(scope, repositoryName);
      const { account, arn, roleArn } = caller;
      const names = [account, `arn:aws:iam::${account}:root`, arn, ...(roleArn ? [roleArn] : [])];
      const verdict = evaluate(policy === undefined ? [] : statementsOf(policy), {
        action,
        principal: { kind: 'AWS', names },
        context: new Map([
          ['aws:principalarn', [roleArn ?? arn]],
          ['aws:principalaccount', [account]],
        ]),
      });
      if (verdict === 'Allow' || (verdict === 'none' && account === scope.accountId)) return;
      const reason =
        verdict === 'Deny'
          ? 'with an explicit deny in a resource-based policy'
          : `because no resource-based policy allows the ${action} action`;
      throw new AwsError(
        'AccessDeniedException',
        `User: ${arn} is not authorized to perform: ${action} on resource: ` +
          `${repositoryArn(scope, repositoryName)} ${reason}`,
      );
    },
  };
}
