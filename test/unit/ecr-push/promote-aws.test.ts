import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ecrCalls } from '../../../actions/ecr-push/aws/calls.js';
import { ecrSourceRepository } from '../../../actions/ecr-push/aws/source-repository.js';
import { fetchRange } from '../../../actions/ecr-push/promote/read-range.js';
import type { SourceRepository } from '../../../actions/ecr-push/promote/source-registry.js';
import { anyDigest } from '../../support/ecr.js';

/** What the next requests are answered with, and what was asked for. */
let answers: { readonly status: number; readonly body: string | Buffer }[];
let asked: { readonly operation: string; readonly range: string; readonly body: string }[];
let server: Server;
let url: string;

beforeEach(async () => {
  answers = [];
  asked = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({
        operation: String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, ''),
        range: request.headers.range ?? '',
        body: Buffer.concat(chunks).toString(),
      });
      const { status = 500, body = '' } = answers.shift() ?? {};
      response.writeHead(status).end(body);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function repository(): SourceRepository {
  const client = new ECRClient({
    region: 'eu-west-1',
    endpoint: url,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  const calls = ecrCalls(client, new AbortController().signal);
  const where = { name: 'shop/web', accountId: '111111111111', region: 'eu-west-1' };
  return ecrSourceRepository(calls, where);
}

function answer(body: unknown, status = 200): void {
  answers.push({ status, body: JSON.stringify(body) });
}

it('names the account of the source in every call', async () => {
  answer({ images: [], failures: [] });
  answer({ referrers: [] });
  answer({ downloadUrl: 'https://layers.example/1' });
  const source = repository();
  await source.imagesByDigest([anyDigest('1')]);
  await source.referrersOf(anyDigest('1'));
  await source.downloadUrl(anyDigest('2'));
  for (const { body } of asked) {
    expect(JSON.parse(body)).toMatchObject({
      registryId: '111111111111',
      repositoryName: 'shop/web',
    });
  }
  expect(asked.map(({ operation }) => operation)).toEqual([
    'BatchGetImage',
    'ListImageReferrers',
    'GetDownloadUrlForLayer',
  ]);
});

it('takes an image that is not there, and a repository that is not there, for none', async () => {
  const source = repository();
  answer({ failures: [{ imageId: { imageTag: 'v1' }, failureCode: 'ImageNotFound' }] });
  expect(await source.imagesByTag(['v1'])).toEqual(new Map());
  answer({ __type: 'RepositoryNotFoundException', message: 'none' }, 400);
  expect(await source.imagesByTag(['v1'])).toEqual(new Map());
});

it('does not take an image that ECR cannot read for one that is absent', async () => {
  answer({ failures: [{ imageId: { imageTag: 'v1' }, failureCode: 'KmsError' }] });
  await expect(repository().imagesByTag(['v1'])).rejects.toMatchObject({
    code: 'ecr-failed',
    details: { image: 'v1', code: 'KmsError' },
  });
});

it('reads every page of referrers', async () => {
  answer({ referrers: [{ digest: anyDigest('1') }], nextToken: 'more' });
  answer({ referrers: [{ digest: anyDigest('2') }] });
  expect(await repository().referrersOf(anyDigest('0'))).toEqual([anyDigest('1'), anyDigest('2')]);
  expect(JSON.parse(asked[1]?.body ?? '')).toMatchObject({ nextToken: 'more' });
});

describe('a range', () => {
  const read = (position: number, length: number): ReturnType<typeof fetchRange> =>
    fetchRange(url, { position, length }, new AbortController().signal);

  it('is asked for by its first and last byte', async () => {
    answers.push({ status: 206, body: '34567' });
    expect(await read(3, 5)).toEqual({ kind: 'bytes', content: Buffer.from('34567') });
    expect(asked[0]?.range).toBe('bytes=3-7');
  });

  it('is cut out of the whole where that begins with it, and refused where not', async () => {
    answers.push({ status: 200, body: Buffer.alloc(1_000_000, '0123456789') });
    expect(await read(0, 5)).toEqual({ kind: 'bytes', content: Buffer.from('01234') });
    answers.push({ status: 200, body: '0123456789' });
    expect(await read(3, 5)).toEqual({ kind: 'refused', status: 200 });
  });

  it('is what there was of it where the answer ended early', async () => {
    answers.push({ status: 206, body: '34' });
    expect(await read(3, 5)).toEqual({ kind: 'bytes', content: Buffer.from('34') });
  });

  it('tells that the address has expired', async () => {
    answers.push({ status: 403, body: '<Error/>' });
    expect(await read(0, 5)).toEqual({ kind: 'refused', status: 403 });
  });
});
