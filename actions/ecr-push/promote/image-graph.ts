import { platformName, platformSchema } from '../platform.js';
import { z } from 'zod';
import { OperationError } from '../../shared/errors.js';
import { parseJsonAs } from '../../shared/json-text.js';
import { digestOf, type Manifest } from '../image.js';
import { manifestOf, type RemoteImage } from '../repository.js';

/** A layer or a configuration, as a manifest names it. */
export interface BlobDescriptor {
  readonly digest: string;
  readonly sizeBytes: number;
}

/** A manifest or an index, and what it is made of. */
export interface ManifestNode extends Manifest {
  /** Digests of the manifests that an index lists. */
  readonly children: readonly string[];
  readonly blobs: readonly BlobDescriptor[];
  /** `os/architecture[/variant]` of an index's images, without attestations. */
  readonly platforms: readonly string[];
}

/** A tag by which tools find signatures of an image, and the manifest that it names. */
export interface CompanionTag {
  readonly tag: string;
  readonly digest: string;
}

/** An image of a registry, with everything that goes with it. */
export interface SourceImage {
  readonly root: ManifestNode;
  /** `root` and all below it: each after those that it refers to, `root` last. */
  readonly manifests: readonly ManifestNode[];
  /** What refers to those, each after what it refers to; without those in `manifests`. */
  readonly referrers: readonly ManifestNode[];
  readonly companionTags: readonly CompanionTag[];
}

const descriptorSchema = z.object({
  mediaType: z.string().optional(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
  urls: z.array(z.string()).optional(),
  platform: platformSchema.optional(),
});
type Descriptor = z.infer<typeof descriptorSchema>;

const manifestSchema = z.object({
  mediaType: z.string().optional(),
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).optional(),
  manifests: z.array(descriptorSchema).optional(),
});

/**
 * Reads a manifest or an index (OCI image specification; Docker's "Image Manifest V 2, Schema 2").
 *
 * @throws OperationError `source-not-readable`, `source-digest-differs`
 */
export function toNode(image: RemoteImage): ManifestNode {
  const { digest, manifest } = image;
  const found = digestOf(manifest);
  if (found !== digest) {
    throw new OperationError(
      'source-digest-differs',
      `the registry gave ${found} where ${digest} was asked for`,
      { details: { digest, found } },
    );
  }
  const body = parseJsonAs(manifestSchema, manifest);
  if (body === undefined) {
    throw new OperationError('source-not-readable', `${digest} is no manifest of an image`, {
      details: { digest, mediaType: image.mediaType },
    });
  }
  const { config, layers = [], manifests = [] } = body;
  const blobs = [...(config === undefined ? [] : [config]), ...layers].filter(isInRegistry);
  return {
    ...manifestOf(image),
    children: manifests.map((child) => child.digest),
    blobs: blobs.map((blob) => ({ digest: blob.digest, sizeBytes: blob.size })),
    platforms: [...new Set(manifests.flatMap(platformOf))],
  };
}

/** OCI image specification, "Non-distributable layers": they stay where their `urls` say. */
function isInRegistry({ mediaType = '', urls = [] }: Descriptor): boolean {
  return urls.length === 0 || !/nondistributable|foreign/.test(mediaType);
}

/** BuildKit's attestations lie in an index under the platform unknown/unknown. */
function platformOf({ platform }: Descriptor): readonly string[] {
  return platform === undefined || platform.os === 'unknown' ? [] : [platformName(platform)];
}

/** Every layer and configuration of an image and its referrers, each once. */
export function blobsOf({ manifests, referrers }: SourceImage): readonly BlobDescriptor[] {
  const byDigest = new Map(
    [...manifests, ...referrers].flatMap(({ blobs }) => blobs.map((blob) => [blob.digest, blob])),
  );
  return [...byDigest.values()];
}

/**
 * What is reached from `start`, each manifest after those that it refers to; `known` holds all of
 * it by digest, `done` what was reached before and takes what is reached now.
 */
export function childrenFirst(
  start: readonly string[],
  known: ReadonlyMap<string, ManifestNode>,
  done: Set<string>,
): readonly ManifestNode[] {
  const ordered: ManifestNode[] = [];
  const visit = (digest: string): void => {
    const node = known.get(digest);
    if (node === undefined || done.has(digest)) return;
    done.add(digest);
    node.children.forEach(visit);
    ordered.push(node);
  };
  start.forEach(visit);
  return ordered;
}

/**
 * Tags under which tools keep what belongs to a manifest in registries without the referrers API:
 * cosign's signatures, attestations and bills of materials (cosign, "Storage specification"), and
 * the list of the OCI distribution specification, "Referrers Tag Schema".
 */
export function companionTagNames(digest: string): readonly string[] {
  const base = digest.replace(':', '-');
  return [base, `${base}.sig`, `${base}.att`, `${base}.sbom`];
}
