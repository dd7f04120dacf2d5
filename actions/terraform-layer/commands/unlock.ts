import path from 'node:path';
import PQueue from 'p-queue';
import { OperationError } from '../../shared/errors.js';
import { writeSummary } from '../../shared/summary.js';
import { proveGatesByHand } from '../apply/prove-gates.js';
import type { Ports } from '../effects.js';
import type { Inputs } from '../inputs.js';
import { plannedStacks, type RunPlan } from '../plan.js';
import type { PublishPorts } from '../report/publish.js';
import type { RunAccess } from '../run-access.js';
import { openSession, type Session } from '../session.js';
import { forgetLock } from '../sidecar/lock-notes.js';
import { tolerance } from '../sidecar/tolerance.js';
import type { Stack } from '../stacks/workspace.js';
import { stackEnvironment } from '../terraform/command-arguments.js';
import { rescueCommands } from '../terraform/rescue-commands.js';
import { chooseLock, readLock, type StackLock } from './held-locks.js';
import { githubRunInProgress } from './run-in-progress.js';
import { locksOutput, unlockLines, unlockSummary, type UnlockResult } from './unlock-report.js';

const requestsAtOnce = 16;

/**
 * `unlock`: shows who holds the lock of each selected stack, and with `lock-id` releases that one.
 *
 * @throws UserError `lock-not-held`, `lock-run-in-progress`
 * @throws OperationError `unlock-failed`, with Terraform's words
 */
export async function unlock(
  plan: RunPlan,
  inputs: Inputs,
  ports: PublishPorts,
  opened: RunAccess | undefined,
): Promise<void> {
  const stacks = plannedStacks(plan);
  const session = await openSession(plan.environments, stacks, inputs, ports, opened);
  const locks = await readLocks(stacks, session, inputs, ports);
  const show = async (result: UnlockResult): Promise<void> => {
    const now = ports.clock.now();
    for (const line of unlockLines(result, now)) ports.log.info(ports.secrets.redact(line));
    ports.setOutput('locks', locksOutput(result));
    if (ports.env('GITHUB_STEP_SUMMARY') === undefined) return;
    await writeSummary(ports.secrets.redact(unlockSummary(result, now)));
  };
  const { lockId: id } = inputs;
  if (id === undefined) return show({ locks, release: undefined });
  const lock = chooseLock(id, locks);
  if (!inputs.dryRun) {
    const { environment } = lock.stack;
    // Of the environment that the lock is in alone: `environment` may be left out.
    const gated = plan.environments.filter(({ name }) => name === environment);
    await proveGatesByHand(gated, inputs, ports);
    await release(lock.stack, id, session, ports);
  }
  return show({ locks, release: { lock, id, done: !inputs.dryRun } });
}

async function readLocks(
  stacks: readonly Stack[],
  { sidecars }: Session,
  inputs: Inputs,
  ports: Ports,
): Promise<readonly StackLock[]> {
  const runInProgress = await githubRunInProgress(inputs.githubToken, ports);
  const queue = new PQueue({ concurrency: requestsAtOnce });
  return queue.addAll(stacks.map((stack) => () => readLock(stack, sidecars, runInProgress)));
}

async function release(stack: Stack, id: string, session: Session, ports: Ports): Promise<void> {
  const { terraform, environmentFor, program } = session;
  const init = await terraform.init(stack);
  const said = init.diagnostics.map(({ summary }) => summary).join('; ');
  if (init.end !== 'succeeded') {
    throw new OperationError('unlock-failed', `${stack.displayId}: init failed: ${said}`);
  }
  const commands = rescueCommands({
    program: program.path,
    directory: path.join(ports.root, stack.directory),
    early: session.earlyFor(stack),
    environment: { ...environmentFor(stack), ...stackEnvironment(stack) },
    runProcess: ports.runProcess,
  });
  try {
    await commands.forceUnlock(id);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : '';
    throw new OperationError(
      'unlock-failed',
      `the lock ${id} of ${stack.displayId} was not released: ${words}`,
      { cause },
    );
  }
  const sidecar = session.sidecars(stack);
  if (sidecar === undefined) return;
  const consequence = 'the word of the run that held it stays beside the state';
  await tolerance(ports)({ fallback: undefined, consequence }, () => forgetLock(sidecar, id));
}
