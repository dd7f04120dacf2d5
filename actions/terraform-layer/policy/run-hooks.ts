import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../shared/clock.js';
import { OperationError } from '../../shared/errors.js';
import type { ChildResult, RunProcess } from '../../shared/process.js';
import type { Secrets } from '../../shared/secrets.js';
import type { PlannedStack } from '../schedule/hooks.js';
import type { HookVerdict } from '../schedule/outcome.js';
import type { Stack } from '../stacks/workspace.js';
import { stackFileName } from '../terraform/stack-file.js';
import type { HookCommand, HookCommands } from './hook-commands.js';
import { hookText, sensitiveValuesOf } from './hook-text.js';
import type { SensitiveValues } from '../review/sensitive-values.js';

/** The world as the commands need it. */
export interface HookPorts {
  readonly commands: HookCommands;
  /** Private to this run; plan files lie in it for as long as a command reads them. */
  readonly directory: string;
  /** Absolute path of the repository's root, where the commands run. */
  readonly root: string;
  /** The job's own environment, without what Terraform alone is given. */
  readonly environment: Readonly<Record<string, string>>;
  readonly runProcess: RunProcess;
  /** Ends a command for good, with all that it has started. */
  readonly killGroup: (processId: number) => void;
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  readonly secrets: Secrets;
}

/**
 * Runs every policy and cost command on one plan, one after the other, and returns a verdict for
 * each. The commands get the path of the plan's JSON, which holds sensitive values in clear: it is
 * readable by this user alone, and removed before this returns. They also find `INFRA_STACK`,
 * `INFRA_ENVIRONMENT` and `INFRA_DIRECTORY` in their environment.
 *
 * A policy has passed only where its command ran to its end with exit code 0; a command that
 * cannot be started, is interrupted, or takes too long has not. The cost commands always pass.
 */
export async function runHooks(
  { json: planJson, stack, alsoSensitive }: Omit<PlannedStack, 'changes'>,
  ports: HookPorts,
): Promise<readonly HookVerdict[]> {
  const { policy, cost } = ports.commands;
  if (policy.length + cost.length === 0) return [];
  await mkdir(ports.directory, { recursive: true, mode: 0o700 });
  const file = path.join(ports.directory, stackFileName(stack, 'plan.json'));
  const sensitive = sensitiveValuesOf(planJson, alsoSensitive);
  const several = { policy: policy.length > 1, cost: cost.length > 1 };
  try {
    await writeFile(file, JSON.stringify(planJson), { mode: 0o600 });
    const verdicts: HookVerdict[] = [];
    for (const [hook, command] of [
      ...policy.map((command) => ['policy', command] as const),
      ...cost.map((command) => ['cost', command] as const),
    ]) {
      const { passed, words } = await runHook(command, file, stack, ports);
      const text = shownText(words, sensitive, ports.secrets);
      verdicts.push({
        hook,
        passed: hook === 'cost' || passed,
        text: several[hook] ? `${path.basename(command.program)}:\n${text}` : text,
      });
    }
    return verdicts;
  } finally {
    await rm(file, { force: true });
  }
}

function shownText(words: string, sensitive: SensitiveValues, secrets: Secrets): string {
  // Hidden before it is cut: half a secret would not be found.
  return hookText(secrets.redact(words), sensitive);
}

/** How long a command that was told to stop may take to do so. */
const graceSeconds = 5;

async function runHook(
  { program, args }: HookCommand,
  file: string,
  stack: Stack,
  ports: HookPorts,
): Promise<{ readonly passed: boolean; readonly words: string }> {
  const stop = new AbortController();
  const ended = new AbortController();
  const seen: { timedOut: boolean; processId?: number } = { timedOut: false };
  const onAbort = (): void => stop.abort();
  ports.signal.addEventListener('abort', onAbort, { once: true });
  if (ports.signal.aborted) stop.abort();
  stop.signal.addEventListener('abort', () => {
    void pause(ports.clock, graceSeconds, ended.signal).then((over) => {
      if (over && seen.processId !== undefined) ports.killGroup(seen.processId);
    });
  });
  void pause(ports.clock, ports.timeoutSeconds, ended.signal).then((over) => {
    if (!over) return;
    seen.timedOut = true;
    stop.abort();
  });
  try {
    const result = await ports.runProcess({
      command: program.includes('/') ? path.resolve(ports.root, program) : program,
      args: [...args, file],
      cwd: ports.root,
      env: {
        ...ports.environment,
        INFRA_STACK: stack.displayId,
        INFRA_ENVIRONMENT: stack.environment,
        INFRA_DIRECTORY: stack.directory,
      },
      signal: stop.signal,
      // Its output goes to files, and it leads a group of its own: what it leaves behind can
      // neither hold this process nor outlive a timeout.
      survivesParent: true,
      onStart: (id) => {
        seen.processId = id;
      },
    });
    const why = endingOf(result, seen.timedOut, ports.timeoutSeconds);
    return {
      passed: result.exitCode === 0 && !seen.timedOut && !result.interrupted,
      words: [result.stdout, result.stderr, why].filter((text) => text.trim() !== '').join('\n'),
    };
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    return { passed: false, words: thrown.message };
  } finally {
    ended.abort();
    ports.signal.removeEventListener('abort', onAbort);
  }
}

/** What the command itself may not have said. */
function endingOf(result: ChildResult, timedOut: boolean, timeoutSeconds: number): string {
  if (timedOut) return `ended after ${timeoutSeconds} s, which is too long`;
  if (result.interrupted) return 'cancelled';
  if (result.exitCode === undefined) return `ended by ${result.endedBySignal ?? 'a signal'}`;
  const silent = result.stdout.trim() === '' && result.stderr.trim() === '';
  return silent && result.exitCode !== 0 ? `exit code ${result.exitCode}, without a word` : '';
}

/** True where the time went by, false where `ended` came first. */
function pause(clock: Clock, seconds: number, ended: AbortSignal): Promise<boolean> {
  return clock.sleep(seconds * 1000, ended).then(
    () => !ended.aborted,
    () => false,
  );
}
