/** Counts calls per `<service>.<Operation>`. */
export interface Calls {
  record(service: string, operation: string): void;
  counts(): Record<string, number>;
  clear(): void;
}

/** Creates a counter at zero. */
export function createCalls(): Calls {
  const counts = new Map<string, number>();
  return {
    record(service, operation) {
      const name = `${service}.${operation}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
    counts: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    clear: () => counts.clear(),
  };
}
