import { definitionFindings } from '../../../actions/ecs-deploy/verify/definition-rules.js';
import { fargateCpus, fargateMemory } from '../../../actions/ecs-deploy/verify/fargate-sizes.js';
import type { Subject } from '../../../actions/ecs-deploy/verify/subject.js';
import { trustsEcsTasks } from '../../../actions/ecs-deploy/verify/trust.js';
import { parseValueFrom } from '../../../actions/ecs-deploy/verify/value-from.js';
import type { JsonObject, ServiceWiring } from '../../../actions/ecs-deploy/model.js';
import { onEc2, onFargate } from '../../support/task-definitions/container.js';
import { ecsTrust } from '../../support/ecs-account.js';

const wiring: ServiceWiring = {
  launchType: 'FARGATE',
  capacityProviders: [],
  platformVersion: '1.4.0',
  network: { subnets: ['subnet-1'], securityGroups: ['sg-1'] },
  loadBalancers: [],
};
const ec2: ServiceWiring = { ...wiring, launchType: 'EC2', network: undefined };

/** `code place` of each finding. */
function found(definition: JsonObject, on: ServiceWiring = wiring): readonly string[] {
  const subject: Subject = {
    definition,
    wiring: on,
    serviceArn: 'arn:aws:ecs:eu-west-1:123456789012:service/dev/web',
  };
  return definitionFindings(subject).map(({ code, place }) => `${code} ${place}`);
}

describe('a definition by itself', () => {
  it.each<readonly [string, JsonObject, ServiceWiring]>([
    ['on Fargate', onFargate(), wiring],
    ['on EC2', onEc2({}), ec2],
    ['on EC2 with any size', onEc2({}, { cpu: '300', memory: '700' }), ec2],
    ['for both, on EC2', onFargate({}, { requiresCompatibilities: ['EC2', 'FARGATE'] }), wiring],
  ])('has nothing wrong %s', (_, definition, on) => {
    expect(found(definition, on)).toEqual([]);
  });

  it.each<readonly [string, JsonObject, readonly string[]]>([
    ['bridge on Fargate', onFargate({}, { networkMode: 'bridge' }), ['network-mode networkMode']],
    [
      'EC2 alone on Fargate',
      onFargate({}, { requiresCompatibilities: ['EC2'] }),
      ['compatibility requiresCompatibilities'],
    ],
    ['a CPU size that is none', onFargate({}, { cpu: '300' }), ['task-size cpu']],
    ['no CPU size', onFargate({}, { cpu: null }), ['task-size cpu']],
    ['no memory', onFargate({}, { memory: null }), ['task-size memory']],
    ['a pair that is none', onFargate({}, { cpu: '1 vCPU', memory: '1 GB' }), ['task-size memory']],
    [
      'small Windows',
      onFargate({}, { runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }),
      ['task-size cpu'],
    ],
    [
      'containers that reserve too much',
      onFargate(
        { memoryReservation: 400 },
        {
          containerDefinitions: [
            { name: 'app', image: 'a:1', memoryReservation: 400, memory: 512 },
            { name: 'proxy', image: 'a:1', memory: 200 },
          ],
        },
      ),
      ['container-size memory'],
    ],
    [
      'a container larger than the task',
      onFargate({ memory: 1024 }),
      ['container-size containerDefinitions.app.memory'],
    ],
    ['more CPU units than the task has', onFargate({ cpu: 512 }), ['container-size cpu']],
    [
      'too much storage',
      onFargate({}, { ephemeralStorage: { sizeInGiB: 201 } }),
      ['ephemeral-storage ephemeralStorage.sizeInGiB'],
    ],
    [
      'a secret that is a variable',
      onFargate({
        environment: [{ name: 'A', value: '' }],
        secrets: [{ name: 'A', valueFrom: 'a' }],
      }),
      ['environment-conflict containerDefinitions.app.secrets.A'],
    ],
    [
      'a secret that cannot be read',
      onFargate({ secrets: [{ name: 'A', valueFrom: 'arn:aws:s3:::bucket/key' }] }),
      ['secret-malformed containerDefinitions.app.secrets.A'],
    ],
    [
      'logs without a prefix',
      onFargate({
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': 'g', 'awslogs-region': 'eu-west-1' },
        },
      }),
      ['log-configuration containerDefinitions.app.logConfiguration.options'],
    ],
    [
      'no execution role, where secrets need one',
      onFargate({ secrets: [{ name: 'A', valueFrom: 'a' }] }, { executionRoleArn: null }),
      ['execution-role-required executionRoleArn'],
    ],
    [
      'no execution role, where ECR needs one',
      onFargate(
        { image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1' },
        { executionRoleArn: null },
      ),
      ['execution-role-required executionRoleArn'],
    ],
  ])('tells %s', (_, definition, findings) => {
    expect(found(definition)).toEqual(findings);
  });

  it('tells several at once', () => {
    const definition = onFargate({ cpu: 512 }, { networkMode: 'host', memory: '9999' });
    expect(found(definition)).toEqual([
      'network-mode networkMode',
      'task-size memory',
      'container-size cpu',
    ]);
  });

  it('needs subnets with awsvpc', () => {
    expect(found(onFargate(), { ...wiring, network: undefined })).toEqual([
      'network-configuration service.networkConfiguration',
    ]);
  });

  it('needs platform 1.4.0 for 8 vCPU', () => {
    const large = onFargate({}, { cpu: '8 vCPU', memory: '16 GB' });
    expect(found(large)).toEqual([]);
    expect(found(large, { ...wiring, platformVersion: '1.3.0' })).toEqual(['task-size cpu']);
  });

  it('knows Fargate by its capacity providers too', () => {
    const spot = { ...wiring, launchType: undefined, capacityProviders: ['FARGATE_SPOT'] };
    expect(found(onEc2({}, { networkMode: 'awsvpc', cpu: '256' }), spot)).toEqual([
      'task-size memory',
    ]);
  });
});

