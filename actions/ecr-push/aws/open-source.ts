import { openAwsAccess } from '../../shared/aws-access.js';
import type { GithubContext } from '../../shared/github-context.js';
import { githubIdToken } from '../../shared/oidc.js';
import type { ActionContext } from '../../shared/run.js';
import type { PromoteInputs } from '../inputs/promote.js';
import type { SourceRepository } from '../promote/source-registry.js';

/**
 * Proves access to the source of a promotion, by its own role where there is one.
 *
 * @throws UserError, OperationError as `openAwsAccess` does
 */
export async function openSource(
  { aws, source, sourceRoleArn = aws.roleArn }: PromoteInputs,
  { env, secrets, signal }: Pick<ActionContext, 'env' | 'secrets' | 'signal'>,
  github: GithubContext | undefined,
): Promise<SourceRepository> {
  const fetchIdToken = githubIdToken(env);
  const { region = aws.region, name } = source;
  const { clientConfig, accountId } = await openAwsAccess(
    // `allowed-account-ids` is about where the image goes.
    { ...aws, region, roleArn: sourceRoleArn, allowedAccountIds: [] },
    { fetchIdToken, secrets, github },
  );
  const { sourceClient } = await import('../ecr-client.js');
  return sourceClient(clientConfig, signal, {
    name,
    accountId: source.accountId ?? accountId,
    region,
  });
}
