import type { Backend } from '../backends/process.js';
import type { Registry } from './registry.js';
import { createRegistry } from './registry.js';
import type { Scope } from './scope.js';
import { scopeKey, scopeOfEcrHost } from './scope.js';

/** The registries of all accounts and regions. */
export interface Registries {
  at(scope: Scope): Registry;
  /** `host:port` under which clients reach the registry; opened when it is first asked for. */
  host(scope: Scope): Promise<string>;
  /** The registry behind a host that `host` gave, or behind ECR's own name of such a host. */
  atHost(host: string): Registry | undefined;
  list(): readonly (Scope & { readonly host: string })[];
  stop(): Promise<void>;
}

/** A port of this machine that serves one registry. */
export interface RegistryPort {
  readonly host: string;
  stop(): Promise<void>;
}

export interface RegistriesOptions {
  readonly backend: Backend;
  /** The registry that the emulator's own port serves. */
  readonly main: Scope;
  readonly mainHost: () => string;
  readonly open: (scope: Scope) => Promise<RegistryPort>;
}

/** Creates the registries: `main` at the emulator's own port, each other one at a port of its own. */
export function createRegistries(options: RegistriesOptions): Registries {
  const { backend, main } = options;
  const registries = new Map<string, Registry>();
  const ports = new Map<string, Promise<RegistryPort>>();
  const opened: (Scope & { readonly host: string })[] = [];

  function at(scope: Scope): Registry {
    const key = scopeKey(scope);
    const registry = registries.get(key) ?? createRegistry(backend, scope);
    registries.set(key, registry);
    return registry;
  }

  async function open(scope: Scope): Promise<RegistryPort> {
    const port = await options.open(scope);
    opened.push({ ...scope, host: port.host });
    return port;
  }

  const list = (): readonly (Scope & { readonly host: string })[] => [
    { ...main, host: options.mainHost() },
    ...opened,
  ];

  return {
    at,
    async host(scope) {
      const key = scopeKey(scope);
      if (key === scopeKey(main)) return options.mainHost();
      const known = ports.get(key) ?? open(scope);
      ports.set(key, known);
      return (await known).host;
    },
    atHost(host) {
      const named = scopeOfEcrHost(host);
      const found = list().find((one) =>
        named ? scopeKey(one) === scopeKey(named) : one.host === host,
      );
      if (found) return at(found);
      return named?.accountId === main.accountId ? at(named) : undefined;
    },
    list,
    async stop() {
      const all = await Promise.allSettled(ports.values());
      await Promise.all(
        all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.stop()] : [])),
      );
    },
  };
}
