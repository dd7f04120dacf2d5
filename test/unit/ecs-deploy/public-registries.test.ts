import { parseImageReference } from '../../../actions/ecs-deploy/images/image-reference.js';
import { parseChallenge } from '../../../actions/ecs-deploy/registry/challenge.js';
import { openPublicRegistries } from '../../../actions/ecs-deploy/registry/public-registries.js';
import { OperationError } from '../../../actions/shared/errors.js';
import { sha256, startTokenRegistry, type TokenRegistry } from '../../support/token-registry.js';

const config = JSON.stringify({ os: 'linux', architecture: 'arm64' });
const single = JSON.stringify({ schemaVersion: 2, config: { digest: sha256(config) } });
const index = JSON.stringify({
  schemaVersion: 2,
  manifests: [
    { digest: sha256('amd64'), platform: { os: 'linux', architecture: 'amd64' } },
    { digest: sha256('arm64'), platform: { os: 'linux', architecture: 'arm64' } },
  ],
});

/** What it gives, by path below `/v2/acme/`; all of it for a token only. */
const content: Readonly<Record<string, string>> = {
  'web/manifests/v1': index,
  [`web/manifests/${sha256(index)}`]: index,
  'job/manifests/v1': single,
  [`job/blobs/${sha256(config)}`]: config,
  'lies/manifests/v1': index,
};

let registry: TokenRegistry;

beforeEach(async () => {
  registry = await startTokenRegistry(content);
});
afterEach(() => registry.stop());

function find(name: string, signal = new AbortController().signal) {
  const reference = parseImageReference(name.startsWith('/') ? `${registry.host}${name}` : name);
  if (reference === undefined) throw new Error(name);
  return openPublicRegistries({ fetch, signal }).find(reference);
}

async function refusal(found: Promise<unknown>): Promise<string> {
  try {
    await found;
  } catch (thrown) {
    if (thrown instanceof OperationError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('it was read');
}

it('an index is read with a token for everybody: digest, manifests, platforms', async () => {
  expect(await find('/acme/web:v1')).toEqual({
    digest: sha256(index),
    manifestDigests: [sha256('amd64'), sha256('arm64')],
    platforms: [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ],
  });
  expect(registry.asked).toEqual([
    '/v2/acme/web/manifests/v1',
    '/token?service=registry&scope=repository%3Aacme%2Fweb%3Apull',
    '/v2/acme/web/manifests/v1',
  ]);
});

it('an image is found by its digest', async () => {
  expect(await find(`/acme/web@${sha256(index)}`)).toMatchObject({ digest: sha256(index) });
});

it('an image of one platform names it in its configuration', async () => {
  expect(await find('/acme/job:v1')).toEqual({
    digest: sha256(single),
    manifestDigests: [],
    platforms: [{ os: 'linux', architecture: 'arm64' }],
  });
});

it('an image that the registry knows not to have is none', async () => {
  expect(await find('/acme/web:v9')).toBeUndefined();
});

it.each([
  ['it gives no token without credentials', '/acme/private:v1'],
  ['it answers 404', '/acme/proxy:v1'],
  ['what it gives does not have the digest that it is said to have', '/acme/lies:v1'],
])('cannot be read: %s', async (why, name) => {
  expect(await refusal(find(name))).toBe(`registry-unreadable: ${registry.host}: ${why}`);
});

it('cannot be read where nobody answers', async () => {
  expect(await refusal(find('127.0.0.1:1/acme/web:v1'))).toContain('registry-unreadable');
});

it('ends with the job', async () => {
  const controller = new AbortController();
  const found = refusal(find('/acme/slow:v1', controller.signal));
  controller.abort();
  expect(await found).toContain('registry-unreadable');
});

it('knows Docker Hub under its own names', async () => {
  const urls: string[] = [];
  const fake: typeof fetch = (url) => {
    urls.push(url instanceof URL ? url.href : '');
    return Promise.resolve(new Response(index));
  };
  const { signal } = new AbortController();
  for (const name of ['busybox', 'docker.io/acme/web:v1', 'public.ecr.aws/acme/web:v1']) {
    const reference = parseImageReference(name);
    if (reference === undefined) throw new Error(name);
    await openPublicRegistries({ fetch: fake, signal }).find(reference);
  }
  expect(urls).toEqual([
    'https://registry-1.docker.io/v2/library/busybox/manifests/latest',
    'https://registry-1.docker.io/v2/acme/web/manifests/v1',
    'https://public.ecr.aws/v2/acme/web/manifests/v1',
  ]);
});

describe('a challenge', () => {
  const realm = (url: string): string => `Bearer realm="${url}",service="s"`;

  it('names where a token is to be had', () => {
    expect(parseChallenge(realm('https://auth.example/token'), false)).toMatchObject({
      service: 's',
      scope: undefined,
    });
  });

  it.each([
    null,
    'Basic realm="https://auth.example"',
    realm('no address'),
    realm('http://169.254.169.254/latest/meta-data'),
    realm('http://127.0.0.1/token'),
  ])('%s is not followed', (header) => {
    expect(parseChallenge(header, false)).toBeUndefined();
  });

  it('of a registry on this machine stays there, or goes by HTTPS', () => {
    expect(parseChallenge(realm('http://127.0.0.1:5000/token'), true)).toBeDefined();
    expect(parseChallenge(realm('http://169.254.169.254/token'), true)).toBeUndefined();
  });
});
