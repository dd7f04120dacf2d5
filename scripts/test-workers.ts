/** What this machine has for tests. */
interface Machine {
  readonly cores: number;
  readonly freeBytes: number;
}

/** A suite with its emulator, and an action that plans two stacks with the AWS provider. */
const workerBytes = 2 * 1024 ** 3;

/**
 * How many suites run at once: two for each core, since a suite waits for a third of its time
 * (locks, grace periods, the emulator's clock), and no more than the free memory carries.
 */
export function testWorkers({ cores, freeBytes }: Machine): number {
  return Math.max(1, Math.min(cores * 2, Math.floor(freeBytes / workerBytes)));
}
