import type { ImageReference } from '../images/image-reference.js';
import type { Platform } from '../ports.js';

/** Registries other than ECR. */
export interface PublicRegistries {
  /**
   * What a registry gives to everybody.
   *
   * @throws OperationError `registry-unreadable` for all that it does not give, or not in time. That
   * it knows no such image is no proof: registries hide private ones behind the same 404.
   */
  find(reference: ImageReference): Promise<PublicImage>;
}

/** An image of a registry other than ECR. */
export interface PublicImage {
  readonly digest: string;
  /** Digests of an index's manifests; empty for an image of one platform. */
  readonly manifestDigests: readonly string[];
  /** `undefined`: it does not say. */
  readonly platforms: readonly Platform[] | undefined;
}
