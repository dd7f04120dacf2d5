import { readInputs } from '../../../actions/ecr-push/inputs.js';
import type { PromoteInputs } from '../../../actions/ecr-push/inputs/promote.js';
import { envFrom } from '../../../actions/shared/env.js';
import { anyDigest } from '../../support/ecr.js';
import { thrownInputCodes } from '../../support/problem-codes.js';

const digest = anyDigest('a');
const host = '111111111111.dkr.ecr.us-east-1.amazonaws.com';

function read(inputs: Readonly<Record<string, string>>): PromoteInputs {
  const values: Readonly<Record<string, string>> = {
    command: 'promote',
    repository: 'shop/web',
    ...inputs,
  };
  const env = envFrom({ AWS_REGION: 'eu-west-1' });
  const found = readInputs((name) => values[name] ?? '', env, undefined);
  if (found.command !== 'promote') throw new Error('it is no promotion');
  return found;
}

function problemsOf(inputs: Readonly<Record<string, string>>): readonly string[] {
  return thrownInputCodes(() => read(inputs));
}

it('reads where from, where to, and under which tags', () => {
  expect(
    read({ source: `${host}/shop/web@${digest}`, tags: 'v1', 'tag-rules': 'environment:prod' }),
  ).toMatchObject({
    source: { name: 'shop/web', accountId: '111111111111', region: 'us-east-1', digest },
    sourceRoleArn: undefined,
    referrers: true,
    repositories: [{ name: 'shop/web' }],
    tags: ['v1'],
    tagRules: [{ kind: 'environment', name: 'prod' }],
    dryRun: false,
    aws: { region: 'eu-west-1' },
  });
});

it('reads the role of the source beside that of the target', () => {
  const source = 'arn:aws:iam::111111111111:role/read';
  const target = 'arn:aws:iam::222222222222:role/push';
  const inputs = { source: 'web:v1', 'source-role-to-assume': source, 'role-to-assume': target };
  expect(read(inputs)).toMatchObject({ sourceRoleArn: source, aws: { roleArn: target } });
});

it.each([
  ['shop/web:v1', { name: 'shop/web', tag: 'v1' }],
  [`web@${digest}`, { name: 'web', digest }],
  [`${host}/web:v1@${digest}`, { name: 'web', tag: 'v1', digest, region: 'us-east-1' }],
])('takes %s as the source', (source, expected) => {
  expect(read({ source, tags: 'x' }).source).toMatchObject(expected);
});

it('keeps the tag of the source where no other is given', () => {
  expect(read({ source: 'web:v1' }).tags).toEqual(['v1']);
  expect(problemsOf({ source: `web@${digest}` })).toEqual(['tags: input-required']);
  // It says what an image was built from, which is nothing to hand on by default.
  expect(problemsOf({ source: `web:key-${'0'.repeat(32)}` })).toEqual(['tags: input-required']);
});

it.each(['web', `${host}/web`, 'Web:v1', 'web:-v1', 'web@sha256:12', '127.0.0.1:5000/web:v1'])(
  'does not take %s as the source',
  (source) => {
    expect(problemsOf({ source, tags: 'x' })).toEqual(['source: source-malformed']);
  },
);

it('tells everything that is wrong at once, and what is for builds only', () => {
  expect(
    problemsOf({
      repository: 'Shop',
      tags: 'a/b',
      archive: 'image.tar',
      platforms: 'linux/amd64',
      engine: 'docker',
      'skip-if-exists': 'true',
      'source-role-to-assume': 'role',
      referrers: 'maybe',
    }).toSorted(),
  ).toEqual(
    [
      'archive: input-excluded',
      'engine: input-excluded',
      'platforms: input-excluded',
      'skip-if-exists: input-excluded',
      'referrers: input-not-boolean',
      'repository: repository-malformed',
      'source-role-to-assume: input-malformed',
      'source: input-required',
      'tags: tag-not-allowed',
    ].toSorted(),
  );
});

it('takes the defaults of action.yml as nothing given', () => {
  const defaults = {
    engine: 'auto',
    provenance: 'false',
    sbom: 'false',
    'skip-if-exists': 'false',
  };
  expect(problemsOf({ source: 'web:v1', ...defaults })).toEqual([]);
});

it('does not take its inputs for another command', () => {
  const given = { source: 'web:v1', 'source-role-to-assume': 'r', referrers: 'false' };
  expect(problemsOf({ command: 'push', tags: 'v1', ...given })).toEqual([
    'source: input-excluded',
    'source-role-to-assume: input-excluded',
    'referrers: input-excluded',
  ]);
});
