/** What this machine has for Terraform. */
export interface Machine {
  readonly cores: number;
  readonly freeBytes: number;
}

const mebibyte = 1024 * 1024;
/** Peak of a plan with the AWS provider, terraform and provider together (measured). */
const planBytes = 700 * mebibyte;

/** As many stacks at once as cores and memory carry. */
export function defaultParallelism({ cores, freeBytes }: Machine): number {
  return Math.max(1, Math.min(cores, Math.floor(freeBytes / planBytes)));
}

/** Below it a limit comes near what a provider or a large plan keeps alive. */
const leastLimitMebibytes = 256;
/** Above it a plan of the AWS provider, or of 10,000 resources, gains nothing. */
const mostLimitMebibytes = 1200;

/**
 * Tunes Go's garbage collector, which takes much of a plan's CPU time on the schemas of a large
 * provider: off until the heap reaches a limit, which is a share of the free memory. Terraform and
 * its provider are two processes for each stack, and each has the limit to itself. What the user
 * has set wins.
 *
 * Off is only safe while the limit stays above what is alive: below that the collector runs all
 * the time, though Go holds it to half of the CPU (Go's "A Guide to the Go Garbage Collector",
 * "Memory limit"). Measured with Terraform 1.11.4, CPU seconds of one plan: the AWS provider 3.0
 * untouched, 1.75 with a limit of 1200 MiB, 2.0 with 300, 2.4 with 200; 10,000 resources 9.0
 * untouched, 6.7 with 1200, 7.8 with 300, 10.0 with 150, 31 with 60. So there is no limit below
 * 256 MiB: then `GOGC=400`, which grows with what is alive and knows no such edge (2.2 and 6.6).
 */
export function collectorEnvironment(
  { freeBytes }: Pick<Machine, 'freeBytes'>,
  parallelism: number,
  own: { readonly gogc: string | undefined; readonly memoryLimit: string | undefined },
): Readonly<Record<string, string>> {
  if (own.gogc !== undefined || own.memoryLimit !== undefined) return {};
  const share = Math.floor((freeBytes * 0.8) / (parallelism * 2) / mebibyte);
  if (share < leastLimitMebibytes) return { GOGC: '400' };
  return { GOGC: 'off', GOMEMLIMIT: `${Math.min(share, mostLimitMebibytes)}MiB` };
}
