import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateVpcCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import type { TestEmulator } from '../support/emulator.js';
import { sdkConfig, startTestEmulator } from '../support/emulator.js';

/**
 * Gaps of the backend that Terraform modules meet, from both sides: the front answers as AWS does,
 * and the backend alone does not. The day that the second half fails, the gap can go.
 */

let emulator: TestEmulator;
let moto: string;

beforeAll(async () => {
  emulator = await startTestEmulator();
  const status = (await emulator.control('GET', 'status')) as {
    backends: { name: string; port: number }[];
  };
  moto = `http://127.0.0.1:${status.backends.find(({ name }) => name === 'moto')?.port ?? 0}`;
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

interface Request {
  readonly service: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function ask(base: string, request: Request): Promise<{ status: number; text: string }> {
  const scope = `20260101/eu-west-1/${request.service}/aws4_request`;
  const answer = await fetch(`${base}${request.path ?? '/'}`, {
    method: request.method ?? 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=host, Signature=0`,
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  return { status: answer.status, text: await answer.text() };
}

describe('policies of queues', () => {
  const sqs = async (
    base: string,
    operation: string,
    input: Readonly<Record<string, unknown>>,
  ): Promise<{ status: number; answer: Readonly<Record<string, unknown>> }> => {
    const { status, text } = await ask(base, {
      service: 'sqs',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${operation}`,
      },
      body: JSON.stringify(input),
    });
    return { status, answer: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  };
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: '*' }],
  });
  const allow = '{"redrivePermission":"denyAll"}';

  async function setBoth(base: string): Promise<string> {
    const { answer } = await sqs(base, 'CreateQueue', { QueueName: 'jobs' });
    const QueueUrl = String(answer['QueueUrl']);
    await sqs(base, 'SetQueueAttributes', { QueueUrl, Attributes: { Policy: policy } });
    await sqs(base, 'SetQueueAttributes', { QueueUrl, Attributes: { VisibilityTimeout: '9' } });
    await sqs(base, 'SetQueueAttributes', {
      QueueUrl,
      Attributes: { RedriveAllowPolicy: allow },
    });
    return QueueUrl;
  }

  async function attributes(base: string, QueueUrl: string, ...AttributeNames: string[]) {
    const { answer } = await sqs(base, 'GetQueueAttributes', { QueueUrl, AttributeNames });
    return answer['Attributes'];
  }

  it('stay when something else is set, and who may send failures there is known', async () => {
    const queue = await setBoth(emulator.awsUrl);
    expect(await attributes(emulator.awsUrl, queue, 'Policy')).toEqual({ Policy: policy });
    expect(await attributes(emulator.awsUrl, queue, 'RedriveAllowPolicy')).toMatchObject({
      RedriveAllowPolicy: allow,
    });
  });

  it('come back as they were written', async () => {
    const queue = await setBoth(emulator.awsUrl);
    const { answer } = await sqs(emulator.awsUrl, 'CreateQueue', { QueueName: 'failed' });
    const failed = await attributes(emulator.awsUrl, String(answer['QueueUrl']), 'QueueArn');
    const { QueueArn } = failed as { QueueArn: string };
    const RedrivePolicy = `{"deadLetterTargetArn":"${QueueArn}","maxReceiveCount":5}`;
    await sqs(emulator.awsUrl, 'SetQueueAttributes', {
      QueueUrl: queue,
      Attributes: { RedrivePolicy },
    });
    expect(await attributes(emulator.awsUrl, queue, 'RedrivePolicy')).toEqual({ RedrivePolicy });
  });

  it('are forgotten by the backend', async () => {
    const queue = await setBoth(moto);
    expect(await attributes(moto, queue, 'Policy')).not.toEqual({ Policy: policy });
    expect(await attributes(moto, queue, 'RedriveAllowPolicy')).toBeUndefined();
  });
});

describe('the backup policy of a file system', () => {
  const json = { 'content-type': 'application/json' };

  async function enabled(base: string): Promise<string> {
    const created = await ask(base, {
      ...{ service: 'elasticfilesystem', path: '/2015-02-01/file-systems', headers: json },
      body: JSON.stringify({ CreationToken: 'uploads' }),
    });
    const { FileSystemId } = JSON.parse(created.text) as { FileSystemId: string };
    const path = `/2015-02-01/file-systems/${FileSystemId}/backup-policy`;
    await ask(base, {
      ...{ service: 'elasticfilesystem', method: 'PUT', path, headers: json },
      body: JSON.stringify({ BackupPolicy: { Status: 'ENABLED' } }),
    });
    return (await ask(base, { service: 'elasticfilesystem', method: 'GET', path })).text;
  }

  it('is what was set', async () => {
    expect(JSON.parse(await enabled(emulator.awsUrl))).toEqual({
      BackupPolicy: { Status: 'ENABLED' },
    });
  });

  it('cannot be set in the backend', async () => {
    expect(await enabled(moto)).not.toContain('"ENABLED"');
  });
});

describe('the members of a replication group', () => {
  const form = (fields: Readonly<Record<string, string>>): Request => ({
    service: 'elasticache',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Version: '2015-02-02', ...fields }).toString(),
  });

  async function member(base: string): Promise<{ status: number; text: string }> {
    await ask(
      base,
      form({
        ...{ Action: 'CreateReplicationGroup', ReplicationGroupId: 'shop' },
        ...{ ReplicationGroupDescription: 'a cache', Engine: 'redis', NumCacheClusters: '1' },
        ...{ CacheNodeType: 'cache.t4g.micro', AtRestEncryptionEnabled: 'true' },
        ...{ 'SecurityGroupIds.SecurityGroupId.1': 'sg-1' },
      }),
    );
    return ask(base, form({ Action: 'DescribeCacheClusters', CacheClusterId: 'shop-001' }));
  }

  it('are what the group was made with', async () => {
    const { status, text } = await member(emulator.awsUrl);
    expect(status).toBe(200);
    for (const part of ['shop-001', 'cache.t4g.micro', 'sg-1']) expect(text).toContain(part);
  });

  it('are unknown to the backend', async () => {
    expect((await member(moto)).status).toBe(404);
  });
});

describe('the description of a rule that names another group', () => {
  async function described(endpoint: string): Promise<readonly unknown[]> {
    const ec2 = new EC2Client({ ...sdkConfig(emulator), endpoint });
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    const { GroupId } = await ec2.send(
      new CreateSecurityGroupCommand({
        ...{ GroupName: 'db', Description: 'a database', VpcId: Vpc?.VpcId },
      }),
    );
    await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [
          {
            ...{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 },
            UserIdGroupPairs: [{ GroupId, Description: 'From "app" & others' }],
          },
        ],
      }),
    );
    const { SecurityGroupRules = [] } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({
        Filters: [{ Name: 'group-id', Values: [GroupId ?? ''] }],
      }),
    );
    return SecurityGroupRules.filter(({ IsEgress }) => IsEgress === false).map(
      ({ Description }) => Description,
    );
  }

  it('is kept', async () => {
    expect(await described(emulator.awsUrl)).toEqual(['From "app" & others']);
  });

  it('is lost by the backend', async () => {
    expect(await described(moto)).toEqual([undefined]);
  });
});
