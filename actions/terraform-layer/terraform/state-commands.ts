import { rm } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { OperationError } from '../../shared/errors.js';
import type { ChildResult, RunProcess } from '../../shared/process.js';
import type { Stack } from '../stacks/workspace.js';
import type { WatchLock } from '../sidecar/lock-watch.js';
import type { Aftermath, EndedChild } from './aftermath.js';
import { noteChild, type RestInstructions } from './children.js';
import { stackEnvironment, variableArguments } from './command-arguments.js';
import { lockLogEnvironment } from './held-lock.js';
import { stackFileName } from './stack-file.js';
import type { TerraformRun } from './terraform.js';

/** How one command on a state ended. */
export interface StateRun {
  readonly end: TerraformRun['end'];
  /** What it printed, its errors last, and what was put in order after it. */
  readonly lines: readonly string[];
  /** The lock that it left behind and that could not be released. */
  readonly heldLockId?: string;
}

/** Terraform's commands on the state of one stack, which must be initialised. */
export interface StateCommands {
  /**
   * Text of the state as it is; undefined where there is none. Holds sensitive values.
   *
   * @throws OperationError `state-unreadable`
   */
  pull(): Promise<string | undefined>;
  import(address: string, id: string): Promise<StateRun>;
  move(from: string, to: string): Promise<StateRun>;
  remove(address: string): Promise<StateRun>;
  untaint(address: string): Promise<StateRun>;
  /** Makes the state what a file says; refused by Terraform unless its serial is a newer one. */
  push(file: string): Promise<StateRun>;
}

export interface StateCommandOptions {
  /** Absolute path of the program. */
  readonly program: string;
  /** Absolute path of the repository's root. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  /** For `-var`, those that the stack declares: an import evaluates the configuration. */
  readonly variables: Readonly<Record<string, string>>;
  readonly varFiles: readonly string[];
  readonly lockTimeoutSeconds: number;
  /** Where running children are noted for the post step. */
  readonly childrenDirectory: string;
  readonly logDirectory: string;
  readonly runProcess: RunProcess;
  /** What the post step is told of a child, in case that this process is killed. */
  readonly restOf: (child: {
    readonly stack: Stack;
    readonly environment: Readonly<Record<string, string>>;
    readonly outputDirectory: string | undefined;
    readonly startedAt: number;
  }) => RestInstructions;
  /** Leaves word of the locks that children hold. */
  readonly watchLock: WatchLock;
  /** Puts in order what a child leaves; the post step still knows of the child meanwhile. */
  readonly afterChild: (ended: EndedChild) => Promise<Aftermath>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** The real commands; arguments go to the program as they are, no shell is involved. */
export function stateCommands(stack: Stack, options: StateCommandOptions): StateCommands {
  const lock = `-lock-timeout=${options.lockTimeoutSeconds}s`;

  async function run(
    words: readonly string[],
    args: readonly string[],
  ): Promise<{ readonly child: ChildResult; readonly run: StateRun }> {
    const command = words.join(' ');
    const lockLog = path.join(options.logDirectory, stackFileName(stack, `${words.join('-')}.log`));
    const startedAt = options.now();
    const environment = { ...options.environment, ...stackEnvironment(stack) };
    const takesLock = args.includes(lock);
    const watch = takesLock ? options.watchLock({ stack, command, lockLog }) : undefined;
    let note: Promise<() => Promise<void>> | undefined;
    const forget = async (): Promise<void> => {
      await (
        await note
      )?.();
      await rm(lockLog, { force: true });
    };
    const child = await options
      .runProcess({
        command: options.program,
        args: [...words, ...args],
        cwd: path.join(options.root, stack.directory),
        env: { ...environment, ...lockLogEnvironment(lockLog, options.environment) },
        signal: options.signal,
        survivesParent: true,
        onStart: (processId) => {
          const { displayId, directory } = stack;
          // What it prints may be a state: the post step has no use for it.
          const rest = options.restOf({
            stack,
            environment,
            outputDirectory: undefined,
            startedAt,
          });
          note = noteChild(options.childrenDirectory, {
            ...{ processId, stack: displayId, command, directory, lockLog },
            rest,
          });
        },
      })
      .catch(async (error: unknown) => {
        await watch?.close(undefined);
        await forget();
        throw error;
      });
    const end = endOf(child);
    await note;
    const { diagnostics, heldLockId, unfinished } = await options.afterChild({
      ...{ stack, command, end, lockLog, environment, startedAt },
      created: [],
    });
    await watch?.close(heldLockId);
    if (!unfinished) await forget();
    return {
      child,
      run: {
        end,
        lines: [
          ...linesOf(command === 'state pull' ? '' : child.stdout),
          ...linesOf(child.stderr),
          ...diagnostics.map(({ summary }) => summary),
        ],
        ...(heldLockId === undefined ? {} : { heldLockId }),
      },
    };
  }

  const change = async (words: readonly string[], args: readonly string[]): Promise<StateRun> =>
    (await run(words, ['-no-color', lock, ...args])).run;

  return {
    pull: async () => {
      const { child, run: result } = await run(['state', 'pull'], []);
      if (result.end === 'succeeded') return child.stdout.trim() === '' ? undefined : child.stdout;
      throw new OperationError(
        'state-unreadable',
        `the state of ${stack.displayId} cannot be read: ${result.lines.join(' ')}`,
      );
    },
    import: (address, id) => {
      const { root, varFiles, variables } = options;
      const given = variableArguments(stack, { root, varFiles, variablesFor: () => variables });
      return change(['import'], ['-input=false', ...given, address, id]);
    },
    move: (from, to) => change(['state', 'mv'], [from, to]),
    remove: (address) => change(['state', 'rm'], [address]),
    untaint: (address) => change(['untaint'], [address]),
    push: (file) => change(['state', 'push'], [file]),
  };
}

function endOf(child: ChildResult): TerraformRun['end'] {
  if (child.exitCode === 0) return 'succeeded';
  if (child.interrupted) return 'interrupted';
  return child.endedBySignal === undefined ? 'failed' : 'killed';
}

/** Without the frame that Terraform draws around errors. */
function linesOf(text: string): readonly string[] {
  return stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.replace(/^[╷│╵] ?/u, '').trimEnd())
    .filter((line) => line !== '');
}
