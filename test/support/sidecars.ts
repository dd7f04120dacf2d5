import { createHash } from 'node:crypto';
import type {
  Sidecar,
  SidecarName,
  Sidecars,
} from '../../actions/terraform-layer/sidecar/sidecar.js';
import type { Tolerate } from '../../actions/terraform-layer/sidecar/tolerance.js';

/** A sidecar in memory, with what a test puts beside it. */
export interface MemorySidecar extends Sidecar {
  /** What lies there. */
  readonly objects: Map<SidecarName, string>;
  /** Each write and removal, in order: `write journal`. */
  readonly changes: string[];
  state: string | undefined;
  lock: string | undefined;
  /** Thrown by every write while set. */
  failure: Error | undefined;
}

export function memorySidecar(objects = new Map<SidecarName, string>()): MemorySidecar {
  const changes: string[] = [];
  const sidecar: MemorySidecar = {
    ...{ objects, changes, state: undefined, lock: undefined, failure: undefined },
    place: 's3://states/app.tfstate.infra/',
    read: (name) => Promise.resolve(objects.get(name)),
    write: (name, text) => {
      if (sidecar.failure !== undefined) return Promise.reject(sidecar.failure);
      changes.push(`write ${name}`);
      objects.set(name, text);
      return Promise.resolve();
    },
    remove: (name) => {
      changes.push(`remove ${name}`);
      objects.delete(name);
      return Promise.resolve();
    },
    stateVersion: () =>
      Promise.resolve(
        sidecar.state === undefined
          ? 'absent'
          : createHash('sha256').update(sidecar.state).digest('hex'),
      ),
    stateText: () => Promise.resolve(sidecar.state),
    lockText: () => Promise.resolve(sidecar.lock),
    versions: { list: () => Promise.resolve([]), read: () => Promise.resolve(undefined) },
  };
  return sidecar;
}

/** The same sidecar for every stack. */
export const onlySidecar =
  (sidecar: Sidecar | undefined): Sidecars =>
  () =>
    sidecar;

/** Nothing may fail. */
export const intolerant: Tolerate = (_, body) => body();

/** A state as Terraform writes it, of resources by address part. */
export function stateOf(
  resources: readonly {
    readonly module?: string;
    readonly type: string;
    readonly name: string;
    readonly key?: string | number;
    readonly id: string;
  }[],
  { serial = 1, lineage = 'l' } = {},
): string {
  return JSON.stringify({
    ...{ version: 4, serial, lineage, outputs: {} },
    resources: resources.map(({ module, type, name, key, id }) => ({
      ...(module === undefined ? {} : { module }),
      ...{ mode: 'managed', type, name, provider: 'p' },
      instances: [{ ...(key === undefined ? {} : { index_key: key }), attributes: { id } }],
    })),
  });
}

/** The lock file that Terraform's S3 backend writes. */
export function lockText(id: string, created = '2026-01-01T00:00:00Z'): string {
  return JSON.stringify({
    ...{ ID: id, Operation: 'OperationTypeApply', Info: '', Who: 'root@vm' },
    ...{ Version: '1.11.4', Created: created, Path: 'states/app.tfstate' },
  });
}
