import type { RemoteImage, Repository } from './repository.js';
import type { Manifest } from './image.js';
import type { RegistryLogin } from './login.js';
import type { ImageScan } from './scan/image-scan.js';

/** The repositories of one account and region. */
export interface Repositories {
  /** `undefined` where there is none of that name. */
  findRepository(name: string): Promise<Repository | undefined>;
  /**
   * Makes it with scan on push and immutable tags, but for `movingTags` (patterns with `*`); takes one
   * that another run made meanwhile.
   */
  createRepository(
    name: string,
    settings: { readonly kmsKey: string | undefined; readonly movingTags: readonly string[] },
  ): Promise<Repository>;
  /** What beside the repository itself is there. */
  repositoryState(repository: Repository): Promise<{
    /** Made by this action, by its tag. */
    readonly madeHere: boolean;
    readonly hasLifecycle: boolean;
    readonly policy: string | undefined;
  }>;
  putLifecycle(name: string, policy: string): Promise<void>;
  putPolicy(name: string, policy: string): Promise<void>;
}

/** Manifests and the tags on them. */
export interface Images {
  /** The images that the tags name; absent tags are left out. */
  imagesByTag(
    repository: string,
    tags: readonly string[],
  ): Promise<ReadonlyMap<string, RemoteImage>>;
  /** The images of these digests that are there. */
  imagesByDigest(
    repository: string,
    digests: readonly string[],
  ): Promise<ReadonlyMap<string, RemoteImage>>;
  imageByDigest(repository: string, digest: string): Promise<RemoteImage | undefined>;
  /** Digest and compressed size (bytes) of what each tag names; absent tags are left out. */
  describeTags(
    repository: string,
    tags: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly digest: string; readonly sizeBytes: number }>>;
  /** Puts a manifest, under a tag where one is given; the same image under it is success. */
  putManifest(
    repository: string,
    manifest: Manifest,
    tag?: string,
  ): Promise<'written' | 'present' | 'tag-immutable'>;
}

/** Layers and configurations, sent part by part. */
export interface Layers {
  /** Those of `digests` that need not be sent again. */
  layersPresent(repository: string, digests: readonly string[]): Promise<ReadonlySet<string>>;
  startUpload(
    repository: string,
  ): Promise<{ readonly uploadId: string; readonly partSizeBytes: number }>;
  /** Returns the position that ECR wants next, which is not the part's end where it lost some. */
  uploadPart(
    repository: string,
    uploadId: string,
    part: { readonly firstByte: number; readonly content: Buffer },
  ): Promise<number>;
  completeUpload(repository: string, uploadId: string, digest: string): Promise<void>;
}

export interface Tokens {
  /**
   * A new login, good for 12 hours and for every registry of the region that the role may use, with
   * the host of the credentials' own.
   */
  login(): Promise<RegistryLogin>;
}

/** Scans for vulnerabilities, by ECR itself (basic) or by Amazon Inspector (enhanced). */
export interface Scans {
  /** `undefined` where there is none yet. */
  scanOf(repository: string, digest: string): Promise<ImageScan | undefined>;
  /** Asks for a basic scan. */
  startScan(
    repository: string,
    digest: string,
  ): Promise<
    | { readonly kind: 'started' }
    /** There was one within 24 hours. */
    | { readonly kind: 'scanned-today' }
    /** ECR scans no such images. */
    | { readonly kind: 'unsupported'; readonly reason: string }
    /** Scans of this registry begin by its rules. */
    | { readonly kind: 'not-by-hand'; readonly reason: string }
  >;
}

/** What a push needs of Amazon ECR; `./ecr-client.ts` speaks to AWS. */
export interface Ecr extends Repositories, Images, Layers, Tokens, Scans {}
