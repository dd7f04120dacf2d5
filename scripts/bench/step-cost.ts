import type { TestEmulator } from '../../test/support/emulator.js';
import type { StepResult } from '../../test/support/runner.js';

/** What one step has cost: wall time with the start of node, and calls of APIs, most first. */
export interface StepCost {
  readonly seconds: number;
  readonly calls: readonly (readonly [operation: string, count: number])[];
  readonly totalCalls: number;
  readonly log: string;
}

/** Runs one step against the emulator. @throws Error where its outcome is another than `outcome` */
export async function costOf(
  emulator: TestEmulator,
  outcome: string,
  run: () => Promise<Pick<StepResult, 'outputs' | 'log'>>,
): Promise<StepCost> {
  await emulator.control('DELETE', 'calls');
  const startedMs = performance.now();
  const step = await run();
  const seconds = (performance.now() - startedMs) / 1000;
  const log = step.log.join('\n');
  if (step.outputs['outcome'] !== outcome) {
    throw new Error(`the step was to end as ${outcome}:\n${log}`);
  }
  const calls = Object.entries(await emulator.calls()).sort(([, left], [, right]) => right - left);
  return { seconds, calls, totalCalls: calls.reduce((sum, [, count]) => sum + count, 0), log };
}

/** Prints how often each operation was called. */
export function tellCalls({ calls }: StepCost): void {
  for (const [operation, count] of calls) {
    console.log(`  ${String(count).padStart(4)} ${operation}`);
  }
}
