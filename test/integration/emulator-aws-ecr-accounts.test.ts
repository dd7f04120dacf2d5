import {
  BatchGetImageCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { RegistryClient } from '../support/ecr-registry.js';
import {
  createRepository,
  ecrOf,
  pushableImage,
  refusalCode,
  registryClient,
} from '../support/ecr-registry.js';
import type { TestEmulator } from '../support/emulator.js';
import { sdkConfig, startTestEmulator } from '../support/emulator.js';

const OWN = '123456789012';
const OTHER = '210987654321';
const repositoryName = 'shop/app';

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

const hostOf = (uri: string): string => uri.split('/')[0] ?? '';

/** A role of the other account that the emulator's own account may assume. */
async function sessionOfOther(name: string): Promise<ECRClient> {
  const iam = new IAMClient({
    ...sdkConfig(emulator),
    credentials: { accessKeyId: OTHER, secretAccessKey: 'test' },
  });
  const principal = { AWS: `arn:aws:iam::${OWN}:root` };
  const statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal };
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
  const { Credentials } = await new STSClient(sdkConfig(emulator)).send(
    new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'test' }),
  );
  return new ECRClient({
    ...sdkConfig(emulator),
    credentials: {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    },
  });
}

describe('registries of several accounts and regions', () => {
  it('are apart: each has a host, repositories and images of its own', async () => {
    const clients = [
      ecrOf(emulator),
      ecrOf(emulator, { accountId: OTHER }),
      ecrOf(emulator, { region: 'us-east-1' }),
    ];
    const uris: string[] = [];
    for (const client of clients) uris.push(await createRepository(client, repositoryName));
    expect(new Set(uris).size).toBe(3);
    expect(hostOf(uris[0] ?? '')).toBe(emulator.registryHost);

    for (const [index, client] of clients.entries()) {
      const registry = await registryClient(client, hostOf(uris[index] ?? ''));
      const pushed = await registry.push(repositoryName, `v${index}`, pushableImage());
      expect(pushed.status).toBe(201);
      const { tags } = (await (
        await registry.send('GET', `${repositoryName}/tags/list`)
      ).json()) as {
        tags: string[];
      };
      expect(tags).toEqual([`v${index}`]);
    }
    expect(await emulator.control('GET', 'ecr/registries')).toMatchObject({
      registries: [
        { accountId: OWN, region: 'eu-west-1', host: emulator.registryHost },
        { accountId: OTHER, region: 'eu-west-1' },
        { accountId: OWN, region: 'us-east-1' },
      ],
    });
  });

  it('belong to the account of the role whose session asks', async () => {
    const client = await sessionOfOther('promote');
    const uri = await createRepository(client, repositoryName);
    const { repositories } = await client.send(new DescribeRepositoriesCommand({}));
    const token = await client.send(new GetAuthorizationTokenCommand({}));
    expect(repositories).toMatchObject([{ registryId: OTHER, repositoryUri: uri }]);
    expect(token.authorizationData?.[0]?.proxyEndpoint).toBe(`http://${hostOf(uri)}`);
    const own = await ecrOf(emulator).send(new DescribeRepositoriesCommand({}));
    expect(own.repositories).toEqual([]);
  });

  it('take no token of another region', async () => {
    const there = ecrOf(emulator, { region: 'us-east-1' });
    const host = hostOf(await createRepository(there, repositoryName));
    const registry = await registryClient(ecrOf(emulator), host);
    expect((await registry.send('GET', '')).status).toBe(401);
  });
});

describe('a pull from another account', () => {
  let foreign: ECRClient;
  let registry: RegistryClient;

  beforeEach(async () => {
    await createRepository(ecrOf(emulator), repositoryName);
    const own = await registryClient(ecrOf(emulator), emulator.registryHost);
    await own.push(repositoryName, 'v1', pushableImage());
    foreign = await sessionOfOther('pull');
    registry = await registryClient(foreign, emulator.registryHost);
  });

  async function allow(principal: string, ...actions: readonly string[]): Promise<void> {
    const Principal = { AWS: principal };
    const Statement = [{ Effect: 'Allow', Action: actions, Principal }];
    await ecrOf(emulator).send(
      new SetRepositoryPolicyCommand({
        repositoryName,
        policyText: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    );
  }

  const pull = (): Promise<Response> => registry.send('GET', `${repositoryName}/manifests/v1`);
  const get = () =>
    foreign.send(
      new BatchGetImageCommand({
        ...{ registryId: OWN, repositoryName },
        imageIds: [{ imageTag: 'v1' }],
      }),
    );

  it('is refused unless the policy of the repository allows it', async () => {
    const refused = await pull();
    expect([refused.status, await refusalCode(refused)]).toEqual([403, 'DENIED']);
    await expect(get()).rejects.toMatchObject({ name: 'AccessDeniedException' });

    await allow(`arn:aws:iam::${OTHER}:root`, 'ecr:BatchGetImage');
    expect((await pull()).status).toBe(200);
    expect((await get()).images).toHaveLength(1);
    const layer = foreign.send(
      new GetDownloadUrlForLayerCommand({
        ...{ registryId: OWN, repositoryName },
        layerDigest: pushableImage().digest,
      }),
    );
    await expect(layer).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('is allowed to the role that the policy names, and to no other', async () => {
    await allow(`arn:aws:iam::${OTHER}:role/somebody`, 'ecr:BatchGetImage');
    expect((await pull()).status).toBe(403);
    await allow(`arn:aws:iam::${OTHER}:role/pull`, 'ecr:BatchGetImage');
    expect((await pull()).status).toBe(200);
  });

  it('allows no push', async () => {
    await allow(OTHER, 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer');
    const answer = await registry.push(repositoryName, 'v2', pushableImage());
    expect([answer.status, await refusalCode(answer)]).toEqual([403, 'DENIED']);
  });

  it('lists no repositories, and makes none', async () => {
    const list = foreign.send(new DescribeRepositoriesCommand({ registryId: OWN }));
    await expect(list).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('tokens of the registry', () => {
  it('end as soon as they are told to', async () => {
    const ecr = ecrOf(emulator);
    await emulator.control('POST', 'ecr/tokens', { endAfterSeconds: 0.001, tellSeconds: 3600 });
    const registry = await registryClient(ecr, emulator.registryHost);
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const toldMs = (authorizationData?.[0]?.expiresAt?.getTime() ?? 0) - Date.now();
    expect(toldMs).toBeGreaterThan(3_500_000);
    const answer = await registry.send('GET', '');
    expect([answer.status, await refusalCode(answer)]).toEqual([403, 'DENIED']);
    await emulator.control('DELETE', 'ecr/tokens');
    const renewed = await registryClient(ecr, emulator.registryHost);
    expect((await renewed.send('GET', '')).status).toBe(200);
  });
});
