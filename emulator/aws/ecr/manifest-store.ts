import { AwsError } from '../../aws-error.js';
import type { ManifestBody } from './manifest.js';
import { blobsOf, digestOf, parseManifest } from './manifest.js';
import type { Registry } from './registry.js';
import type { Repositories } from './repositories.js';
import type { Scope } from './scope.js';
import { mayMoveTag } from './tag-mutability.js';

export interface ManifestPush {
  readonly scope: Scope;
  readonly registry: Registry;
  readonly repositoryName: string;
  /** Undefined for a push by digest. */
  readonly tag: string | undefined;
  /** What the pusher says its digest is. */
  readonly expectedDigest: string | undefined;
  readonly mediaType: string;
  readonly body: Buffer;
}

export interface StoredManifest {
  readonly digest: string;
  readonly manifest: ManifestBody;
  /** False when it was there already under this tag or digest. */
  readonly isNew: boolean;
}

/** Takes manifests in, whichever API they come by. */
export interface ManifestStore {
  /**
   * Stores a manifest. Throws AwsError, with the codes of PutImage in the ECR API reference, when
   * it is none, has another digest, refers to blobs or images that are not in the repository, or
   * would move an immutable tag; nothing is stored then.
   */
  put(push: ManifestPush): Promise<StoredManifest>;
}

/** `onStored` learns of every manifest that is new under its tag or digest. */
export function createManifestStore(
  repositories: Repositories,
  onStored: (push: ManifestPush, stored: StoredManifest, scanOnPush: boolean) => void,
): ManifestStore {
  let last: Promise<unknown> = Promise.resolve();

  async function put(push: ManifestPush): Promise<StoredManifest> {
    const { scope, registry, repositoryName, tag, body } = push;
    const settings = await repositories.settings(scope, repositoryName);
    const manifest = parseManifest(body);
    const digest = digestOf(body);
    if (push.expectedDigest !== undefined && push.expectedDigest !== digest) {
      throw new AwsError(
        'ImageDigestDoesNotMatchException',
        `The image with digest '${push.expectedDigest}' in repository '${repositoryName}' and registry ID ` +
          `'${scope.accountId}' does not match the image digest that Amazon ECR has calculated.`,
      );
    }
    await checkReferences(push, manifest);
    const current = await registry.manifest(repositoryName, tag ?? digest);
    if (current?.digest === digest) return { digest, manifest, isNew: false };
    if (current && tag !== undefined && !mayMoveTag(settings.tagMutability, tag)) {
      throw new AwsError(
        'ImageTagAlreadyExistsException',
        `The image tag '${tag}' already exists in the '${repositoryName}' repository and cannot be overwritten because the tag is immutable.`,
      );
    }
    await registry.putManifest(repositoryName, tag ?? digest, push.mediaType, body);
    const stored = { digest, manifest, isNew: true };
    onStored(push, stored, settings.scanOnPush);
    return stored;
  }

  return {
    // One at a time, so that no two pushes both find a tag free.
    put(push) {
      const turn = last.then(() => put(push));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** The messages are those that ECR answers clients with; a subject need not be there (OCI). */
async function checkReferences(push: ManifestPush, manifest: ManifestBody): Promise<void> {
  const { registry, repositoryName, scope } = push;
  const required =
    `required for pushing image into repository with name '${repositoryName}' in the registry ` +
    `with id '${scope.accountId}' do not exist`;
  const held = blobsOf(manifest).filter(({ urls = [] }) => urls.length === 0);
  const layers = await missing(held, (digest) => registry.blobSize(repositoryName, digest));
  if (layers.length > 0) {
    const digests = layers.join(', ');
    throw new AwsError('LayersNotFoundException', `Layers with digests '[${digests}]' ${required}`);
  }
  const images = await missing(manifest.manifests ?? [], (digest) =>
    registry.manifest(repositoryName, digest),
  );
  if (images.length > 0) {
    const digests = images.join(', ');
    throw new AwsError(
      'ReferencedImagesNotFoundException',
      `Images with digests '[${digests}]' ${required}`,
    );
  }
}

async function missing(
  wanted: readonly { readonly digest: string }[],
  find: (digest: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const found = await Promise.all(
    wanted.map(async ({ digest }) => ((await find(digest)) === undefined ? [digest] : [])),
  );
  return [...new Set(found.flat())];
}
