import { openAwsAccess, type AwsAccessInputs } from '../../shared/aws-access.js';
import type { GithubContext } from '../../shared/github-context.js';
import { githubIdToken } from '../../shared/oidc.js';
import type { ActionContext } from '../../shared/run.js';
import type { OpenedAws } from '../run-command.js';

/**
 * Proves access to AWS and opens ECR with it; the SDK is loaded only then.
 *
 * @throws UserError, OperationError as `openAwsAccess` does
 */
export async function openAws(
  inputs: AwsAccessInputs,
  { env, secrets, signal }: Pick<ActionContext, 'env' | 'secrets' | 'signal'>,
  github: GithubContext | undefined,
): Promise<OpenedAws> {
  const fetchIdToken = githubIdToken(env);
  const access = await openAwsAccess(inputs, { fetchIdToken, secrets, github });
  const { clientConfig, accountId } = access;
  const { ecrClient, registryLogins } = await import('../ecr-client.js');
  return {
    ecr: ecrClient(clientConfig, { secrets, signal }),
    accountId,
    logIn: registryLogins(clientConfig, { secrets, signal }, accountId),
  };
}
