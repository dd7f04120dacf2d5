import { OperationError } from '../../../actions/shared/errors.js';
import { envFrom } from '../../../actions/shared/env.js';
import { readInputs } from '../../../actions/ecr-push/inputs.js';
import { runTold } from '../../../actions/ecr-push/run-told.js';
import { noting } from '../../support/notices.js';

const never = new AbortController().signal;
const read = (inputs: Readonly<Record<string, string>>) =>
  readInputs(
    (name) => ({ repository: 'shop/web', tags: 'v1', ...inputs })[name] ?? '',
    envFrom({ AWS_REGION: 'eu-west-1' }),
    undefined,
  );
const findings = new OperationError(
  'scan-findings',
  'its scan has 2 findings of severity high or worse:\n  HIGH CVE-1 openssl\n  HIGH CVE-2 zlib',
);

it('a push whose scan fails is told in one sentence', async () => {
  const { notifier, told, kinds } = noting();
  const run = runTold(read({}), { notifier, signal: never }, () => Promise.reject(findings));
  await expect(run).rejects.toBe(findings);
  expect(kinds()).toEqual(['failed', 'settled']);
  expect(told[0]).toEqual({
    kind: 'failed',
    subject: 'push of shop/web',
    cause: 'its scan has 2 findings of severity high or worse',
  });
});

it('a push that comes through is no news', async () => {
  const { notifier, told } = noting();
  await runTold(read({}), { notifier, signal: never }, () => Promise.resolve());
  expect(told).toEqual([]);
});

it('one that was cancelled is told as that', async () => {
  const { notifier, kinds } = noting();
  const run = runTold(read({}), { notifier, signal: AbortSignal.abort() }, () =>
    Promise.reject(findings),
  );
  await expect(run).rejects.toBe(findings);
  expect(kinds()).toEqual(['cancelled', 'settled']);
});

it.each([{ command: 'login', repository: '', tags: '' }, { 'dry-run': 'true' }])(
  'what pushes nothing is not told: %j',
  async (inputs) => {
    const { notifier, told } = noting();
    const run = runTold(read(inputs), { notifier, signal: never }, () => Promise.reject(findings));
    await expect(run).rejects.toBe(findings);
    expect(told).toEqual([]);
  },
);
