import { readInputs, type Inputs } from '../../../actions/ecs-deploy/inputs.js';
import { envFrom } from '../../../actions/shared/env.js';
import { thrownInputCodes } from '../../support/problem-codes.js';

const env = envFrom({ AWS_REGION: 'eu-west-1' });
const digest = `sha256:${'a'.repeat(64)}`;
const contract = { project: 'shop', environment: 'dev', service: 'web' };

function read(inputs: Readonly<Record<string, string>>): Inputs {
  return readInputs((name) => inputs[name] ?? '', env);
}

/** `input: code` of each problem. */
function problems(inputs: Readonly<Record<string, string>>): readonly string[] {
  return thrownInputCodes(() => read(inputs));
}

it('takes a contract and an image, and fills in the rest', () => {
  expect(read({ ...contract, image: 'host.example/shop/web:v1' })).toMatchObject({
    command: 'deploy',
    target: { kind: 'contract', key: contract },
    image: {
      kind: 'reference',
      reference: { host: 'host.example', repository: 'shop/web', tag: 'v1' },
    },
    wait: true,
    dryRun: false,
    pollIntervalSeconds: 5,
    timeoutMinutes: 30,
    logLines: 20,
  });
});

it.each([
  ['a digest', { 'image-digest': digest }, { kind: 'digest', digest, repository: undefined }],
  [
    'a digest in a repository',
    { 'image-digest': digest, repository: 'shop/web' },
    { kind: 'digest', digest, repository: 'shop/web' },
  ],
  ['what runs now', { image: 'current' }, { kind: 'current' }],
])('takes as image %s', (_, inputs, image) => {
  expect(read({ ...contract, ...inputs })).toMatchObject({ image });
});

it.each([
  ['.aws/task.json', { kind: 'file', path: '.aws/task.json' }],
  ['web:7', { kind: 'registered', reference: 'web:7' }],
])('takes %s as task definition of a service without a contract', (text, taskDefinition) => {
  const inputs = { cluster: 'main', 'service-name': 'web', image: 'a:b', 'task-definition': text };
  expect(read(inputs)).toMatchObject({
    target: { kind: 'plain', cluster: 'main', serviceName: 'web', taskDefinition },
  });
});

it('takes images of further containers', () => {
  expect(
    read({ ...contract, images: `proxy=host.example/proxy:1\nagent=agent@${digest}` }),
  ).toMatchObject({
    image: undefined,
    images: { proxy: { repository: 'proxy', tag: '1' }, agent: { repository: 'agent', digest } },
  });
});

it('needs no image to tell the status', () => {
  expect(read({ ...contract, command: 'status' })).toMatchObject({ command: 'status' });
});

it.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
  [
    'an unknown command',
    { ...contract, command: 'deploi', image: 'a:b' },
    ['command: input-not-allowed'],
  ],
  ['no image', contract, ['image: input-required']],
  [
    'an image without tag and digest',
    { ...contract, image: 'shop/web' },
    ['image: image-malformed'],
  ],
  ['text that is no image', { ...contract, image: 'Shop Web:1' }, ['image: image-malformed']],
  [
    'an image and a digest',
    { ...contract, image: 'a:b', 'image-digest': digest },
    ['image-digest: input-conflict'],
  ],
  [
    'a repository without a digest',
    { ...contract, image: 'a:b', repository: 'c' },
    ['repository: input-conflict'],
  ],
  [
    'half a contract',
    { project: 'shop', image: 'a:b' },
    ['environment: input-required', 'service: input-required'],
  ],
  [
    'nothing that names a service',
    { image: 'a:b' },
    ['project: input-required', 'environment: input-required', 'service: input-required'],
  ],
  ['a cluster without a service', { cluster: 'c', image: 'a:b' }, ['service-name: input-required']],
  [
    'a contract and a cluster',
    { ...contract, cluster: 'c', image: 'a:b' },
    ['cluster: input-conflict'],
  ],
  [
    'names that would leave the contract’s path',
    { ...contract, service: '../prod', image: 'a:b' },
    ['service: input-malformed'],
  ],
  [
    'several problems, all at once',
    { ...contract, wait: 'maybe', 'poll-interval-seconds': '0.1', images: 'proxy' },
    [
      'images: input-not-key-value',
      'wait: input-not-boolean',
      'poll-interval-seconds: input-out-of-range',
    ],
  ],
])('refuses %s', (_, inputs, expected) => {
  expect(problems(inputs)).toEqual(expected);
});

it.each(['rollback', 'restart', 'continue'])(
  '%s takes the deployment group of CodeDeploy',
  (command) => {
    const given = { 'codedeploy-application': 'shop', 'codedeploy-deployment-group': 'web-dev' };
    expect(read({ ...contract, command, ...given })).toMatchObject({
      codeDeploy: { application: 'shop', deploymentGroup: 'web-dev', ifBusy: 'wait' },
    });
  },
);

describe('continue', () => {
  const arn =
    'arn:aws:ecs:eu-west-1:123456789012:service-deployment/main/web/EZe5RNVLH6PPzHXINuP28';

  it('needs nothing but the service', () => {
    expect(read({ ...contract, command: 'continue' })).toMatchObject({
      command: 'continue',
      target: { kind: 'contract', key: contract },
      hookId: undefined,
      serviceDeploymentArn: undefined,
      decision: 'continue',
      onPause: 'end',
      wait: true,
      dryRun: false,
    });
  });

  it('takes a hook, a deployment and a decision', () => {
    const given = { 'hook-id': 'ecs-pause-x_1', 'service-deployment-arn': arn };
    const inputs = { ...contract, command: 'continue', decision: 'rollback', ...given };
    expect(read(inputs)).toMatchObject({
      hookId: 'ecs-pause-x_1',
      serviceDeploymentArn: arn,
      decision: 'rollback',
    });
  });

  it('tells every problem', () => {
    const wrong = { 'hook-id': 'a b', 'service-deployment-arn': 'web', decision: 'maybe' };
    expect(problems({ ...contract, command: 'continue', ...wrong, image: 'a:b' })).toEqual([
      'image: input-not-for-command',
      'hook-id: input-malformed',
      'service-deployment-arn: input-malformed',
      'decision: input-not-allowed',
    ]);
  });

  it('has inputs that no other command takes', () => {
    const own = { 'hook-id': 'x', 'service-deployment-arn': arn, decision: 'rollback' };
    expect(problems({ ...contract, image: 'a:b', ...own })).toEqual([
      'hook-id: input-not-for-command',
      'service-deployment-arn: input-not-for-command',
      'decision: input-not-for-command',
    ]);
  });
});
