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

/**
 * Tunes Go's garbage collector, which takes most of a plan's CPU time on the schemas of a large
 * provider: off below a memory limit where memory allows that, else run less often. Terraform and
 * its provider are two processes for each stack, and each has the limit to itself. What the user
 * has set wins.
 */
export function collectorEnvironment(
  { freeBytes }: Pick<Machine, 'freeBytes'>,
  parallelism: number,
  own: { readonly gogc: string | undefined; readonly memoryLimit: string | undefined },
): Readonly<Record<string, string>> {
  if (own.gogc !== undefined || own.memoryLimit !== undefined) return {};
  const limit = Math.floor((freeBytes * 0.8) / (parallelism * 2) / mebibyte);
  if (limit < 700) return { GOGC: '400' };
  return { GOGC: 'off', GOMEMLIMIT: `${Math.min(limit, 1200)}MiB` };
}
