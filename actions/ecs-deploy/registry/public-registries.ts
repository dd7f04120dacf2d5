import { createHash } from 'node:crypto';
import { z } from 'zod';
import { OperationError, toError } from '../../shared/errors.js';
import { parseJsonAs } from '../../shared/json-text.js';
import { digestPattern, type ImageReference } from '../images/image-reference.js';
import {
  configPlatform,
  isManifest,
  manifestDigests,
  manifestPlatforms,
} from '../images/manifest.js';
import type { Platform } from '../ports.js';
import { isLocalHost, parseChallenge } from './challenge.js';
import { openGet, type Answer } from './get.js';
import type { PublicRegistries } from './ports.js';

/** For everything that is asked about one image. */
const limitMs = 5000;

// OCI image specification, "Media Types", and those of Docker that came before them.
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

// Distribution registry, "Token authentication specification": `access_token` is OAuth 2.0's name.
const tokenSchema = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
});

/**
 * Reads images by the OCI distribution specification ("Pulling manifests"), without credentials: a
 * registry that wants a token is asked for an anonymous one (Distribution registry, "Token
 * authentication specification").
 */
export function openPublicRegistries({
  fetch,
  signal,
}: {
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
}): PublicRegistries {
  return {
    async find(reference) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
      const { host, url, repository, isLocal } = placeOf(reference);
      const get = openGet({ fetch, signal: limit, isLocal });
      try {
        return await read();
      } catch (thrown) {
        if (thrown instanceof OperationError) throw thrown;
        throw unreadable(reasonOf(toError(thrown)), thrown);
      }

      async function read(): ReturnType<PublicRegistries['find']> {
        const name = reference.digest ?? reference.tag ?? 'latest';
        const manifest = url(`manifests/${name}`);
        let answer = await get(manifest, { accept: manifestTypes });
        let authorization = {};
        if (answer.status === 401) {
          authorization = { authorization: `Bearer ${await tokenFor(answer)}` };
          answer = await get(manifest, { accept: manifestTypes, ...authorization });
        }
        if (answer.status !== 200) throw unreadable(`it answers ${answer.status}`);
        const { text } = answer;
        if (!isManifest(text)) throw unreadable('what it gives is no manifest of an image');
        const digest = digestOf(text);
        const said = answer.headers.get('docker-content-digest') ?? digest;
        const asked = reference.digest ?? digest;
        if (!digestPattern.test(said) || said !== digest || asked !== digest) {
          throw unreadable('what it gives does not have the digest that it is said to have');
        }
        return {
          digest,
          manifestDigests: manifestDigests(text),
          platforms: await platformsOf(text, authorization),
        };
      }

      async function tokenFor({ headers }: Answer): Promise<string> {
        const challenge = parseChallenge(headers.get('www-authenticate'), isLocal);
        if (challenge === undefined) throw unreadable('it is open to nobody without credentials');
        const { realm, service, scope = `repository:${repository}:pull` } = challenge;
        if (service !== undefined) realm.searchParams.set('service', service);
        realm.searchParams.set('scope', scope);
        const answer = await get(realm, { accept: 'application/json' });
        const token = answer.status === 200 ? tokenOf(answer.text) : undefined;
        if (token === undefined) throw unreadable('it gives no token without credentials');
        return token;
      }

      /** The configuration only says more; an image without it is found all the same. */
      async function platformsOf(
        manifest: string,
        authorization: Record<string, string>,
      ): Promise<readonly Platform[] | undefined> {
        const found = manifestPlatforms(manifest);
        if (found.kind !== 'in-config') return found.platforms;
        try {
          const config = await get(url(`blobs/${found.configDigest}`), authorization);
          return config.status === 200 ? configPlatform(config.text) : undefined;
        } catch {
          return undefined;
        }
      }

      function unreadable(why: string, cause?: unknown): OperationError {
        return new OperationError('registry-unreadable', `${host}: ${why}`, { cause });
      }
    },
  };
}

/** Docker Hub has another host for its API, and `library/` before the names of official images. */
function placeOf({ host = 'docker.io', repository }: ImageReference) {
  const isHub = host === 'docker.io' || host === 'index.docker.io';
  const api = isHub ? 'registry-1.docker.io' : host;
  const name = isHub && !repository.includes('/') ? `library/${repository}` : repository;
  const { hostname } = new URL(`http://${api}`);
  const isLocal = isLocalHost(hostname);
  const scheme = isLocal ? 'http' : 'https';
  return {
    ...{ host, isLocal, repository: name },
    url: (path: string): URL => new URL(`${scheme}://${api}/v2/${name}/${path}`),
  };
}

function tokenOf(text: string): string | undefined {
  const parsed = parseJsonAs(tokenSchema, text);
  return parsed?.token ?? parsed?.access_token;
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** `fetch` says only "fetch failed"; the reason is its cause. */
function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') return `no answer within ${limitMs / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
