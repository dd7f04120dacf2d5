import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import type { Platform } from '../ports.js';

const platformSchema = z.object({ os: z.string(), architecture: z.string() });

// OCI image specification, "image-manifest" and "image-index"; Docker's manifest schema 1 names
// its architecture itself.
const manifestSchema = z.object({
  config: z.object({ digest: z.string() }).optional(),
  architecture: z.string().optional(),
  manifests: z
    .array(
      z.object({
        digest: z.string().optional(),
        platform: platformSchema.partial().optional(),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
});

// What is common to the OCI image specification's two and Docker's schema 2: `schemaVersion`, and
// what the image or the index consists of.
const anyManifestSchema = z
  .object({ schemaVersion: z.number() })
  .and(
    z.union([
      z.object({ config: z.object({ digest: z.string() }) }),
      z.object({ layers: z.array(z.unknown()) }),
      z.object({ manifests: z.array(z.unknown()) }),
    ]),
  );

/** Whether a text is a manifest or an index at all; a proxy's login page is none. */
export function isManifest(text: string): boolean {
  return parseJsonAs(anyManifestSchema, text) !== undefined;
}

export type ManifestPlatforms =
  | { readonly kind: 'known'; readonly platforms: readonly Platform[] }
  /** An image of one platform, which its configuration names. */
  | { readonly kind: 'in-config'; readonly configDigest: string }
  | { readonly kind: 'unknown'; readonly platforms: undefined };

/** The platforms that a manifest or index is for. */
export function manifestPlatforms(manifest: string | undefined): ManifestPlatforms {
  const parsed = parseJsonAs(manifestSchema, manifest ?? '');
  if (parsed?.manifests !== undefined) {
    const images = parsed.manifests.filter((entry) => !isAttestation(entry));
    const platforms = images.flatMap(({ platform }) => {
      const { os, architecture } = platform ?? {};
      return os === undefined || architecture === undefined ? [] : [{ os, architecture }];
    });
    // One entry that does not say what it is for could be the one that is wanted.
    return platforms.length < images.length || images.length === 0
      ? { kind: 'unknown', platforms: undefined }
      : { kind: 'known', platforms };
  }
  if (parsed?.config !== undefined) {
    return { kind: 'in-config', configDigest: parsed.config.digest };
  }
  return parsed?.architecture === undefined
    ? { kind: 'unknown', platforms: undefined }
    : { kind: 'known', platforms: [{ os: 'linux', architecture: parsed.architecture }] };
}

/** The digests in an OCI image index or Docker manifest list. */
export function manifestDigests(manifest: string | undefined): readonly string[] {
  const parsed = parseJsonAs(manifestSchema, manifest ?? '');
  return (parsed?.manifests ?? []).flatMap(({ digest }) => digest ?? []);
}

/** BuildKit puts attestations into an index as manifests of the platform unknown/unknown. */
function isAttestation(entry: {
  readonly platform?: { readonly os?: string | undefined } | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}): boolean {
  return (
    entry.platform?.os === 'unknown' ||
    entry.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
  );
}

/** The platform that an image's configuration names (OCI image specification, "config"). */
export function configPlatform(config: string): readonly Platform[] | undefined {
  const platform = parseJsonAs(platformSchema, config);
  return platform === undefined ? undefined : [platform];
}