describe('a load balancer of the service', () => {
  const balanced = (container: string, port: number): ServiceWiring => ({
    ...wiring,
    loadBalancers: [{ targetGroupArns: ['arn:x:targetgroup/web/1'], container, port }],
  });
  const definition = onFargate({
    portMappings: [{ containerPort: 8080 }, { containerPortRange: '9000-9010' }],
  });

  it.each([
    ['app', 8080, []],
    ['app', 9005, []],
    ['app', 80, ['load-balancer-port service.loadBalancers.app:80']],
    ['web', 8080, ['load-balancer-container service.loadBalancers.web:8080']],
  ] as const)('sends to %s:%i', (container, port, findings) => {
    expect(found(definition, balanced(container, port))).toEqual(findings);
  });
});

describe('sizes of Fargate', () => {
  it.each([
    [256, 512, 2048, 3],
    [512, 1024, 4096, 4],
    [1024, 2048, 8192, 7],
    [2048, 4096, 16_384, 13],
    [4096, 8192, 30_720, 23],
    [8192, 16_384, 61_440, 12],
    [16_384, 32_768, 122_880, 12],
  ])('of %i CPU units go from %i to %i MiB', (cpu, from, to, count) => {
    const sizes = fargateMemory(cpu) ?? [];
    expect([sizes[0], sizes.at(-1), sizes.length]).toEqual([from, to, count]);
  });

  it('are no others', () => {
    expect(fargateCpus).toHaveLength(7);
    expect(fargateMemory(300)).toBeUndefined();
  });
});

describe('valueFrom', () => {
  const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf';

  it.each([
    [secret, { id: secret, stage: undefined, versionId: undefined }],
    [`${secret}:password::`, { id: secret, stage: undefined, versionId: undefined }],
    [`${secret}::AWSPREVIOUS:`, { id: secret, stage: 'AWSPREVIOUS', versionId: undefined }],
    [`${secret}:key::abc-1`, { id: secret, stage: undefined, versionId: 'abc-1' }],
  ])('%s is a secret', (text, expected) => {
    expect(parseValueFrom(text)).toEqual({ kind: 'secret', region: 'eu-west-1', ...expected });
  });

  it.each([
    ['/dev/shop/token', undefined],
    ['token', undefined],
    ['arn:aws:ssm:eu-central-1:123456789012:parameter/dev/token', 'eu-central-1'],
  ])('%s is a parameter', (text, region) => {
    expect(parseValueFrom(text)).toEqual({ kind: 'parameter', name: text, region });
  });

  it.each([
    ['', 'nothing'],
    [`${secret}:password`, 'a key without the two colons behind'],
    [`${secret}:password:AWSCURRENT`, 'a stage without a colon behind'],
    [`${secret}:key:AWSCURRENT:abc`, 'a stage and a version'],
    ['arn:aws:ssm:eu-west-1:123456789012:document/x', 'another resource'],
    ['arn:aws:s3:::bucket/key', 'another service'],
    ['two words', 'blanks'],
  ])('%s is refused: %s', (text) => {
    expect(parseValueFrom(text).kind).toBe('malformed');
  });
});

describe('a trust policy', () => {
  const statement = (changes: object) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: ['ec2.amazonaws.com', 'ecs-tasks.amazonaws.com'] },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          ...changes,
        },
      ],
    });

  it.each([
    ['as the documentation writes it', ecsTrust],
    ['with lists', statement({})],
    ['with conditions', statement({ Condition: { StringEquals: { 'aws:SourceAccount': '1' } } })],
    ['of one statement that is no list', ecsTrust.replace('[{', '{').replace('}]', '}')],
    ['for anybody', statement({ Principal: '*' })],
  ])('lets ECS tasks in: %s', (_, policy) => {
    expect(trustsEcsTasks(policy)).toBe(true);
  });

  it.each([
    ['for ECS itself', statement({ Principal: { Service: 'ecs.amazonaws.com' } })],
    ['that denies', statement({ Effect: 'Deny' })],
    ['for an account', statement({ Principal: { AWS: 'arn:aws:iam::1:root' } })],
    ['for web identities', statement({ Action: 'sts:AssumeRoleWithWebIdentity' })],
    ['that is none', '<xml>'],
    ['without statements', '{}'],
  ])('does not: %s', (_, policy) => {
    expect(trustsEcsTasks(policy)).toBe(false);
  });
});
