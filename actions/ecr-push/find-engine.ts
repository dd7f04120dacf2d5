import { UserError } from '../shared/errors.js';
import { containersEngine } from './engines/containers.js';
import { dockerEngine } from './engines/docker.js';
import type { Engine, EnginePorts, Probe } from './engines/engine.js';
import type { EngineName } from './inputs/source.js';

const probes: Readonly<Record<EngineName, (ports: EnginePorts) => Promise<Probe>>> = {
  docker: dockerEngine,
  podman: (ports) => containersEngine('podman', ports),
  buildah: (ports) => containersEngine('buildah', ports),
};

/**
 * Finds the engine that was asked for, or with `auto` the first that is usable.
 *
 * @throws UserError `engine-missing`, which says of each engine why it cannot be used
 */
export async function findEngine(wanted: EngineName | 'auto', ports: EnginePorts): Promise<Engine> {
  const candidates: readonly EngineName[] =
    wanted === 'auto' ? ['docker', 'podman', 'buildah'] : [wanted];
  const reasons: string[] = [];
  for (const name of candidates) {
    const probe = await probes[name](ports);
    if (probe.usable) return probe.engine;
    reasons.push(`${name}: ${probe.reason}`);
  }
  throw new UserError({
    code: 'engine-missing',
    message: `no container engine can be used here (${reasons.join('; ')})`,
    at: { input: 'engine' },
    hint: 'start or install one, or give archive: an image that was built elsewhere',
  });
}
