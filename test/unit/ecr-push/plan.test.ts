import type { LocalImage } from '../../../actions/ecr-push/image.js';
import { readInputs, type PushInputs } from '../../../actions/ecr-push/inputs.js';
import { plan, type Observed } from '../../../actions/ecr-push/plan.js';
import { envFrom } from '../../../actions/shared/env.js';
import { UserError } from '../../../actions/shared/errors.js';
import { anyDigest, remoteImage, repository } from '../../support/ecr.js';

const image: LocalImage = {
  format: 'OCI image layout',
  root: { digest: anyDigest('1'), mediaType: 'm', body: '{}' },
  children: [],
  blobs: [],
};

function inputs(changes: Readonly<Record<string, string>> = {}): PushInputs {
  const values: Record<string, string> = { repository: 'shop/service-a', tags: 'v1', ...changes };
  return readInputs((name) => values[name] ?? '', envFrom({ AWS_REGION: 'eu-west-1' }), undefined);
}

function observed(changes: Partial<Observed> = {}): Observed {
  return {
    accountId: '123456789012',
    repository: repository(),
    remoteTags: new Map(),
    source: { kind: 'archive', image },
    ...changes,
  };
}

const build: Observed['source'] = {
  kind: 'build',
  engine: 'docker',
  engineDescription: 'docker 28 with buildx',
};

function kinds(...args: Parameters<typeof plan>): readonly string[] {
  return plan(...args).map(({ kind }) => kind);
}

function codes(...args: Parameters<typeof plan>): readonly string[] {
  try {
    plan(...args);
    return [];
  } catch (thrown) {
    return thrown instanceof UserError ? thrown.problems.map(({ code }) => code) : [];
  }
}

it('builds, pushes and verifies', () => {
  expect(kinds(inputs(), observed({ source: build }))).toEqual(['build', 'push-built', 'verify']);
});

it('sends an archive, then writes each tag', () => {
  expect(kinds(inputs({ tags: 'v1,v2' }), observed())).toEqual([
    'upload',
    'write-tag',
    'write-tag',
    'verify',
  ]);
});

it('sends nothing where a tag already names the image', () => {
  const remoteTags = new Map([['v1', remoteImage('1')]]);
  expect(kinds(inputs({ tags: 'v1,v2' }), observed({ remoteTags }))).toEqual([
    'keep-tag',
    'write-tag',
    'verify',
  ]);
});

it('refuses an immutable tag that names another image', () => {
  const taken = observed({
    repository: repository({ tagMutability: 'IMMUTABLE' }),
    remoteTags: new Map([['v1', remoteImage('2')]]),
  });
  expect(codes(inputs(), taken)).toEqual(['tag-immutable']);
});

it('makes a missing repository only when allowed', () => {
  const missing = observed({ repository: undefined });
  expect(codes(inputs(), missing)).toEqual(['repository-missing']);
  expect(kinds(inputs({ 'create-repository': 'true' }), missing)).toEqual([
    'create-repository',
    'upload',
    'write-tag',
    'verify',
  ]);
});

it('refuses a repository of another account', () => {
  const uri = '999999999999.dkr.ecr.eu-west-1.amazonaws.com/shop/service-a';
  const elsewhere = observed({ repository: undefined });
  expect(codes(inputs({ repository: uri, 'create-repository': 'true' }), elsewhere)).toEqual([
    'repository-other-account',
  ]);
});

it('gives each step a reason', () => {
  for (const step of plan(inputs(), observed())) expect(step.reason).not.toBe('');
});
