import { createImages, parseImageReference } from '../../../emulator/aws/ecr/images.js';
import { actionOf, registryRequest } from '../../../emulator/aws/ecr/registry-path.js';
import type { Manifest, Registry } from '../../../emulator/aws/ecr/registry.js';
import { requestTarget } from '../../../emulator/aws/target.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('image references', () => {
  it.each([
    ['127.0.0.1:5000/shop/app:v1', '127.0.0.1:5000', 'shop/app', 'v1', undefined],
    [`localhost/app@${DIGEST}`, 'localhost', 'app', undefined, DIGEST],
    [`a.example.com/app:v1@${DIGEST}`, 'a.example.com', 'app', 'v1', DIGEST],
    ['a.example.com/app', 'a.example.com', 'app', undefined, undefined],
  ])('%s', (reference, host, repository, tag, digest) => {
    expect(parseImageReference(reference)).toEqual({ host, repository, tag, digest });
  });

  it.each(['nginx', 'library/nginx:1', 'a.example.com/app:v 1'])(
    '%s names no host',
    (reference) => {
      expect(parseImageReference(reference)).toBeUndefined();
    },
  );
});

describe('resolving images', () => {
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const image = (config: string): Buffer => json({ config: { digest: config }, layers: [] });
  const manifests: Record<string, Manifest> = {
    v1: { digest: DIGEST, mediaType: 'image', body: image('c1') },
    multi: {
      digest: 'sha256:index',
      mediaType: 'index',
      body: json({
        manifests: [
          { digest: 'sha256:attestation', platform: { os: 'unknown', architecture: 'unknown' } },
          { digest: DIGEST, platform: { os: 'linux', architecture: 'arm64' } },
        ],
      }),
    },
    [DIGEST]: { digest: DIGEST, mediaType: 'image', body: image('c1') },
    artifact: { digest: 'sha256:other', mediaType: 'image', body: image('c2') },
  };
  const blobs: Record<string, Buffer> = {
    c1: json({ os: 'linux', architecture: 'amd64', config: { Env: ['A=1=2', 'B='] } }),
    c2: Buffer.from('not json'),
  };
  const registry = {
    manifest: (_repository: string, reference: string) => Promise.resolve(manifests[reference]),
    blob: (_repository: string, digest: string) => Promise.resolve(blobs[digest]),
  } as unknown as Registry;
  const hosts = ['127.0.0.1:5000', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'];
  const images = createImages((host) => (hosts.includes(host) ? registry : undefined));
  const resolve = (name: string) => images.resolve(`127.0.0.1:5000/shop/app${name}`);

  it('gives digest, environment and platforms', async () => {
    expect(await resolve(':v1')).toEqual({
      kind: 'found',
      digest: DIGEST,
      env: { A: '1=2', B: '' },
      platforms: ['linux/amd64'],
    });
  });

  it('looks into an index, past attestations', async () => {
    expect(await resolve(':multi')).toMatchObject({
      digest: 'sha256:index',
      env: { A: '1=2' },
      platforms: ['linux/arm64'],
    });
  });

  it('takes a configuration that is none', async () => {
    expect(await resolve(':artifact')).toMatchObject({ kind: 'found', env: {}, platforms: [] });
  });

  it('tells what is missing from what it cannot know', async () => {
    expect(await resolve(':none')).toEqual({ kind: 'missing' });
    expect(await images.resolve('docker.io/library/nginx')).toEqual({ kind: 'unknown-registry' });
    expect(await images.resolve('nginx')).toEqual({ kind: 'unknown-registry' });
  });

  it('knows the registry by the host names of ECR too', async () => {
    const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    expect(await images.resolve(`${host}/shop/app:v1`)).toMatchObject({ kind: 'found' });
  });
});

describe('the target of a request', () => {
  it.each([
    ['/b/k?x=1', '127.0.0.1:1', '/b/k'],
    ['http://127.0.0.1:1/b/k', 'ignored', '/b/k'],
    ['http://127.0.0.1:1', 'ignored', '/'],
    ['/k', 'state.s3.eu-west-1.amazonaws.com', '/state/k'],
    ['http://my.state.s3.localhost:1/k', 'ignored', '/my.state/k'],
    ['/', 's3.eu-west-1.amazonaws.com', '/'],
  ])('%s at %s is %s', (url, host, expected) => {
    expect(requestTarget({ url, headers: { host } }).path).toBe(expected);
  });
});

describe('the operation of a registry request', () => {
  it.each([
    ['GET', '/v2/', 'Ping'],
    ['POST', '/v2/shop/app/blobs/uploads/', 'StartUpload'],
    ['PATCH', '/v2/shop/app/blobs/uploads/u1', 'UploadChunk'],
    ['PUT', '/v2/shop/app/blobs/uploads/u1', 'FinishUpload'],
    ['HEAD', `/v2/shop/app/blobs/${DIGEST}`, 'HeadBlob'],
    ['PUT', '/v2/shop/app/manifests/v1', 'PutManifest'],
    ['GET', '/v2/shop/app/tags/list', 'ListTags'],
    ['GET', `/v2/shop/app/referrers/${DIGEST}`, 'ListReferrers'],
  ])('%s %s is %s', (method, path, expected) => {
    expect(registryRequest({ method, path }).operation).toBe(expected);
  });
});

describe('the action of a registry request', () => {
  it.each([
    ['GET', '/v2/', undefined],
    ['GET', '/v2/shop/app/manifests/v1', 'ecr:BatchGetImage'],
    ['GET', `/v2/shop/app/blobs/${DIGEST}`, 'ecr:GetDownloadUrlForLayer'],
    ['HEAD', `/v2/shop/app/blobs/${DIGEST}`, 'ecr:BatchCheckLayerAvailability'],
    ['POST', '/v2/shop/app/blobs/uploads/', 'ecr:InitiateLayerUpload'],
    ['PUT', '/v2/shop/app/manifests/v1', 'ecr:PutImage'],
  ])('%s %s needs %s', (method, path, expected) => {
    expect(actionOf(registryRequest({ method, path }))).toBe(expected);
  });
});
