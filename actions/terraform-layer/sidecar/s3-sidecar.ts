import { OperationError, toError } from '../../shared/errors.js';
import type { S3Place } from './backend-place.js';
import type { S3Objects } from './s3-objects.js';
import type { Sidecar } from './sidecar.js';

/** A sidecar as objects below `<state key>.infra/`. */
export function s3Sidecar(place: S3Place, objects: S3Objects): Sidecar {
  const { bucket, key } = place;
  const object = (name: string): string => `${key}.infra/${name}`;
  /** `target` is a key, or empty for the bucket itself. */
  const asked = async <T>(right: string, target: string, body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } catch (thrown) {
      throw explained(thrown, { right, bucket, target });
    }
  };
  return {
    place: `s3://${bucket}/${key}.infra/`,
    read: (name) => asked('s3:GetObject', object('*'), () => objects.get(object(name))),
    write: (name, text) =>
      asked('s3:PutObject', object('*'), () => objects.put(object(name), text)),
    remove: (name) => asked('s3:DeleteObject', object('*'), () => objects.delete(object(name))),
    stateVersion: async () => {
      try {
        return (await objects.etag(key)) ?? 'absent';
      } catch {
        // Without s3:ListBucket S3 denies what is not there: nothing can be told.
        return undefined;
      }
    },
    stateText: () => asked('s3:GetObject', key, () => objects.get(key)),
    lockText: () => asked('s3:GetObject', `${key}.tflock`, () => objects.get(`${key}.tflock`)),
    versions: {
      list: (limit) => asked('s3:ListBucketVersions', '', () => objects.versions(key, limit)),
      read: (id) => asked('s3:GetObjectVersion', key, () => objects.getVersion(key, id)),
    },
  };
}

function explained(
  thrown: unknown,
  {
    right,
    bucket,
    target,
  }: { readonly right: string; readonly bucket: string; readonly target: string },
): OperationError {
  const error = toError(thrown);
  const details = { right, bucket, target };
  const place = target === '' ? bucket : `${bucket}/${target}`;
  if (isDenied(error)) {
    return new OperationError(
      'sidecar-denied',
      `the role may not ${right} on arn:aws:s3:::${place}`,
      { details, cause: error },
    );
  }
  return new OperationError(
    'sidecar-failed',
    `s3://${place} cannot be used: ${error.name}: ${error.message}`,
    { details, cause: error },
  );
}

/** `AccessDenied` with a body; a HEAD request has the status alone. */
function isDenied(error: Error): boolean {
  if (error.name === 'AccessDenied') return true;
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'httpStatusCode' in metadata &&
    metadata.httpStatusCode === 403
  );
}
