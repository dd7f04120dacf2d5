import { readInputs, type PushInputs } from '../../../actions/ecr-push/inputs.js';
import { isLoopback, parseRepository } from '../../../actions/ecr-push/repository.js';
import { envFrom } from '../../../actions/shared/env.js';
import { UserError } from '../../../actions/shared/errors.js';
import { readGithubContext } from '../../../actions/shared/github-context.js';

const sha = '0123456789abcdef0123456789abcdef01234567';

function read(inputs: Readonly<Record<string, string>>, inJob = true): PushInputs {
  const env = envFrom({
    AWS_REGION: 'eu-west-1',
    ...(inJob ? { GITHUB_REPOSITORY: 'acme/service-a', GITHUB_SHA: sha } : {}),
  });
  return readInputs((name) => inputs[name] ?? '', env, readGithubContext(env));
}

function problemsOf(inputs: Readonly<Record<string, string>>, inJob = true): readonly string[] {
  try {
    read(inputs, inJob);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return thrown.problems.map(({ code, at }) =>
      at !== undefined && 'input' in at ? `${at.input}: ${code}` : code,
    );
  }
}

it('needs a repository, and builds the workspace with any engine under the tag of the commit', () => {
  expect(read({ repository: 'shop/service-a' })).toMatchObject({
    repository: { name: 'shop/service-a' },
    tags: ['sha-0123456789ab'],
    source: { kind: 'build', context: '.', engine: 'auto', buildArgs: {} },
    createRepository: false,
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
    platforms: 'linux/arm64',
    engine: 'buildah',
  });
  expect(source).toEqual({
    kind: 'build',
    context: 'app',
    file: 'app/Dockerfile.prod',
    target: 'run',
    buildArgs: { A: '1', B: 'x=y' },
    platform: 'linux/arm64',
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
      platforms: 'linux/amd64,linux/arm64',
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
      'platforms: input-not-allowed',
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
    'context: input-excluded',
    'target: input-excluded',
    'engine: input-excluded',
  ]);
});

it('takes a repository by its URI, and refuses one of another region', () => {
  const uri = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/service-a';
  expect(read({ repository: uri }).repository).toEqual({
    name: 'shop/service-a',
    accountId: '123456789012',
    region: 'eu-west-1',
  });
  expect(problemsOf({ repository: uri, 'aws-region': 'us-east-1' })).toEqual([
    'repository: repository-other-region',
  ]);
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
