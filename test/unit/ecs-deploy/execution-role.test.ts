import type { VerifyInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { JsonObject } from '../../../actions/ecs-deploy/model.js';
import type { Denial } from '../../../actions/ecs-deploy/ports.js';
import { deployWorld, type DeployWorld } from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';
import {
  makeVerifiedService,
  problemsOf as problems,
  pushedImage,
  runVerify,
  secret,
} from '../../support/ecs-verify.js';

let world: DeployWorld;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

const service = (changes?: Parameters<typeof makeVerifiedService>[1]) =>
  makeVerifiedService(world, changes);
const image = (name: string) => pushedImage(world, name);
const verify = (changes?: Partial<VerifyInputs>) => runVerify(world, changes);

describe('what the execution role may do', () => {
  const denied = (changes: Partial<Denial> = {}): Denial => ({
    ...{ action: 'secretsmanager:GetSecretValue', resource: secret },
    ...{ isExplicit: false, isConditional: false },
    ...changes,
  });
  const place = 'containerDefinitions.app.secrets.DB';

  it('is a problem where it may not read a secret: role, action and resource are named', async () => {
    await service();
    world.account.denials.push(denied());
    const report = await verify({ image: image('shop/web:v1') });
    expect(problems(report)).toEqual([`execution-role-denied ${place}`]);
    const [problem] = JSON.parse(report.outputs['problems'] ?? '[]') as { message: string }[];
    for (const part of ['web-execution', 'secretsmanager:GetSecretValue', secret]) {
      expect(problem?.message).toContain(part);
    }
  });

  it('may be given by a policy of the secret itself, unless a statement denies it', async () => {
    await service();
    world.account.ownPolicies.add(secret);
    world.account.denials.push(denied());
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([]);
    world.account.denials[0] = denied({ isExplicit: true });
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([
      `execution-role-denied ${place}`,
    ]);
  });

  it('is not known where that depends on a condition of the real call', async () => {
    await service();
    world.account.denials.push(denied({ isConditional: true }));
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([]);
  });

  it('is pulling its image, too', async () => {
    await service();
    const resource = 'arn:aws:ecr:eu-west-1:123456789012:repository/shop/web';
    world.account.denials.push(
      denied({ action: 'ecr:BatchGetImage', resource }),
      denied({ action: 'ecr:GetAuthorizationToken', resource: '*' }),
    );
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([
      'execution-role-denied containerDefinitions.app.image',
      'execution-role-denied executionRoleArn',
    ]);
  });

  it('is looked up once for a repository that both actions of a pull are denied on', async () => {
    await service();
    const resource = 'arn:aws:ecr:eu-west-1:123456789012:repository/shop/web';
    world.account.ownPolicies.add(resource);
    world.account.denials.push(
      denied({ action: 'ecr:BatchGetImage', resource }),
      denied({ action: 'ecr:GetDownloadUrlForLayer', resource }),
    );
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([]);
    const asked = world.account.calls.filter((call) => call.startsWith('hasOwnPolicy'));
    expect(asked).toEqual([`hasOwnPolicy ${resource}`]);
  });

  it('is asked for by ARN of a parameter that is given by its name', async () => {
    await service();
    const resource = 'arn:aws:ssm:eu-west-1:123456789012:parameter/dev/shop/key';
    world.account.denials.push(denied({ action: 'ssm:GetParameters', resource }));
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([
      'execution-role-denied containerDefinitions.app.secrets.KEY',
    ]);
  });

  it('is asked for 20 resources at a time, with no more than 100 results', async () => {
    const valueFrom = (index: number) => `/dev/shop/${index}`;
    const secrets = Array.from({ length: 45 }, (_, index) => ({
      name: `S${index}`,
      valueFrom: valueFrom(index),
    }));
    await service({ container: { secrets } });
    const resource = `arn:aws:ssm:eu-west-1:123456789012:parameter${valueFrom(44)}`;
    world.account.denials.push(denied({ action: 'ssm:GetParameters', resource }));
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([
      'execution-role-denied containerDefinitions.app.secrets.S44',
    ]);
    const asked = world.account.calls.filter((call) =>
      call.startsWith('denials ssm:GetParameters'),
    );
    expect(asked.map((call) => call.split(' on ')[1]?.split(' ').length)).toEqual([20, 20, 5]);
  });

  it('is writing the log of each container, by its own group and prefix', async () => {
    const log = (group: string, prefix: string, more: JsonObject = {}): JsonObject => ({
      logDriver: 'awslogs',
      options: {
        'awslogs-group': group,
        'awslogs-region': 'eu-west-1',
        'awslogs-stream-prefix': prefix,
        ...more,
      },
    });
    await service({
      sidecars: [
        { name: 'proxy', image: 'nginx', logConfiguration: log('/ecs/web', 'proxy') },
        {
          name: 'agent',
          image: 'agent',
          logConfiguration: log('/ecs/agent', 'agent', { 'awslogs-create-group': 'true' }),
        },
      ],
    });
    const group = 'arn:aws:logs:eu-west-1:123456789012:log-group:';
    const task = '0123456789abcdef'.repeat(2);
    const stream = `${group}/ecs/web:log-stream:proxy/proxy/${task}`;
    world.account.denials.push(denied({ action: 'logs:PutLogEvents', resource: stream }));
    const create = denied({ action: 'logs:CreateLogGroup', resource: `${group}/ecs/agent` });
    world.account.denials.push(create);
    world.account.missing.add('/ecs/agent');
    const given = { image: image('shop/web:v1') };
    const place = (name: string) =>
      `containerDefinitions.${name}.logConfiguration.options.awslogs-group`;
    const denials = async (): Promise<readonly string[]> =>
      problems(await verify(given)).filter((one) => one.startsWith('execution-role-denied'));
    expect(await denials()).toEqual([
      `execution-role-denied ${place('agent')}`,
      `execution-role-denied ${place('proxy')}`,
    ]);
    expect(world.account.calls).toContain(
      `denials logs:CreateLogStream logs:PutLogEvents on ${group}/ecs/web:log-stream:web/app/${task} ${stream} ${group}/ecs/agent:log-stream:agent/agent/${task}`,
    );
    world.account.missing.delete('/ecs/agent');
    expect(await denials()).toEqual([`execution-role-denied ${place('proxy')}`]);
  });

  it.each(['denials', 'hasOwnPolicy'] as const)(
    'is told once as not checked where our role may not ask for %s',
    async (method) => {
      await service();
      world.account.denials.push(denied());
      world.account.denied.add(method);
      const report = await verify({ image: image('shop/web:v1') });
      expect(report.failure).toBeUndefined();
      const told = world.log.filter(({ message }) => message.includes(`may not call ${method}`));
      expect(told.map(({ level }) => level)).toEqual(['notice']);
    },
  );
});

describe('what the execution role may decrypt', () => {
  const arn = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd';
  const role = 'arn:aws:iam::123456789012:role/web-execution';
  const denial: Denial = {
    ...{ action: 'kms:Decrypt', resource: arn },
    ...{ isExplicit: false, isConditional: false },
  };
  const wrong = 'execution-role-denied containerDefinitions.app.secrets';

  /** The secret and one parameter with a customer's key, which the role may not use. */
  async function withKey(): Promise<void> {
    await service();
    const { account } = world;
    account.keys.set('alias/shop', { arn, isManagedByAws: false, state: 'Enabled' });
    account.secrets.set(secret, {
      ...{ beingDeleted: false, stages: ['AWSCURRENT'], versionIds: ['v1'] },
      keyId: 'alias/shop',
    });
    account.parameterKeys.set('/dev/shop/key', 'alias/shop');
    account.denials.push(denial);
  }
  const found = async () => problems(await verify({ image: image('shop/web:v1') }));

  it('is told of each secret and parameter with a key of the customer', async () => {
    await withKey();
    expect(await found()).toEqual([`${wrong}.DB`, `${wrong}.KEY`]);
    expect(world.account.calls.filter((call) => /kms|key/i.test(call)).sort()).toEqual([
      `denials kms:Decrypt on ${arn} secretsmanager.eu-west-1.amazonaws.com`,
      `denials kms:Decrypt on ${arn} ssm.eu-west-1.amazonaws.com`,
      'denials ssm:GetParameters on arn:aws:ssm:eu-west-1:123456789012:parameter/dev/shop/token arn:aws:ssm:eu-west-1:123456789012:parameter/dev/shop/key',
      'key alias/shop',
      `keyPolicy ${arn}`,
      `keyPolicy ${arn}`,
      'missingParameters /dev/shop/token /dev/shop/key',
      'parameterKeys /dev/shop/token /dev/shop/key',
    ]);
    expect(world.account.calls.filter((call) => call === `secret ${secret}`)).toHaveLength(1);
  });

  it.each<readonly [string, object, boolean]>([
    ['names the role', { Action: 'kms:Decrypt', Principal: { AWS: role } }, true],
    ['names everybody', { Action: ['kms:D*'], Principal: '*' }, true],
    ['names another role', { Action: 'kms:*', Principal: { AWS: `${role}-2` } }, false],
    ['lets the role encrypt', { Action: 'kms:Encrypt', Principal: { AWS: role } }, false],
    [
      'hands over to the account',
      { Action: 'kms:*', Principal: { AWS: 'arn:aws:iam::123456789012:root' } },
      false,
    ],
  ])('may be given by a policy of the key that %s', async (_, statement, isGiven) => {
    await withKey();
    world.account.keyPolicies.set(
      arn,
      JSON.stringify({ Statement: [{ Effect: 'Allow', Resource: '*', ...statement }] }),
    );
    expect(await found()).toEqual(isGiven ? [] : [`${wrong}.DB`, `${wrong}.KEY`]);
  });

  it('is not asked for where the key is AWS’s own', async () => {
    await withKey();
    world.account.keys.set('alias/shop', { arn, isManagedByAws: true, state: 'Enabled' });
    expect(await found()).toEqual([]);
  });

  it('is left to the policy of a key of another account', async () => {
    await withKey();
    const other = arn.replace('123456789012', '999999999999');
    world.account.keys.set('alias/shop', { arn: other, isManagedByAws: false, state: 'Enabled' });
    world.account.denials.push({ ...denial, resource: other });
    expect(await found()).toEqual([]);
    expect(world.account.calls.filter((call) => call.startsWith('keyPolicy'))).toEqual([]);
  });

  it.each([
    ['PendingDeletion', 'key-disabled'],
    [undefined, 'key-missing'],
  ])('is nothing with a key in state %s', async (state, code) => {
    await withKey();
    world.account.keys.clear();
    if (state !== undefined) {
      world.account.keys.set('alias/shop', { arn, isManagedByAws: false, state });
    }
    expect(await found()).toEqual(
      ['DB', 'KEY'].map((name) => `${code} containerDefinitions.app.secrets.${name}`),
    );
  });

  it.each(['parameterKeys', 'key', 'keyPolicy'] as const)(
    'is told once as not checked where our role may not ask for %s, and all else is checked',
    async (method) => {
      await withKey();
      world.account.denied.add(method);
      world.account.denials.push({
        ...denial,
        action: 'secretsmanager:GetSecretValue',
        resource: secret,
      });
      expect(await found()).toEqual([`${wrong}.DB`]);
      const told = world.log.filter(({ message }) => message.includes(`may not call ${method}`));
      expect(told.map(({ level }) => level)).toEqual(['notice']);
    },
  );
});
