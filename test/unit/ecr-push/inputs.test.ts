import { readInputs, type PushInputs } from '../../../actions/ecr-push/inputs.js';
import { isLoopback, parseRepository } from '../../../actions/ecr-push/repository.js';
import { envFrom } from '../../../actions/shared/env.js';
import { UserError } from '../../../actions/shared/errors.js';
import { readGithubContext } from '../../../actions/shared/github-context.js';
import { thrownCodes, thrownInputCodes } from '../../support/problem-codes.js';

const sha = '0123456789abcdef0123456789abcdef01234567';

function read(inputs: Readonly<Record<string, string>>, inJob = true): PushInputs {
  const env = envFrom({
    AWS_REGION: 'eu-west-1',
    ...(inJob ? { GITHUB_REPOSITORY: 'acme/service-a', GITHUB_SHA: sha } : {}),
  });
  const read = readInputs((name) => inputs[name] ?? '', env, readGithubContext(env));
  if (read.command !== 'push') throw new Error('it is no push');
  return read;
}

function problemsOf(inputs: Readonly<Record<string, string>>, inJob = true): readonly string[] {
  return thrownInputCodes(() => read(inputs, inJob));
}

it('needs a repository, and builds the workspace with any engine under the tag of the commit', () => {
  expect(read({ repository: 'shop/service-a' })).toMatchObject({
    repositories: [{ name: 'shop/service-a' }],
    tags: [],
    tagRules: [{ kind: 'sha' }],
    source: { kind: 'build', context: '.', engine: 'auto', buildArgs: {} },
    skipIfExists: false,
    newRepository: undefined,
    dryRun: false,
  });
});

it('reads what to build', () => {
  const { source } = read({
    repository: 'shop/service-a',
    context: 'app',
    file: 'app/Dockerfile.prod',
    target: 'run',
    'build-args': 'A=1\nB=x=y',
    labels: 'team=shop',
    secrets: 'npm=a=b\n pypi=c',
    'secret-files': 'ca=certs/ca.pem',
    ssh: 'default',
    platforms: 'linux/amd64, linux/arm64',
    'cache-from': 'type=registry,ref=r/c\ntype=gha',
    'cache-to': 'type=gha,mode=max',
    provenance: 'true',
    sbom: 'true',
    engine: 'buildah',
  });
  expect(source).toEqual({
    kind: 'build',
    context: 'app',
    file: 'app/Dockerfile.prod',
    target: 'run',
    buildArgs: { A: '1', B: 'x=y' },
    labels: { team: 'shop' },
    secrets: [
      { id: 'npm', from: 'value', value: 'a=b' },
      { id: 'pypi', from: 'value', value: 'c' },
      { id: 'ca', from: 'file', path: 'certs/ca.pem' },
    ],
    ssh: ['default'],
    platforms: ['linux/amd64', 'linux/arm64'],
    cacheFrom: ['type=registry,ref=r/c', 'type=gha'],
    cacheTo: ['type=gha,mode=max'],
    provenance: true,
    sbom: true,
    engine: 'buildah',
  });
});

it('tells everything that is wrong at once', () => {
  expect(
    problemsOf({
      command: 'pull',
      repository: 'Shop/Service A',
      tags: 'feature/x, ok, ok',
      engine: 'kaniko',
      platforms: 'linux',
      'tag-rules': 'branhc',
      secrets: 'no value here',
      'keep-images': '0',
      registries: 'docker.io',
      'build-args': 'novalue',
      'create-repository': 'maybe',
      'allowed-account-ids': '42',
    }),
  ).toEqual(
    expect.arrayContaining([
      'command: input-not-allowed',
      'repository: repository-malformed',
      'tags: tag-not-allowed',
      'tags: tag-twice',
      'engine: input-not-allowed',
      'platforms: input-malformed',
      'tag-rules: input-not-allowed',
      'secrets: input-not-key-value',
      'keep-images: input-out-of-range',
      'registries: input-malformed',
      'build-args: input-not-key-value',
      'create-repository: input-not-boolean',
      'allowed-account-ids: input-malformed',
    ]),
  );
});

it('wants a tag where there is no commit', () => {
  expect(problemsOf({ repository: 'a/b' }, false)).toEqual(['tags: input-required']);
  expect(problemsOf({ repository: 'a/b', tags: 'v1' }, false)).toEqual([]);
});

it('refuses an archive together with what says how to build', () => {
  const inputs = { repository: 'a/b', archive: 'image.tar', engine: 'auto' };
  expect(read(inputs).source).toEqual({ kind: 'archive', path: 'image.tar' });
  expect(problemsOf({ ...inputs, context: '.', target: 'x', engine: 'docker' })).toEqual([
    'engine: input-excluded',
    'context: input-excluded',
    'target: input-excluded',
  ]);
});

it('takes a repository by its URI, and refuses one of another region', () => {
  const uri = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/service-a';
  expect(read({ repository: uri }).repositories).toEqual([
    { name: 'shop/service-a', accountId: '123456789012', region: 'eu-west-1' },
  ]);
  expect(problemsOf({ repository: uri, 'aws-region': 'us-east-1' })).toEqual([
    'repository: repository-other-region',
  ]);
});

it('takes several repositories, each once, `repository` first', () => {
  const uri = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b';
  const { repositories } = read({ repository: 'a/b', repositories: `c/d\n${uri}` });
  expect(repositories.map(({ name }) => name)).toEqual(['a/b', 'c/d']);
  expect(repositories[0]?.accountId).toBe('123456789012');
  expect(read({ repositories: 'a/b' }).repositories).toEqual([{ name: 'a/b' }]);
  expect(problemsOf({})).toEqual(['repository: input-required']);
});

