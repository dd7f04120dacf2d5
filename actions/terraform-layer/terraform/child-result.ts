import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import type { ChildResult } from '../../shared/process.js';
import { placeholderName } from './planned-state.js';
import type { TerraformRun } from './terraform.js';

const outputsSchema = z.record(z.string(), z.object({ value: z.unknown() }));

/** What `terraform output -json` wrote, by name; undefined where that cannot be read. */
export function outputsIn(child: ChildResult): z.infer<typeof outputsSchema> | undefined {
  return parseJsonAs(outputsSchema, child.stdout);
}

/** Without the lines on what stands in for unknown states, and the sum that counts it. */
export function withoutPlaceholderLines(run: TerraformRun): TerraformRun {
  const lines = run.lines.filter(
    (line) => !line.includes(placeholderName) && !/^Plan: \d+ to /.test(line),
  );
  return { ...run, lines };
}

/** How a child ended; a plan that finds changes ends with 2 (`-detailed-exitcode`). */
export function endOf(child: ChildResult, command: string): TerraformRun['end'] {
  if (child.exitCode === 0 || (command === 'plan' && child.exitCode === 2)) return 'succeeded';
  if (child.interrupted) return 'interrupted';
  return child.endedBySignal === undefined ? 'failed' : 'killed';
}

/** Terraform warns of a lock file that is incomplete by our own wish, and that nobody keeps. */
export function withoutLockFileWarning(run: TerraformRun): TerraformRun {
  return {
    ...run,
    diagnostics: run.diagnostics.filter(
      ({ summary }) => summary !== 'Incomplete lock file information for providers',
    ),
  };
}
