import type * as iamSdk from '@aws-sdk/client-iam';
import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { Denial, Lookups } from '../ports.js';
import { awsErrorName, call, orUndefined, type Calls } from './calls.js';
import { allPages } from '../../shared/pages.js';

type Iam = Calls<iamSdk.IAMClient, typeof iamSdk>;

/** What IAM calls a role that is not there. */
export const noSuchRole = ['NoSuchEntityException', 'NoSuchEntity'];

/**
 * Asks IAM what a role's own policies, its permissions boundary and those of the organisation make
 * of actions (API reference, "SimulatePrincipalPolicy"): every action with every resource. Policies
 * of the resources are not looked at there. None where there is no such role.
 */
export async function simulateRole(
  iam: Iam,
  { roleArn, actions, resources, context }: Parameters<Lookups['denials']>[0],
): Promise<readonly Denial[]> {
  const results = await orUndefined(noSuchRole, () =>
    allPages(async ({ nextToken }) => {
      const answer = await iam(`SimulatePrincipalPolicy of ${roleArn}`, (client, sdk) =>
        client.send(
          new sdk.SimulatePrincipalPolicyCommand({
            PolicySourceArn: roleArn,
            ActionNames: [...actions],
            ResourceArns: [...resources],
            ContextEntries: Object.entries(context).map(([key, value]) => ({
              ContextKeyName: key,
              ContextKeyType: 'string',
              ContextKeyValues: [value],
            })),
            ...(nextToken === undefined ? {} : { Marker: nextToken }),
          }),
        ),
      );
      return [answer.EvaluationResults, answer.IsTruncated === true ? answer.Marker : undefined];
    }),
  );
  return (results ?? []).flatMap(toDenials);
}

/** With resources given, each has a result of its own (API reference, "ResourceSpecificResult"). */
function toDenials(result: iamSdk.EvaluationResult): readonly Denial[] {
  const action = result.EvalActionName ?? '';
  const specific = result.ResourceSpecificResults ?? [];
  const all =
    specific.length > 0
      ? specific.map((one) => ({
          ...one,
          resource: one.EvalResourceName,
          decision: one.EvalResourceDecision,
        }))
      : [{ ...result, resource: result.EvalResourceName, decision: result.EvalDecision }];
  return all
    .filter(({ decision }) => decision !== 'allowed')
    .map(({ resource = '*', decision, MissingContextValues = [] }) => ({
      action,
      resource,
      isExplicit: decision === 'explicitDeny',
      isConditional: MissingContextValues.length > 0,
    }));
}

/** By `secretsmanager:GetResourcePolicy` or `ecr:GetRepositoryPolicy`. */
export async function hasOwnPolicy(
  arn: string,
  within: (region: string | undefined) => AwsClientConfig,
): Promise<boolean> {
  const [, , service, region, registryId, ...rest] = arn.split(':');
  if (service === 'secretsmanager') {
    const sdk = await import('@aws-sdk/client-secrets-manager');
    const client = new sdk.SecretsManagerClient(within(region));
    try {
      const answer = await orUndefined(['ResourceNotFoundException'], () =>
        call(`secretsmanager:GetResourcePolicy of ${arn}`, () =>
          client.send(new sdk.GetResourcePolicyCommand({ SecretId: arn })),
        ),
      );
      // A secret that is not there is told as such.
      return answer === undefined || answer.ResourcePolicy !== undefined;
    } finally {
      client.destroy();
    }
  }
  const sdk = await import('@aws-sdk/client-ecr');
  const client = new sdk.ECRClient(within(region));
  const repositoryName = rest.join(':').replace(/^repository\//, '');
  try {
    await call(`ecr:GetRepositoryPolicy of ${arn}`, () =>
      client.send(new sdk.GetRepositoryPolicyCommand({ registryId, repositoryName })),
    );
    return true;
  } catch (thrown) {
    if (awsErrorName(thrown) === 'RepositoryPolicyNotFoundException') return false;
    if (awsErrorName(thrown) === 'RepositoryNotFoundException') return true;
    throw thrown;
  } finally {
    client.destroy();
  }
}
