import { createHash } from 'node:crypto';
import { AwsError } from '../../aws-error.js';

/** The type of an image manifest that names none itself. */
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

export interface Descriptor {
  readonly digest: string;
  readonly size?: number;
  readonly mediaType?: string;
  /** Where a blob is that registries do not hold. */
  readonly urls?: readonly string[];
  /** What an image of an index is for. */
  readonly platform?: { readonly os?: string; readonly architecture?: string };
}

/** An image manifest or an index, as far as the registry reads it (OCI image specification). */
export interface ManifestBody {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Reads a manifest.
 *
 * Throws AwsError `InvalidParameterException` when it is no JSON object.
 */
export function parseManifest(body: Buffer): ManifestBody {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // Answered below, like every other manifest that is none.
  }
  throw new AwsError(
    'InvalidParameterException',
    "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
  );
}

export function digestOf(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

/** The blobs that an image manifest is made of: its configuration and its layers. */
export function blobsOf({ config, layers = [] }: ManifestBody): readonly Descriptor[] {
  return config ? [config, ...layers] : layers;
}
