import { formatBytes, report } from '../../../actions/ecr-push/report.js';
import type { PushResult, RepositoryResult } from '../../../actions/ecr-push/result.js';
import { anyDigest } from '../../support/ecr.js';

const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const one: RepositoryResult = {
  repository: 'shop/service-a',
  registry,
  outcome: 'pushed',
  tags: [
    { tag: 'v1', outcome: 'kept' },
    { tag: 'v2', outcome: 'written' },
  ],
  digest: anyDigest('1'),
  sizeBytes: 1_234_567,
  layers: 3,
  pushSeconds: 1,
  upload: undefined,
  scans: [],
};
const result: PushResult = {
  dryRun: false,
  accountId: '123456789012',
  repositories: [one],
  key: { kind: 'key', tag: `key-${'0'.repeat(32)}` },
  madeWith: 'docker 28 with buildx',
  buildSeconds: 12.34,
  cache: { cachedSteps: 2, steps: 5 },
  notes: ['the branch "a/b" is tagged a-b'],
};

it('hands on repository, tags, digest and the full reference', () => {
  expect(report(result).outputs).toEqual({
    repository: 'shop/service-a',
    tag: 'v1',
    tags: 'v1\nv2',
    digest: anyDigest('1'),
    image: `${registry}/shop/service-a@${anyDigest('1')}`,
    images: `${registry}/shop/service-a@${anyDigest('1')}`,
    outcome: 'pushed',
    key: `key-${'0'.repeat(32)}`,
    registry,
    registries: registry,
    'account-id': '123456789012',
    'docker-config': '',
    'auth-file': '',
    'scan-status': '',
    'scan-findings': '',
  });
});

it('sets every output in a dry run too', () => {
  const { outputs } = report({
    ...result,
    dryRun: true,
    repositories: [{ ...one, digest: undefined, registry: '' }],
  });
  expect(Object.keys(outputs)).toEqual(Object.keys(report(result).outputs));
  expect(outputs).toMatchObject({ digest: '', image: '' });
});

it('summarises what was pushed, with which engine, how large and how long', () => {
  const { markdown } = report(result);
  expect(markdown).toContain(anyDigest('1'));
  expect(markdown).toMatch(/\| size \| 1\.2 MB \|/);
  expect(markdown).toMatch(/\| made with \| docker 28 with buildx \|/);
  expect(markdown).toMatch(/\| build \| 12\.3 s \|/);
  expect(markdown).toMatch(/`v1` \(already there\), `v2`/);
  expect(markdown).toMatch(/\| layers \| 3 \|/);
  expect(markdown).toMatch(/\| build cache \| 2 of 5 steps \|/);
  expect(markdown).toContain('is tagged a-b');
});

it('hands on names that hold no account id, beside those that do', () => {
  const { outputs } = report(result);
  for (const name of ['repository', 'tag', 'tags', 'digest', 'key', 'outcome']) {
    expect(outputs[name]).not.toBe('');
    expect(outputs[name]).not.toContain('123456789012');
  }
});

it('tells of every repository', () => {
  const other = { ...one, repository: 'shop/copy' };
  const { outputs, markdown } = report({ ...result, repositories: [one, other] });
  expect(outputs['repository']).toBe('shop/service-a');
  expect(outputs['images']?.split('\n')).toHaveLength(2);
  expect(markdown).toContain('`shop/copy`');
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [20_971_520, '21.0 MB'],
  [5_000_000_000_000, '5000.0 GB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