it('refuses an image together with what says how to build, but takes its engine', () => {
  const inputs = { repository: 'a/b', image: 'service-a:latest', engine: 'docker' };
  expect(read(inputs).source).toEqual({
    kind: 'image',
    reference: 'service-a:latest',
    engine: 'docker',
  });
  expect(problemsOf({ ...inputs, secrets: 'a=b', sbom: 'true' })).toEqual([
    'secrets: input-excluded',
    'sbom: input-excluded',
  ]);
  expect(problemsOf({ ...inputs, archive: 'x.tar', engine: '' })).toEqual([
    'image: input-excluded',
  ]);
  expect(problemsOf({ ...inputs, image: '--all' })).toEqual(['image: input-malformed']);
});

it('never shows what may be a part of a secret', () => {
  try {
    read({ repository: 'a/b', secrets: 'key=-----BEGIN\nhunter2' });
    throw new Error('it was read');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown instanceof UserError ? thrown.message : '').not.toContain('hunter2');
  }
});

it('refuses a secret without a value, and one that is given twice', () => {
  const inputs = { repository: 'a/b', secrets: 'a=\nb=1', 'secret-files': 'b=file' };
  expect(problemsOf(inputs)).toEqual([
    'secrets: secret-empty',
    'secret-files: input-duplicate-key',
  ]);
});

it('reads how a repository is made, which only fits where it may be', () => {
  const inputs = {
    repository: 'a/b',
    'kms-key': 'alias/images',
    'keep-images': 'true',
    'pull-account-ids': '111111111111,222222222222',
  };
  expect(read({ ...inputs, 'create-repository': 'true' }).newRepository).toEqual({
    kmsKey: 'alias/images',
    keepImages: 10,
    pullAccountIds: ['111111111111', '222222222222'],
  });
  expect(problemsOf(inputs)).toEqual([
    'kms-key: input-excluded',
    'keep-images: input-excluded',
    'pull-account-ids: input-excluded',
  ]);
});

it('logs in to registries by account or host, without a repository', () => {
  const values: Record<string, string> = {
    command: 'login',
    registries: '111111111111, 222222222222.dkr.ecr-fips.us-east-1.amazonaws.com',
    'aws-region': 'eu-west-1',
  };
  expect(readInputs((name) => values[name] ?? '', envFrom({}), undefined)).toMatchObject({
    command: 'login',
    registries: [
      { accountId: '111111111111' },
      {
        accountId: '222222222222',
        region: 'us-east-1',
        host: '222222222222.dkr.ecr-fips.us-east-1.amazonaws.com',
      },
    ],
  });
});

describe('parseRepository', () => {
  it.each(['a', 'A/b', 'a//b', '/a', 'a/', 'a b', 'a:tag', `a${'b'.repeat(256)}`, '-x'])(
    'refuses %j',
    (text) => expect(parseRepository(text)).toBeUndefined(),
  );
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1:5000', true],
    ['localhost:5000', true],
    ['localhost', true],
    ['127.1.2.3', true],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', false],
    ['127.0.0.1.example.com', false],
    ['registry.localhost.example', false],
  ])('%s: %s', (registry, expected) => expect(isLoopback(registry)).toBe(expected));
});

describe('the target file', () => {
  const uri = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/service-a';

  function readWith(text: string | undefined, inputs: Readonly<Record<string, string>> = {}) {
    const values: Readonly<Record<string, string>> = {
      ...{ 'target-file': 'container_image.txt', ...inputs },
    };
    const env = envFrom({ AWS_REGION: 'eu-west-1' });
    const given = readInputs(
      (name) => values[name] ?? '',
      env,
      undefined,
      (path) => (path === 'container_image.txt' ? text : undefined),
    );
    if (given.command !== 'push') throw new Error('it is no push');
    return given;
  }

  it.each([
    ['a tag', `${uri}:v1\n`, {}, ['v1']],
    ['quotes, as terraform output writes them', `"${uri}:v1"`, {}, ['v1']],
    ['a tag beside others', `${uri}:v1`, { tags: 'v2' }, ['v1', 'v2']],
    ['a tag that is given as well', `${uri}:v1`, { tags: 'v2,v1' }, ['v2', 'v1']],
    ['no tag', uri, { tags: 'v2' }, ['v2']],
  ])('names repository and account, with %s', (_what, text, inputs, tags) => {
    const { repositories, tags: read } = readWith(text, inputs);
    expect(repositories).toEqual([
      { name: 'shop/service-a', accountId: '123456789012', region: 'eu-west-1' },
    ]);
    expect(read).toEqual(tags);
  });

  it('may name a registry on this machine', () => {
    expect(readWith('127.0.0.1:5000/shop/service-a:v1').repositories).toEqual([
      { name: 'shop/service-a' },
    ]);
  });

  it.each([
    ['that is not there', undefined, {}, ['target-file-not-found']],
    ['that is empty', '', {}, ['target-malformed']],
    ['without a registry', 'shop/service-a:v1', {}, ['target-malformed']],
    ['of another registry', 'ghcr.io/shop/service-a:v1', {}, ['target-malformed']],
    ['with a digest', `${uri}@sha256:${'0'.repeat(64)}`, {}, ['target-malformed']],
    ['with two lines', `${uri}:v1\n${uri}:v2`, {}, ['target-malformed']],
    ['with a tag that is none', `${uri}:-v1`, {}, ['tag-not-allowed']],
    ['in another region', uri.replace('west', 'east'), {}, ['repository-other-region']],
    ['beside repository', uri, { repository: 'a/b' }, ['input-excluded']],
  ])('is refused %s', (_what, text, inputs, codes) => {
    expect(thrownCodes(() => readWith(text, { tags: 'v2', ...inputs }))).toEqual(codes);
  });
});
