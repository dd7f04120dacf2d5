import type { Secrets } from '../../shared/secrets.js';
import type { EnvironmentAccess } from '../terraform/access.js';
import { localStateFile, s3PlaceOf } from './backend-place.js';
import { sdkLockTable, type LockTable } from './lock-table.js';
import { localSidecar } from './local-sidecar.js';
import { sdkS3Objects, type S3Objects } from './s3-objects.js';
import { s3Sidecar } from './s3-sidecar.js';
import type { Sidecar, Sidecars } from './sidecar.js';

/** Where the SDK looks where neither the backend nor the environment names a region. */
const fallbackRegion = 'us-east-1';

/**
 * The sidecars of a run's stacks, each with the access of its environment; stacks of one
 * environment that reach S3 in the same way share a client, which is opened with its first use.
 */
export function openSidecars(
  session: { readonly access: ReadonlyMap<string, EnvironmentAccess> },
  ports: {
    /** Absolute path of the repository's root. */
    readonly root: string;
    readonly secrets: Secrets;
  },
): Sidecars {
  const clients = new Map<string, S3Objects>();
  const tables = new Map<string, LockTable>();
  const sidecars = new Map<string, Sidecar | undefined>();
  return (stack) => {
    // A stack of an earlier commit may have the same id, and its state elsewhere.
    const identity = JSON.stringify([stack.environment, stack.id, stack.stateKey]);
    if (!sidecars.has(identity)) sidecars.set(identity, open());
    return sidecars.get(identity);

    function open(): Sidecar | undefined {
      const file = localStateFile(stack, ports.root);
      if (file !== undefined) return localSidecar(file);
      const found = s3PlaceOf(stack);
      if (found === undefined) return undefined;
      const { place, secrets } = found;
      for (const secret of [secrets.keys?.secretAccessKey, secrets.customerKey]) {
        if (secret !== undefined) ports.secrets.add(secret);
      }
      const { key: _, locks, ...reach } = place;
      const name = JSON.stringify([stack.environment, reach, secrets.keys?.accessKeyId]);
      const aws = session.access.get(stack.environment)?.aws ?? { region: fallbackRegion };
      const objects = clients.get(name) ?? sdkS3Objects(reach, secrets, aws);
      clients.set(name, objects);
      if (locks.table === undefined) return s3Sidecar(place, objects);
      const tableName = JSON.stringify([name, locks.table]);
      const table =
        tables.get(tableName) ?? sdkLockTable({ ...reach, table: locks.table }, secrets, aws);
      tables.set(tableName, table);
      return s3Sidecar(place, objects, table);
    }
  };
}
