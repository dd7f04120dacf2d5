import type { LocalImage } from '../../../actions/ecr-push/image.js';
import type { PushInputs } from '../../../actions/ecr-push/inputs.js';
import { plan, type Observed, type ObservedRepository } from '../../../actions/ecr-push/plan.js';
import { pushInputs } from '../../support/ecr-push-inputs.js';
import { anyDigest, remoteImage, repository } from '../../support/ecr.js';
import { thrownCodes } from '../../support/problem-codes.js';

const image: LocalImage = {
  format: 'OCI image layout',
  root: { digest: anyDigest('1'), mediaType: 'm', body: '{}' },
  children: [],
  blobs: [],
};

function inputs(changes: Readonly<Record<string, string>> = {}): PushInputs {
  const values: Record<string, string> = { repository: 'shop/service-a', tags: 'v1', ...changes };
  return pushInputs(values);
}

type Changes = Partial<Observed> & Partial<ObservedRepository>;

/** One repository, and what was found of it. */
function observed(changes: Changes = {}): Observed {
  return {
    accountId: '123456789012',
    tags: ['v1'],
    movingTags: [],
    key: { kind: 'off' },
    source: { kind: 'archive', image },
    repositories: [found(changes)],
    ...changes,
  };
}

function found(changes: Partial<ObservedRepository> = {}): ObservedRepository {
  return {
    reference: { name: 'shop/service-a' },
    repository: repository(),
    remoteTags: new Map(),
    unfinished: undefined,
    ...changes,
  };
}

const build: Observed['source'] = {
  kind: 'build',
  engineDescription: 'docker 28 with buildx',
};

function kinds(...args: Parameters<typeof plan>): readonly string[] {
  return plan(...args).map(({ kind }) => kind);
}

function codes(...args: Parameters<typeof plan>): readonly string[] {
  return thrownCodes(() => plan(...args));
}

it('builds, pushes and verifies', () => {
  expect(kinds(inputs(), observed({ source: build }))).toEqual(['build', 'push-built', 'verify']);
});

it('sends an archive, then writes each tag', () => {
  expect(kinds(inputs(), observed({ tags: ['v1', 'v2'] }))).toEqual([
    'upload',
    'write-tag',
    'write-tag',
    'verify',
  ]);
});

it('sends nothing where a tag already names the image', () => {
  const remoteTags = new Map([['v1', remoteImage('1')]]);
  expect(kinds(inputs(), observed({ tags: ['v1', 'v2'], remoteTags }))).toEqual([
    'keep-tag',
    'write-tag',
    'verify',
  ]);
});

it('waits for the scans after all is pushed, also of an image that was there', () => {
  const scan = inputs({ 'scan-fail-on': 'high' });
  const remoteTags = new Map([['v1', remoteImage('1')]]);
  const two = [found(), found({ reference: { name: 'shop/copy' }, remoteTags })];
  expect(kinds(scan, observed({ repositories: two })).slice(-4)).toEqual([
    'verify',
    'verify',
    'scan',
    'scan',
  ]);
  expect(kinds(scan, observed({ remoteTags }))).toEqual(['keep-tag', 'verify', 'scan']);
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

it('makes a repository in which only the tags move that are to', () => {
  const movingTags = ['latest', 'env-dev', 'env-test', 'main', '1.2'];
  const missing = observed({ repository: undefined, movingTags });
  expect(plan(inputs({ 'create-repository': 'true' }), missing)[0]).toMatchObject({
    kind: 'create-repository',
    movingTags: ['latest', 'env-*', 'main', '1.2'],
  });
});

it('refuses a repository of another account', () => {
  const uri = '999999999999.dkr.ecr.eu-west-1.amazonaws.com/shop/service-a';
  const reference = { name: 'shop/service-a', accountId: '999999999999' };
  const elsewhere = observed({ repository: undefined, reference });
  expect(codes(inputs({ repository: uri, 'create-repository': 'true' }), elsewhere)).toEqual([
    'repository-other-account',
  ]);
});

it('gives each step a reason', () => {
  for (const step of plan(inputs(), observed())) expect(step.reason).not.toBe('');
});

describe('several repositories', () => {
  const two = (other: Partial<ObservedRepository> = {}): readonly ObservedRepository[] => [
    found(),
    found({
      reference: { name: 'shop/copy' },
      repository: repository({ name: 'shop/copy' }),
      ...other,
    }),
  ];

  it('are built for once, and each is pushed to', () => {
    expect(kinds(inputs(), observed({ source: build, repositories: two() }))).toEqual([
      'build',
      'push-built',
      'push-built',
      'verify',
      'verify',
    ]);
  });

  it('have all their problems told at once', () => {
    const immutable = repository({ tagMutability: 'IMMUTABLE' });
    const remoteTags = new Map([['v1', remoteImage('2')]]);
    expect(
      codes(
        inputs(),
        observed({
          repositories: [found({ repository: undefined }), found({ repository: undefined })],
        }),
      ),
    ).toEqual(['repository-missing', 'repository-missing']);
    expect(
      codes(
        inputs(),
        observed({
          repositories: [
            found({ repository: immutable, remoteTags }),
            found({ repository: immutable, remoteTags }),
          ],
        }),
      ),
    ).toEqual(['tag-immutable', 'tag-immutable']);
  });

  it('are built for where only one has an image of that content', () => {
    const tag = `key-${'0'.repeat(32)}`;
    const key = { kind: 'key', tag } as const;
    const remoteTags = new Map([[tag, remoteImage('2')]]);
    const steps = kinds(
      inputs(),
      observed({ source: build, key, repositories: [found({ remoteTags }), ...two().slice(1)] }),
    );
    expect(steps).toContain('build');
  });
});

describe('an image of the same content', () => {
  const tag = `key-${'0'.repeat(32)}`;
  const key = { kind: 'key', tag } as const;

  it('is taken, without a build, and gets the tags that it lacks', () => {
    const remoteTags = new Map([
      [tag, remoteImage('2')],
      ['v1', remoteImage('2')],
    ]);
    const steps = plan(inputs(), observed({ source: build, key, tags: ['v1', 'v2'], remoteTags }));
    expect(steps.map(({ kind }) => kind)).toEqual(['use-found', 'keep-tag', 'write-tag', 'verify']);
    expect(steps.find(({ kind }) => kind === 'write-tag')).toMatchObject({
      tag: 'v2',
      manifest: { digest: anyDigest('2'), body: '{}' },
    });
  });

  it('is built where there is none yet', () => {
    expect(kinds(inputs(), observed({ source: build, key }))).toEqual([
      'build',
      'push-built',
      'verify',
    ]);
  });

  it('gets no tag that is on another image for good', () => {
    const remoteTags = new Map([
      [tag, remoteImage('2')],
      ['v1', remoteImage('3')],
    ]);
    const taken = repository({ tagMutability: 'IMMUTABLE' });
    expect(
      codes(inputs(), observed({ source: build, key, remoteTags, repository: taken })),
    ).toEqual(['tag-immutable']);
  });
});

describe('a repository that lacks what was asked for', () => {
  const settings = { keepImages: 10, pullAccountIds: [] };
  const create = inputs({ 'create-repository': 'true', 'keep-images': 'true' });

  it('is finished where an earlier run has made it', () => {
    const unfinished = { madeHere: true, settings };
    expect(plan(create, observed({ unfinished }))[0]).toMatchObject({
      kind: 'finish-repository',
      settings,
    });
  });

  it('is left as it is where somebody else has', () => {
    const unfinished = { madeHere: false, settings };
    expect(kinds(create, observed({ unfinished }))[0]).toBe('leave-repository');
  });
});
