import type { ManifestBody } from './manifest.js';
import { parseManifest } from './manifest.js';
import type { Registry } from './registry.js';

/** What a container's image reference stands for. */
export type ResolvedImage =
  | {
      readonly kind: 'found';
      /** Digest of what the reference names: an image, or an index of images. */
      readonly digest: string;
      /** ENV of the image's configuration; of the first image of an index. */
      readonly env: Record<string, string>;
      /** `os/architecture` of each image; empty when none says. */
      readonly platforms: readonly string[];
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown-registry' };

/** Looks up the images that tasks are to run. */
export interface Images {
  resolve(reference: string): Promise<ResolvedImage>;
}

interface ImageConfig {
  readonly os?: string;
  readonly architecture?: string;
  readonly config?: { readonly Env?: readonly string[] };
}

/**
 * Resolves references of the emulator's own registries: by the hosts that it reports, and by ECR's
 * own host names. Every other host is an unknown registry: the emulator reaches no network. Under
 * `.invalid` there is none (RFC 2606).
 */
export function createImages(registryAt: (host: string) => Registry | undefined): Images {
  return {
    async resolve(reference) {
      const parsed = parseImageReference(reference);
      if (parsed?.host.endsWith('.invalid')) return { kind: 'missing' };
      const registry = parsed && registryAt(parsed.host);
      if (!registry) return { kind: 'unknown-registry' };
      const name = parsed.digest ?? parsed.tag ?? 'latest';
      const manifest = await registry.manifest(parsed.repository, name);
      if (!manifest) return { kind: 'missing' };
      const body = parseManifest(manifest.body);

      if (!body.manifests) {
        const config = await readConfig(registry, parsed.repository, body);
        return {
          kind: 'found',
          digest: manifest.digest,
          env: environmentOf(config),
          platforms: config.os === undefined ? [] : [platformOf(config)],
        };
      }
      // BuildKit's attestations lie in the index under the platform unknown/unknown.
      const entries = body.manifests.filter((entry) => entry.platform?.os !== 'unknown');
      const platforms = entries.flatMap((entry) =>
        entry.platform ? [platformOf(entry.platform)] : [],
      );
      const [first] = entries;
      const image = first && (await registry.manifest(parsed.repository, first.digest));
      if (!image) return { kind: 'missing' };
      const config = await readConfig(registry, parsed.repository, parseManifest(image.body));
      return { kind: 'found', digest: manifest.digest, env: environmentOf(config), platforms };
    },
  };
}

/** The parts of `host/repository[:tag][@digest]`; undefined without a registry host. */
export function parseImageReference(
  reference: string,
):
  | { host: string; repository: string; tag: string | undefined; digest: string | undefined }
  | undefined {
  const match = /^([^/]+)\/([^:@]+)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
    reference,
  );
  const [, host = '', repository = '', tag, digest] = match ?? [];
  // A first part without a dot or a port is part of a name at Docker Hub, not a host.
  if (!/[.:]|^localhost$/.test(host)) return undefined;
  return { host, repository, tag, digest };
}

function platformOf(platform: { os?: string; architecture?: string }): string {
  return `${platform.os ?? 'linux'}/${platform.architecture ?? 'amd64'}`;
}

async function readConfig(
  registry: Registry,
  repository: string,
  manifest: ManifestBody,
): Promise<ImageConfig> {
  const digest = manifest.config?.digest;
  const blob = digest === undefined ? undefined : await registry.blob(repository, digest);
  if (!blob) return {};
  try {
    return JSON.parse(blob.toString('utf8')) as ImageConfig;
  } catch {
    // An artifact's configuration may be anything.
    return {};
  }
}

function environmentOf(config: ImageConfig): Record<string, string> {
  return Object.fromEntries(
    (config.config?.Env ?? []).map((line) => {
      const at = line.indexOf('=');
      return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
