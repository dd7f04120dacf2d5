import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import { parseImageReference } from '../../../actions/ecs-deploy/images/image-reference.js';
import type { DeployInputs, VerifyInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { JsonObject } from '../../../actions/ecs-deploy/model.js';
import type { Lookups } from '../../../actions/ecs-deploy/ports.js';
import { mostQuickCalls } from '../../../actions/ecs-deploy/verify/verify.js';
import { UserError } from '../../../actions/shared/errors.js';
import { deployInputs, deployWorld, noEdits, type DeployWorld } from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';
import {
  makeVerifiedService,
  problemsOf as problems,
  pushedImage,
  runVerify,
  secret,
  targetGroupArn,
} from '../../support/ecs-verify.js';

const origin = { commit: undefined, run: undefined };

let world: DeployWorld;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

const service = (container: JsonObject = {}, changes: object = {}) =>
  makeVerifiedService(world, { container, service: changes });
const image = (name: string, platforms?: string[]) => pushedImage(world, name, platforms);
const verify = (changes?: Partial<VerifyInputs>) => runVerify(world, changes);

describe('verify', () => {
  it('finds nothing wrong where all is well, and changes nothing', async () => {
    await service();
    const report = await verify({ image: image('shop/web:v1') });
    expect(problems(report)).toEqual([]);
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'succeeded' } });
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
    expect([...world.account.calls].sort()).toEqual([
      'denials ecr:BatchGetImage ecr:GetDownloadUrlForLayer on arn:aws:ecr:eu-west-1:123456789012:repository/shop/web',
      'denials ecr:GetAuthorizationToken on *',
      `denials logs:CreateLogStream logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web:log-stream:web/app/${'0123456789abcdef'.repeat(2)}`,
      `denials secretsmanager:GetSecretValue on ${secret}`,
      'denials ssm:GetParameters on arn:aws:ssm:eu-west-1:123456789012:parameter/dev/shop/token arn:aws:ssm:eu-west-1:123456789012:parameter/dev/shop/key',
      'logGroupExists /ecs/web',
      'missingParameters /dev/shop/token /dev/shop/key',
      'parameterKeys /dev/shop/token /dev/shop/key',
      `secret ${secret}`,
      'securityGroups sg-1',
      'subnets subnet-1',
      `targetGroup ${targetGroupArn}`,
      'trustPolicy web-execution',
    ]);
  });

  it.each<readonly [string, (world: DeployWorld) => void, readonly string[]]>([
    [
      'a role that is not there',
      ({ account }) => account.missing.add('web-execution'),
      ['role-missing executionRoleArn'],
    ],
    [
      'a role that ECS tasks may not assume',
      ({ account }) => account.trustPolicies.set('web-execution', '{}'),
      ['role-trust executionRoleArn'],
    ],
    [
      'a secret that is not there',
      ({ account }) => account.missing.add(secret),
      ['secret-missing containerDefinitions.app.secrets.DB'],
    ],
    [
      'a secret that is being deleted',
      ({ account }) =>
        account.secrets.set(secret, { beingDeleted: true, stages: ['AWSCURRENT'], versionIds: [] }),
      ['secret-deleted containerDefinitions.app.secrets.DB'],
    ],
    [
      'a secret without a value',
      ({ account }) =>
        account.secrets.set(secret, { beingDeleted: false, stages: [], versionIds: [] }),
      ['secret-empty containerDefinitions.app.secrets.DB'],
    ],
    [
      'a parameter that is not there',
      ({ account }) => account.missing.add('/dev/shop/key'),
      ['parameter-missing containerDefinitions.app.secrets.KEY'],
    ],
    [
      'a log group that is not there',
      ({ account }) => account.missing.add('/ecs/web'),
      ['log-group-missing containerDefinitions.app.logConfiguration.options.awslogs-group'],
    ],
    [
      'a subnet that is not there',
      ({ account }) => account.missing.add('subnet-1'),
      ['subnet-missing service.networkConfiguration.subnets'],
    ],
    [
      'a security group that is not there',
      ({ account }) => account.missing.add('sg-1'),
      ['security-group-missing service.networkConfiguration.securityGroups'],
    ],
    [
      'a security group of another VPC',
      ({ account }) => account.vpcs.set('sg-1', 'vpc-2'),
      ['vpc-mixed service.networkConfiguration'],
    ],
    [
      'a target group that is not there',
      ({ account }) => account.missing.add(targetGroupArn),
      ['target-group-missing service.loadBalancers.targetgroup/web/0123456789abcdef'],
    ],
    [
      'a target group of instances',
      ({ account }) =>
        account.targetGroups.set(targetGroupArn, {
          protocol: 'HTTP',
          targetType: 'instance',
          vpcId: 'vpc-1',
        }),
      ['target-group-type service.loadBalancers.targetgroup/web/0123456789abcdef'],
    ],
    [
      'a target group of another protocol and VPC',
      ({ account }) =>
        account.targetGroups.set(targetGroupArn, {
          protocol: 'UDP',
          targetType: 'ip',
          vpcId: 'vpc-2',
        }),
      [
        'target-group-protocol service.loadBalancers.targetgroup/web/0123456789abcdef',
        'target-group-vpc service.loadBalancers.targetgroup/web/0123456789abcdef',
      ],
    ],
  ])('tells %s', async (_, spoil, expected) => {
    await service();
    const wanted = image('shop/web:v1');
    spoil(world);
    const report = await verify({ image: wanted });
    expect(problems(report)).toEqual(expected);
    expect(report.failure).toEqual({ code: 'verify-failed' });
  });

  it.each([
    [`${secret}::AWSPREVIOUS:`, 'AWSPREVIOUS'],
    [`${secret}:::v2`, 'v2'],
  ])('tells a version of a secret that is not there: %s', async (valueFrom) => {
    await service({ secrets: [{ name: 'DB', valueFrom }] });
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([
      'secret-version-missing containerDefinitions.app.secrets.DB',
    ]);
  });

  it('looks at the other target group of a service whose traffic shifts', async () => {
    const alternateTargetGroupArn = targetGroupArn.replace('/web/', '/green/');
    const advancedConfiguration = { alternateTargetGroupArn, roleArn: 'arn:aws:iam::1:role/lb' };
    await service(
      {},
      {
        loadBalancers: [
          { targetGroupArn, containerName: 'app', containerPort: 8080, advancedConfiguration },
        ],
      },
    );
    world.account.missing.add(alternateTargetGroupArn);
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([
      'target-group-missing service.loadBalancers.targetgroup/green/0123456789abcdef',
    ]);
  });

  it('tells a role in each place that names it, by one call', async () => {
    await service();
    const role = 'arn:aws:iam::123456789012:role/service/web-execution';
    world.account.missing.add('web-execution');
    const overrides = JSON.stringify({ taskRoleArn: role, executionRoleArn: role });
    const report = await verify({ image: image('shop/web:v1'), edits: { ...noEdits, overrides } });
    expect(problems(report)).toEqual(['role-missing executionRoleArn', 'role-missing taskRoleArn']);
    expect(world.account.calls.filter((call) => call.startsWith('trustPolicy'))).toHaveLength(1);
  });

  it('asks for no log group that the driver creates', async () => {
    await service({
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': '/new',
          'awslogs-region': 'eu-west-1',
          'awslogs-stream-prefix': 'web',
          'awslogs-create-group': 'true',
        },
      },
    });
    world.account.missing.add('/new');
    expect(problems(await verify({ image: image('shop/web:v1') }))).toEqual([]);
  });

  it.each<keyof Lookups>([
    'trustPolicy',
    'secret',
    'missingParameters',
    'logGroupExists',
    'subnets',
    'securityGroups',
    'targetGroup',
  ])(
    'tells what is not checked where the role may not call %s, and fails for nothing',
    async (method) => {
      await service();
      world.account.denied.add(method);
      const report = await verify({ image: image('shop/web:v1') });
      expect(report.failure).toBeUndefined();
      const notices = world.log.filter(({ level }) => level === 'notice');
      expect(notices.map(({ message }) => message)).toEqual([
        expect.stringContaining(`may not call ${method}`),
      ]);
      expect(report.summary).toContain('not checked');
    },
  );

  it('tells an image that is not there with everything else', async () => {
    await service();
    image('shop/web:v1');
    world.account.missing.add('/ecs/web');
    const missing = parseImageReference('123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:v2');
    if (missing === undefined) throw new Error('no reference');
    expect(problems(await verify({ image: { kind: 'reference', reference: missing } }))).toEqual([
      'image-missing input image',
      'log-group-missing containerDefinitions.app.logConfiguration.options.awslogs-group',
    ]);
  });

  it('tells an image of the wrong architecture', async () => {
    await service();
    const wanted = image('shop/web:v1', ['linux/arm64']);
    expect(problems(await verify({ image: wanted }))).toEqual(['image-architecture input images']);
  });

  it('looks, without an image, at the one that runs now', async () => {
    await service();
    const v1 = image('shop/web:v1');
    await runCommand(world.ports, deployInputs({ image: v1 }), origin);
    expect(problems(await verify())).toEqual([]);
    for (const reference of world.fixture.images.keys()) world.fixture.images.delete(reference);
    expect(problems(await verify())).toEqual(['repository-missing input images']);
  });

  it('checks what the inputs change', async () => {
    await service();
    world.account.missing.add('/dev/shop/new');
    const edits = {
      ...noEdits,
      memory: '9 GB',
      secrets: [{ container: undefined, name: 'NEW', value: '/dev/shop/new' }],
      environment: [{ container: 'nope', name: 'A', value: 'hunter2' }],
    };
    const report = await verify({ image: image('shop/web:v1'), edits });
    expect(problems(report)).toEqual([
      'container-missing input env-vars',
      'parameter-missing containerDefinitions.app.secrets.NEW',
      'task-size memory',
    ]);
    expect(JSON.stringify(report)).not.toContain('hunter2');
  });
});

