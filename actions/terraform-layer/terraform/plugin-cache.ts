import { createHash } from 'node:crypto';
import { SharedLock } from './exclusive.js';

/** What decides which providers an init installs. */
export interface ProviderSources {
  /** `.terraform.lock.hcl`, where there is one. */
  readonly lockFile: string | undefined;
  /** Every `.tf` and `.tofu` file of the stack and of its local modules. */
  readonly configuration: readonly string[];
}

/**
 * Runs inits over one shared plugin cache. Terraform does not guard the cache against itself
 * (terraform#31964): the first init of each set of providers runs alone and fills it, and the
 * others of that set, which only read, run side by side.
 */
export class PluginCache {
  readonly #lock = new SharedLock();
  readonly #filled = new Set<string>();

  async init<T>(
    sources: ProviderSources,
    body: () => Promise<{ readonly ok: boolean; readonly value: T }>,
  ): Promise<T> {
    const key = providerSetKey(sources);
    const outcome = await this.#lock.run(
      () => !this.#filled.has(key),
      async () => {
        const result = await body();
        if (result.ok) this.#filled.add(key);
        return result;
      },
    );
    return outcome.value;
  }
}

const relevantLine =
  /^\s*(?:source|version)\s*=.*$|^\s*(?:resource|data|ephemeral|provider)\s+"([a-z0-9-]+)/gm;

/**
 * Equal for two stacks only where they install the same providers: the lock file says it exactly;
 * without one, every line that can name a provider, a remote module or a version counts.
 */
export function providerSetKey({ lockFile, configuration }: ProviderSources): string {
  const hash = createHash('sha256');
  if (lockFile !== undefined) return hash.update('lock\n').update(lockFile).digest('hex');
  const lines = new Set<string>();
  for (const text of configuration) {
    for (const [line, provider] of text.matchAll(relevantLine)) {
      lines.add(provider ?? line.replaceAll(/\s+/g, ' ').trim());
    }
  }
  return hash
    .update('configuration\n')
    .update([...lines].sort().join('\n'))
    .digest('hex');
}
