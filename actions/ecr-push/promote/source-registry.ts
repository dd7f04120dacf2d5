import type { RemoteImage } from '../repository.js';

/** The repository that an image is promoted from. */
export interface SourceRepository {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  /** Absent images, also those of an absent repository, are left out. */
  imagesByTag(tags: readonly string[]): Promise<ReadonlyMap<string, RemoteImage>>;
  imagesByDigest(digests: readonly string[]): Promise<ReadonlyMap<string, RemoteImage>>;
  /** Digests of the manifests whose subject is `digest`. */
  referrersOf(digest: string): Promise<readonly string[]>;
  /** Where a layer or configuration can be read without credentials, for some time. */
  downloadUrl(digest: string): Promise<string>;
}
