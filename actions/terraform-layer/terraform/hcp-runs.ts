import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { OperationError } from '../../shared/errors.js';
import type { Stack } from '../stacks/workspace.js';
import { tokenFor, type HcpPorts } from './hcp-stacks.js';
import type { Terraform } from './terraform.js';

/** What a plan of remote execution leaves as its plan file (Terraform's source, `cloudplan`). */
const bookmarkSchema = z.object({
  remote_plan_format: z.literal(1),
  run_id: z.string().startsWith('run-'),
  hostname: z.string(),
});

/**
 * Discards the run that a plan file of remote execution stands for: it would wait over there for
 * anybody to confirm it, past every review and gate of this side. What fails here is told, and no
 * more: the next run that is applied in that workspace discards it too.
 */
export async function discardSavedRun(
  stack: Stack,
  planFile: string,
  ports: HcpPorts,
): Promise<void> {
  const bookmark = bookmarkSchema.safeParse(await readJson(planFile));
  if (!bookmark.success) return;
  const { hostname: host, run_id: runId } = bookmark.data;
  try {
    const token = await tokenFor(stack, host, ports);
    const discarded =
      token.kind === 'token' && (await ports.api.discardRun({ host, runId }, token.token));
    if (discarded) return;
    ports.log.info(`${stack.displayId}: the run ${runId} on ${host} could not be discarded`);
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    ports.log.warning(`${stack.displayId}: the run ${runId} is not discarded: ${thrown.message}`);
  }
}

/** A Terraform that only shows plans: no run of remote execution is left to be confirmed. */
export function withoutSavedRuns(
  terraform: Terraform,
  remoteStacks: ReadonlySet<string>,
  ports: HcpPorts,
): Terraform {
  return {
    ...terraform,
    async show(stack, planFile) {
      const shown = await terraform.show(stack, planFile);
      if (remoteStacks.has(stack.id)) await discardSavedRun(stack, planFile, ports);
      return shown;
    },
  };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    // A plan file of local execution is an archive.
    return undefined;
  }
}
