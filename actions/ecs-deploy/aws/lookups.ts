import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { InVpc, Lookups } from '../ports.js';
import { call, callsOf, orUndefined } from './calls.js';
import { describeKey, keyPolicy, parameterKeys } from './keys.js';
import { hasOwnPolicy, noSuchRole, simulateRole } from './simulations.js';

/** IAM, Secrets Manager, SSM, CloudWatch Logs, EC2 and ELB behind the port, by the SDK. */
export function openLookups(config: AwsClientConfig): Lookups {
  const iam = callsOf('iam', async () => {
    const sdk = await import('@aws-sdk/client-iam');
    return { sdk, client: new sdk.IAMClient(config) };
  });
  const ec2 = callsOf('ec2', async () => {
    const sdk = await import('@aws-sdk/client-ec2');
    return { sdk, client: new sdk.EC2Client(config) };
  });
  const elb = callsOf('elasticloadbalancing', async () => {
    const sdk = await import('@aws-sdk/client-elastic-load-balancing-v2');
    return { sdk, client: new sdk.ElasticLoadBalancingV2Client(config) };
  });
  const within = (region: string | undefined): AwsClientConfig =>
    region === undefined ? config : { ...config, region };

  return {
    async trustPolicy(roleName) {
      const answer = await orUndefined(noSuchRole, () =>
        iam(`GetRole of ${roleName}`, (client, sdk) =>
          client.send(new sdk.GetRoleCommand({ RoleName: roleName })),
        ),
      );
      if (answer === undefined) return undefined;
      // API reference, "Role": the document is URL-encoded.
      return decodeURIComponent(answer.Role?.AssumeRolePolicyDocument ?? '');
    },

    denials: (request) => simulateRole(iam, request),

    hasOwnPolicy: (arn) => hasOwnPolicy(arn, within),

    parameterKeys: (names, region) => parameterKeys(names, within(region)),
    key: (id, region) => describeKey(id, within(region)),
    keyPolicy: (arn) => keyPolicy(arn, within(arn.split(':')[3])),

    async secret(id, region) {
      const sdk = await import('@aws-sdk/client-secrets-manager');
      const client = new sdk.SecretsManagerClient(within(region));
      try {
        const answer = await orUndefined(['ResourceNotFoundException'], () =>
          call(`secretsmanager:DescribeSecret of ${id}`, () =>
            client.send(new sdk.DescribeSecretCommand({ SecretId: id })),
          ),
        );
        if (answer === undefined) return undefined;
        const versions = answer.VersionIdsToStages ?? {};
        return {
          keyId: answer.KmsKeyId,
          beingDeleted: answer.DeletedDate !== undefined,
          stages: [...new Set(Object.values(versions).flat())],
          versionIds: Object.keys(versions),
        };
      } finally {
        client.destroy();
      }
    },

    async missingParameters(names, region) {
      const sdk = await import('@aws-sdk/client-ssm');
      const client = new sdk.SSMClient(within(region));
      try {
        const answer = await call(`ssm:GetParameters of ${names.join(', ')}`, () =>
          client.send(new sdk.GetParametersCommand({ Names: [...names], WithDecryption: false })),
        );
        return answer.InvalidParameters ?? [];
      } finally {
        client.destroy();
      }
    },

    async logGroupExists(name, region) {
      const sdk = await import('@aws-sdk/client-cloudwatch-logs');
      const client = new sdk.CloudWatchLogsClient(within(region));
      try {
        const answer = await call(`logs:DescribeLogGroups of ${name}`, () =>
          client.send(new sdk.DescribeLogGroupsCommand({ logGroupNamePrefix: name })),
        );
        // Groups come in the order of their names: the prefix itself is the first.
        return (answer.logGroups ?? []).some(({ logGroupName }) => logGroupName === name);
      } finally {
        client.destroy();
      }
    },

    async subnets(ids) {
      // By a filter: asked for by id, one that is missing would make the whole call an error.
      const answer = await ec2('DescribeSubnets', (client, sdk) =>
        client.send(
          new sdk.DescribeSubnetsCommand({ Filters: [{ Name: 'subnet-id', Values: [...ids] }] }),
        ),
      );
      return (answer.Subnets ?? []).map(({ SubnetId, VpcId }) => inVpc(SubnetId, VpcId));
    },

    async securityGroups(ids) {
      const answer = await ec2('DescribeSecurityGroups', (client, sdk) =>
        client.send(
          new sdk.DescribeSecurityGroupsCommand({
            Filters: [{ Name: 'group-id', Values: [...ids] }],
          }),
        ),
      );
      return (answer.SecurityGroups ?? []).map(({ GroupId, VpcId }) => inVpc(GroupId, VpcId));
    },

    async unhealthyTargets(arn) {
      const answer = await elb(`DescribeTargetHealth of ${arn}`, (client, sdk) =>
        client.send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn: arn })),
      );
      // API reference, "TargetHealth": the description is for people, the reason is a code.
      return (answer.TargetHealthDescriptions ?? []).flatMap(({ TargetHealth: health }) =>
        health?.State === 'unhealthy' ? [health.Description ?? health.Reason ?? health.State] : [],
      );
    },

    async targetGroup(arn) {
      const answer = await orUndefined(
        ['TargetGroupNotFoundException', 'TargetGroupNotFound'],
        () =>
          elb(`DescribeTargetGroups of ${arn}`, (client, sdk) =>
            client.send(new sdk.DescribeTargetGroupsCommand({ TargetGroupArns: [arn] })),
          ),
      );
      const group = answer?.TargetGroups?.[0];
      return group === undefined
        ? undefined
        : {
            protocol: group.Protocol,
            targetType: group.TargetType ?? 'instance',
            vpcId: group.VpcId,
          };
    },
  };
}

function inVpc(id: string | undefined, vpcId: string | undefined): InVpc {
  return { id: id ?? '', vpcId: vpcId ?? '' };
}
