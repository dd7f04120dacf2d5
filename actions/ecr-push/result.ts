import type { CacheUse } from './engines/cache-use.js';
import type { ContentKey } from './key/content-key.js';
import type { TagOutcome } from './put-tags.js';
import type { ScannedImage } from './scan/image-scan.js';
import type { UploadReport } from './upload.js';

/** How the image came to be in a repository. */
export type ImageOutcome =
  /** Sent by this run. */
  | 'pushed'
  /** The very image was under one of the tags. */
  | 'kept'
  /** Built earlier from the same content. */
  | 'found'
  /** Built by another run at the same time, from the same content. */
  | 'adopted';

export interface RepositoryResult {
  readonly repository: string;
  /** Host, empty where the repository is missing in a dry run. */
  readonly registry: string;
  readonly outcome: ImageOutcome;
  readonly tags: readonly { readonly tag: string; readonly outcome: TagOutcome }[];
  /** Unknown in the dry run of a build. */
  readonly digest: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly layers: number | undefined;
  readonly pushSeconds: number | undefined;
  /** Layers sent by this action itself, where it did. */
  readonly upload: UploadReport | undefined;
  /** Empty where nobody waits for scans. */
  readonly scans: readonly ScannedImage[];
}

/** What a push came to. */
export interface PushResult {
  readonly dryRun: boolean;
  readonly accountId: string;
  /** At least one, in the order of the inputs. */
  readonly repositories: readonly RepositoryResult[];
  readonly key: ContentKey;
  /** Engine or archive format, for people. */
  readonly madeWith: string;
  readonly buildSeconds: number | undefined;
  readonly cache: CacheUse | undefined;
  readonly notes: readonly string[];
}
