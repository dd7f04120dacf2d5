import { parseImageReference } from '../../../actions/ecs-deploy/images/image-reference.js';
import { parseChallenge } from '../../../actions/ecs-deploy/registry/challenge.js';
import { openPublicRegistries } from '../../../actions/ecs-deploy/registry/public-registries.js';
import { OperationError } from '../../../actions/shared/errors.js';
import { sha256 } from '../../support/digest.js';
import { startTokenRegistry, type TokenRegistry } from '../../support/token-registry.js';

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
  'login/manifests/v1': '<html>Please log in</html>',
  'json/manifests/v1': JSON.stringify({ errors: [], schemaVersion: 2 }),
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

it.each([
  ['it gives no token without credentials', '/acme/private:v1'],
  // Private images of many registries look the same.
  ['it answers 404', '/acme/web:v9'],
  ['it answers 404', '/acme/proxy:v1'],
  ['what it gives is no manifest of an image', '/acme/login:v1'],
  ['what it gives is no manifest of an image', '/acme/json:v1'],
  ['what it gives does not have the digest that it is said to have', '/acme/lies:v1'],
])('cannot be read: %s', async (why, name) => {
  expect(await refusal(find(name))).toBe(`registry-unreadable: ${registry.host}: ${why}`);
});

it.each(['null', 'no JSON', '{"token":7}', '{}'])(
  'cannot be read where the token is %s',
  async (token) => {
    const odd = await startTokenRegistry(content, { token });
    try {
      expect(await refusal(find(`${odd.host}/acme/web:v1`))).toBe(
        `registry-unreadable: ${odd.host}: it gives no token without credentials`,
      );
    } finally {
      odd.stop();
    }
  },
);

describe('a redirect', () => {
  let front: TokenRegistry;
  let store: TokenRegistry;

  afterEach(() => {
    front.stop();
    store.stop();
  });

  async function startWith(redirects: (store: string) => Readonly<Record<string, string>>) {
    store = await startTokenRegistry({});
    front = await startTokenRegistry(content, { redirects: redirects(store.host) });
  }

  it('is followed on the registry itself, with the token for everybody', async () => {
    await startWith(() => ({ 'old/manifests/v1': '/v2/acme/web/manifests/v1' }));
    expect(await find(`${front.host}/acme/old:v1`)).toMatchObject({ digest: sha256(index) });
    expect(new Set(front.credentials)).toEqual(new Set(['Bearer t0ken']));
  });

  it('to another host gets no credentials, not even that token', async () => {
    await startWith((host) => ({ 'web/manifests/v1': `http://${host}/v2/acme/web/manifests/v1` }));
    expect(await refusal(find(`${front.host}/acme/web:v1`))).toContain('it answers 401');
    expect(store.asked).toEqual(['/v2/acme/web/manifests/v1']);
    expect(store.credentials).toEqual([]);
  });

  it('is followed three times at most', async () => {
    await startWith(() => ({ 'web/manifests/v1': '/v2/acme/web/manifests/v1' }));
    expect(await refusal(find(`${front.host}/acme/web:v1`))).toContain('it answers 307');
    // Without a token, and with it: once, and three times more.
    expect(front.asked.filter((path) => path.includes('/manifests/'))).toHaveLength(5);
  });

  it.each([
    ['ghcr.io', 'http://169.254.169.254/latest/meta-data'],
    ['ghcr.io', 'http://127.0.0.1/admin'],
    ['ghcr.io', 'file:///etc/passwd'],
    ['127.0.0.1:5000', 'http://169.254.169.254/latest/meta-data'],
  ])('of %s to %s is not followed', async (host, location) => {
    await startWith(() => ({}));
    const asked: string[] = [];
    const fake: typeof fetch = (url, init) => {
      asked.push(url instanceof URL ? url.href : '');
      expect(init?.redirect).toBe('manual');
      expect(init?.headers).not.toHaveProperty('authorization');
      return Promise.resolve(new Response('', { status: 302, headers: { location } }));
    };
    const reference = parseImageReference(`${host}/acme/web:v1`);
    if (reference === undefined) throw new Error(host);
    const { signal } = new AbortController();
    expect(await refusal(openPublicRegistries({ fetch: fake, signal }).find(reference))).toContain(
      'it answers 302',
    );
    expect(asked).toHaveLength(1);
  });
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
