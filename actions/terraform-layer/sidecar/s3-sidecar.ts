import { OperationError, toError } from '../../shared/errors.js';
import type { S3Place } from './backend-place.js';
import type { LockTable } from './lock-table.js';
import type { S3Objects } from './s3-objects.js';
import type { Sidecar } from './sidecar.js';

/**
 * A sidecar as objects below `<state key>.infra/`; `table` is where the backend locks, where that
 * is in DynamoDB.
 */
export function s3Sidecar(place: S3Place, objects: S3Objects, table?: LockTable): Sidecar {
  const { bucket, key, locks } = place;
  const object = (name: string): string => `${key}.infra/${name}`;
  /** `target` is a key, or empty for the bucket itself. */
  const asked = async <T>(right: string, target: string, body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } catch (thrown) {
      const name = target === '' ? bucket : `${bucket}/${target}`;
      const names = { place: `s3://${name}`, resource: `arn:aws:s3:::${name}` };
      throw explained(thrown, names, { right, bucket, target });
    }
  };
  const lockFile = `${key}.tflock`;
  const fileText = (): Promise<string | undefined> =>
    asked('s3:GetObject', lockFile, () => objects.get(lockFile));
  const tableText = async (): Promise<string | undefined> => {
    if (table === undefined || locks.table === undefined) return undefined;
    const { name } = locks.table;
    try {
      return await table.read(bucket, key);
    } catch (thrown) {
      const names = { place: `the DynamoDB table ${name}`, resource: `the table ${name}` };
      throw explained(thrown, names, { right: 'dynamodb:GetItem', bucket, table: name });
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
    lockText: async () => {
      // Where both are in use the lock stands in both, or, of an older configuration, in the table.
      const ofFile = locks.file || locks.table === undefined ? await fileText() : undefined;
      return ofFile ?? (await tableText());
    },
    versions: {
      list: (limit) => asked('s3:ListBucketVersions', '', () => objects.versions(key, limit)),
      read: (id) => asked('s3:GetObjectVersion', key, () => objects.getVersion(key, id)),
    },
  };
}

function explained(
  thrown: unknown,
  names: { readonly place: string; readonly resource: string },
  details: Readonly<Record<string, string>> & { readonly right: string },
): OperationError {
  const error = toError(thrown);
  if (isDenied(error)) {
    return new OperationError(
      'sidecar-denied',
      `the role may not ${details.right} on ${names.resource}`,
      { details, cause: error },
    );
  }
  return new OperationError(
    'sidecar-failed',
    `${names.place} cannot be used: ${error.name}: ${error.message}`,
    { details, cause: error },
  );
}

/** `AccessDenied` of S3, with `Exception` of DynamoDB; a HEAD request has the status alone. */
function isDenied(error: Error): boolean {
  if (error.name === 'AccessDenied' || error.name === 'AccessDeniedException') return true;
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'httpStatusCode' in metadata &&
    metadata.httpStatusCode === 403
  );
}
