import { UserError } from '../../../actions/shared/errors.js';
import { envFrom } from '../../../actions/shared/env.js';
import { readInputs } from '../../../actions/ecs-deploy/inputs.js';
import { breaking, ending } from '../../../actions/ecs-deploy/notices.js';
import { runTold } from '../../../actions/ecs-deploy/run-told.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { emptyOutputs } from '../../../actions/ecs-deploy/report/outputs.js';
import { noting } from '../../support/notices.js';

const env = envFrom({ AWS_REGION: 'eu-west-1' });
const contract = { project: 'shop', environment: 'production', service: 'web' };
const read = (inputs: Readonly<Record<string, string>>) =>
  readInputs((name) => ({ ...contract, ...inputs })[name] ?? '', env);
const deploy = read({ image: 'nginx:1' });

function reported(
  outcome: string,
  failure?: string,
  outputs: Partial<Report['outputs']> = {},
): Report {
  return {
    outputs: { ...emptyOutputs, outcome, ...outputs },
    summary: '',
    message: `it is ${outcome}`,
    failure: failure === undefined ? undefined : { code: failure },
  };
}

const never = new AbortController().signal;

it.each([
  ['succeeded', undefined, 'done'],
  ['paused', undefined, 'paused'],
  ['rolled-back', 'deploy-rolled-back', 'rolled-back'],
  ['failed', 'deploy-failed', 'failed'],
  ['timed-out', 'deploy-timed-out', 'failed'],
  ['unknown', 'deploy-unknown', 'failed'],
  ['stopped', 'deploy-stopped', 'failed'],
  ['superseded', 'deploy-superseded', 'superseded'],
  ['cancelled', 'deploy-cancelled', 'cancelled'],
  // The service is out, but a task of the contract is not.
  ['succeeded', 'deploy-tasks-failed', 'failed'],
  ['no-op', undefined, undefined],
  ['started', undefined, undefined],
])('a deploy with the outcome %s, failing with %s, is told as %s', (outcome, code, kind) => {
  expect(ending(deploy, reported(outcome, code), { begun: false })?.kind).toBe(kind);
});

it('a rollback that was asked for is done, and a count that is set at once too', () => {
  const rollback = read({ command: 'rollback' });
  expect(ending(rollback, reported('rolled-back'), { begun: true })?.kind).toBe('done');
  const scale = read({ command: 'scale', 'desired-count': '6', reason: 'load test' });
  const counts = { 'previous-desired-count': '2', 'desired-count': '6' };
  const notice = ending(scale, reported('started', undefined, counts), { begun: false });
  expect(notice).toMatchObject({ kind: 'done', subject: 'scaling of web in production' });
  expect(notice?.facts).toEqual([
    { name: 'count', value: '2 → 6' },
    { name: 'why', value: 'load test' },
  ]);
});

it('says which image and which revisions, and the cause in one sentence', () => {
  const outputs = {
    'image-digest': 'sha256:abc',
    'task-definition-arn': 'arn:aws:ecs:eu-west-1:1:task-definition/web:8',
    'previous-task-definition-arn': 'arn:aws:ecs:eu-west-1:1:task-definition/web:7',
  };
  const notice = ending(deploy, reported('failed', 'deploy-failed', outputs), { begun: true });
  expect(notice).toMatchObject({ cause: 'it is failed', subject: 'deploy of web in production' });
  expect(notice?.facts).toEqual([
    { name: 'image', value: 'sha256:abc' },
    { name: 'revision', value: 'web:8' },
    { name: 'before', value: 'web:7' },
  ]);
});

it('names every service of a deploy of several', () => {
  const several = read({ service: 'web,worker', image: 'nginx:1' });
  const notice = ending(several, reported('succeeded'), { begun: true });
  expect(notice?.subject).toBe('deploy of web, worker in production');
});

it('tells the first problem, and how many there are', () => {
  const problem = (code: string) => ({ code, message: `${code} is wrong` });
  const thrown = new UserError([problem('one'), problem('two'), problem('three')]);
  const notice = breaking(deploy, thrown, { cancelled: false });
  expect(notice).toMatchObject({ kind: 'failed', cause: 'one is wrong, and 2 more' });
});

describe('a command that is told', () => {
  it('begins once, also of several services, and ends before the step does', async () => {
    const { notifier, kinds } = noting();
    await runTold(deploy, { notifier, signal: never }, (begun) => {
      begun();
      begun();
      return Promise.resolve(reported('succeeded'));
    });
    expect(kinds()).toEqual(['started', 'done', 'settled']);
  });

  it('that throws is told, and throws the same', async () => {
    const { notifier, kinds } = noting();
    const thrown = new Error('AWS refuses');
    const run = runTold(deploy, { notifier, signal: never }, () => Promise.reject(thrown));
    await expect(run).rejects.toBe(thrown);
    expect(kinds()).toEqual(['failed', 'settled']);
  });

  it('that throws for it was cancelled is told as that', async () => {
    const { notifier, kinds } = noting();
    const run = runTold(deploy, { notifier, signal: AbortSignal.abort() }, () =>
      Promise.reject(new Error('cancelled')),
    );
    await expect(run).rejects.toThrow();
    expect(kinds()).toEqual(['cancelled', 'settled']);
  });

  it.each([{ command: 'status' }, { command: 'verify' }, { image: 'nginx:1', 'dry-run': 'true' }])(
    'and changes nothing is not told: %j',
    async (inputs) => {
      const { notifier, kinds } = noting();
      const run = runTold(read(inputs), { notifier, signal: never }, () =>
        Promise.reject(new Error('nothing')),
      );
      await expect(run).rejects.toThrow();
      expect(kinds()).toEqual([]);
    },
  );
});
