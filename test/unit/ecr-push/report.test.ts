import { formatBytes, report, type PushResult } from '../../../actions/ecr-push/report.js';
import { anyDigest } from '../../support/ecr.js';

const result: PushResult = {
  dryRun: false,
  repository: 'shop/service-a',
  registry: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  accountId: '123456789012',
  tags: [
    { tag: 'v1', outcome: 'kept' },
    { tag: 'v2', outcome: 'written' },
  ],
  digest: anyDigest('1'),
  sizeBytes: 1_234_567,
  madeWith: 'docker 28 with buildx',
  buildSeconds: 12.34,
  pushSeconds: 1,
  upload: undefined,
};

it('hands on repository, tags, digest and the full reference', () => {
  expect(report(result).outputs).toEqual({
    repository: 'shop/service-a',
    tag: 'v1',
    tags: 'v1\nv2',
    digest: anyDigest('1'),
    image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/service-a@${anyDigest('1')}`,
    registry: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    'account-id': '123456789012',
  });
});

it('sets every output in a dry run too', () => {
  const { outputs } = report({ ...result, dryRun: true, digest: undefined, registry: '' });
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
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [20_971_520, '21.0 MB'],
  [5_000_000_000_000, '5000.0 GB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
