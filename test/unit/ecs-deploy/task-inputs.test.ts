import { readInputs, type Inputs } from '../../../actions/ecs-deploy/inputs.js';
import { envFrom } from '../../../actions/shared/env.js';
import { thrownInputCodes } from '../../support/problem-codes.js';

const env = envFrom({ AWS_REGION: 'eu-west-1' });
const contract = { project: 'shop', environment: 'dev', service: 'web' };
const deploy = { ...contract, image: 'web:v1' };
const scale = { ...contract, command: 'scale', 'desired-count': '4', reason: 'sale' };
const runTask = { ...contract, command: 'run-task' };

type Given = Readonly<Record<string, string>>;

function read(inputs: Given): Inputs {
  return readInputs((name) => inputs[name] ?? '', env);
}

/** `input: code` of each problem. */
function problems(inputs: Given): readonly string[] {
  return thrownInputCodes(() => read(inputs));
}

describe('the steps around a deploy', () => {
  it('are none unless asked for', () => {
    expect(read(deploy)).toMatchObject({
      around: { preDeploy: undefined, postDeploy: undefined, smoke: undefined },
    });
  });

  it('are read with their defaults', () => {
    const inputs = { 'pre-deploy': 'rake db:migrate', 'smoke-url': 'https://shop.example/' };
    expect(read({ ...deploy, ...inputs })).toMatchObject({
      around: {
        preDeploy: { command: ['rake', 'db:migrate'], container: undefined },
        taskTimeoutMinutes: 30,
        smoke: {
          statuses: [{ from: 200, to: 399 }],
          body: undefined,
          timeoutSeconds: 10,
          attempts: 5,
        },
      },
    });
  });

  it('take statuses as list and ranges, and a body as text or pattern', () => {
    const url = { ...deploy, 'smoke-url': 'http://shop.example' };
    expect(read({ ...url, 'smoke-status': '200, 300-308', 'smoke-body': 'ok' })).toMatchObject({
      around: {
        smoke: {
          statuses: [
            { from: 200, to: 200 },
            { from: 300, to: 308 },
          ],
          body: { kind: 'contains', text: 'ok' },
        },
      },
    });
    expect(read({ ...url, 'smoke-body': '/^up$/gi' })).toMatchObject({
      around: { smoke: { body: { kind: 'matches', pattern: /^up$/i } } },
    });
  });
});

it('takes what to run once, with what the service runs by default', () => {
  expect(read({ ...runTask, 'task-command': '["a b"]', 'task-env-vars': 'X=1' })).toMatchObject({
    run: { command: ['a b'], environment: { X: '1' }, source: { kind: 'running' } },
  });
  expect(read({ ...runTask, image: 'web:v2' })).toMatchObject({
    run: { source: { kind: 'image', image: { kind: 'reference' } } },
  });
});

it.each([
  ['4', { kind: 'absolute', count: 4 }],
  ['0', { kind: 'absolute', count: 0 }],
  ['5000', { kind: 'absolute', count: 5000 }],
  ['+2', { kind: 'relative', change: 2 }],
  ['-1', { kind: 'relative', change: -1 }],
])('takes %s as a count', (text, count) => {
  expect(read({ ...scale, 'desired-count': text })).toMatchObject({
    change: { count, limits: 'fail', reason: 'sale' },
    wait: false,
  });
});

it.each<readonly [string, Given, readonly string[]]>([
  [
    'a command with a pipe',
    { ...deploy, 'pre-deploy': 'a | b' },
    ['pre-deploy: input-not-command'],
  ],
  [
    'a container without its command',
    { ...deploy, 'pre-deploy-container': 'app', 'post-deploy-container': 'app' },
    ['pre-deploy-container: input-conflict', 'post-deploy-container: input-conflict'],
  ],
  [
    'what needs a verdict, without waiting for one',
    { ...deploy, wait: 'false', 'post-deploy': 'a', 'smoke-url': 'http://a.example' },
    ['post-deploy: input-conflict', 'smoke-url: input-conflict'],
  ],
  [
    'settings of a smoke check that is not there',
    { ...deploy, 'smoke-status': '200', 'smoke-attempts': '3' },
    ['smoke-status: input-conflict', 'smoke-attempts: input-conflict'],
  ],
  [
    'a smoke check that cannot be',
    {
      ...deploy,
      'smoke-url': 'ftp://shop.example',
      'smoke-status': '600, 300-200',
      'smoke-body': '/(/',
    },
    [
      'smoke-url: input-malformed',
      'smoke-status: input-malformed',
      'smoke-status: input-malformed',
      'smoke-body: input-malformed',
    ],
  ],
  [
    'credentials in the address',
    { ...deploy, 'smoke-url': 'https://user:secret@shop.example' },
    ['smoke-url: input-malformed'],
  ],
  [
    'a pre-deploy of run-task',
    { ...runTask, 'pre-deploy': 'a' },
    ['pre-deploy: input-not-for-command'],
  ],
  [
    'an image and a revision',
    { ...runTask, image: 'web:v1', revision: 'latest' },
    ['revision: input-conflict'],
  ],
  [
    'a count of deploy',
    { ...deploy, 'desired-count': '3' },
    ['desired-count: input-not-for-command'],
  ],
  [
    'neither count nor reason',
    { ...contract, command: 'scale' },
    ['desired-count: input-required', 'reason: input-required'],
  ],
  ['too many tasks', { ...scale, 'desired-count': '5001' }, ['desired-count: input-out-of-range']],
  ['half a task', { ...scale, 'desired-count': '1.5' }, ['desired-count: input-out-of-range']],
  [
    'an unknown policy',
    { ...scale, 'scale-limits': 'ignore' },
    ['scale-limits: input-not-allowed'],
  ],
])('refuses %s', (_, inputs, expected) => {
  expect(problems(inputs)).toEqual(expected);
});