describe('the check before a deploy', () => {
  async function refused(changes: Partial<DeployInputs>): Promise<readonly string[]> {
    try {
      await runCommand(world.ports, deployInputs(changes), origin);
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      return thrown.problems.map(({ code }) => code).sort();
    }
    return [];
  }

  const secrets = (count: number) => ({
    ...noEdits,
    secrets: Array.from({ length: count }, (_, index) => ({
      container: undefined,
      name: `S${index}`,
      value: `${secret}${index}`,
    })),
  });

  it('stops the first deploy before anything is changed, with every mistake', async () => {
    await service();
    world.account.missing.add(secret).add('/dev/shop/key').add('/ecs/web');
    const wanted = image('shop/web:v1', ['linux/arm64']);
    world.calls.clear();
    expect(await refused({ image: wanted, edits: { ...noEdits, memory: '700' } })).toEqual([
      'image-architecture',
      'log-group-missing',
      'parameter-missing',
      'secret-missing',
      'task-size',
    ]);
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
    expect(world.calls.get('UpdateService')).toBeUndefined();
  });

  it('tells mistakes of the inputs and of the definition together, none twice', async () => {
    await service();
    image('shop/web:v1');
    world.account.missing.add('/ecs/web');
    const reference = parseImageReference(
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:v2',
    );
    if (reference === undefined) throw new Error('no reference');
    const environment = [{ container: undefined, name: 'DB', value: '' }];
    expect(
      await refused({
        image: { kind: 'reference', reference },
        edits: { ...noEdits, environment },
      }),
    ).toEqual(['environment-conflict', 'image-missing', 'log-group-missing']);
  });

  it('calls nothing for a deploy of a new image to a service that runs', async () => {
    await service();
    await runCommand(world.ports, deployInputs({ image: image('shop/web:v1') }), origin);
    world.account.calls.length = 0;
    const report = await runCommand(
      world.ports,
      deployInputs({ image: image('shop/web:v2') }),
      origin,
    );
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(world.account.calls).toEqual([]);
  });

  it('calls nothing either for a service that was released and is parked at 0 tasks', async () => {
    await service();
    await runCommand(world.ports, deployInputs({ image: image('shop/web:v1') }), origin);
    await world.fixture.update({ desiredCount: 0 });
    await world.fixture.advance(300);
    expect((await world.fixture.service()).runningCount).toBe(0);
    world.account.calls.length = 0;
    // What broke since is no reason to refuse the hotfix.
    world.account.missing.add('web-execution').add('subnet-1');
    expect(await refused({ image: image('shop/web:v2') })).toEqual([]);
    expect(world.account.calls).toEqual([]);
  });

  it('looks at what is new, and not at what runs', async () => {
    await service();
    await runCommand(world.ports, deployInputs({ image: image('shop/web:v1') }), origin);
    world.account.calls.length = 0;
    world.account.missing.add(`${secret}0`).add('/dev/shop/key');
    const wanted = image('shop/web:v2');
    expect(await refused({ image: wanted, edits: secrets(1) })).toEqual(['secret-missing']);
    expect(world.account.calls).toEqual([`secret ${secret}0`]);
  });

  it('looks at roles and the network before a first release, and never again', async () => {
    await service();
    world.account.missing.add('web-execution').add('subnet-1');
    expect(await refused({ image: image('shop/web:v1') })).toEqual([
      'role-missing',
      'subnet-missing',
    ]);
  });

  it('makes so many calls and no more, and tells what it left out', async () => {
    await service();
    const wanted = image('shop/web:v1');
    await runCommand(world.ports, deployInputs({ image: wanted, edits: secrets(20) }), origin);
    expect(world.account.calls).toHaveLength(mostQuickCalls);
    expect(world.log.filter(({ message }) => message.startsWith('not checked'))).toHaveLength(
      // A role, a secret, a parameter, a log group, the subnets, their groups and a target group besides.
      20 + 7 - mostQuickCalls,
    );
  });

  it('goes on where the role may not look', async () => {
    await service();
    for (const method of ['secret', 'missingParameters', 'logGroupExists'] as const) {
      world.account.denied.add(method);
    }
    const report = await runCommand(
      world.ports,
      deployInputs({ image: image('shop/web:v1') }),
      origin,
    );
    expect(report.outputs['outcome']).toBe('succeeded');
  });

  it('can be left out', async () => {
    await service();
    world.account.missing.add(secret);
    const wanted = image('shop/web:v1');
    expect(await refused({ image: wanted, verify: false })).toEqual([]);
    expect(world.account.calls).toEqual([]);
  });
});
