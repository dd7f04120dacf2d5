import type { Sidecar, SidecarName } from '../../actions/terraform-layer/sidecar/sidecar.js';

/** A sidecar in memory; `objects` is what lies there. */
export function fakeSidecar(objects = new Map<SidecarName, string>()): Sidecar & {
  readonly objects: Map<SidecarName, string>;
} {
  return {
    objects,
    place: 's3://states/key.infra/',
    read: (name) => Promise.resolve(objects.get(name)),
    write: (name, text) => {
      objects.set(name, text);
      return Promise.resolve();
    },
    remove: (name) => {
      objects.delete(name);
      return Promise.resolve();
    },
    stateVersion: () => Promise.resolve(undefined),
    stateText: () => Promise.resolve(undefined),
    lockText: () => Promise.resolve(undefined),
  };
}
