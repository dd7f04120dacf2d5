import { stripVTControlCharacters } from 'node:util';
import { OperationError } from '../../shared/errors.js';
import type { ChildResult } from '../../shared/process.js';
import type { Stack } from '../stacks/workspace.js';
import { runWithCare, type ChildCare } from './cared-child.js';
import { earlyArguments, stackEnvironment, variableArguments } from './command-arguments.js';
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

export interface StateCommandOptions extends ChildCare {
  readonly environment: Readonly<Record<string, string>>;
  /** For `-var`, those that the stack declares: an import evaluates the configuration. */
  readonly variables: Readonly<Record<string, string>>;
  readonly varFiles: readonly string[];
  readonly lockTimeoutSeconds: number;
}

/** The real commands; arguments go to the program as they are, no shell is involved. */
export function stateCommands(stack: Stack, options: StateCommandOptions): StateCommands {
  const lock = `-lock-timeout=${options.lockTimeoutSeconds}s`;
  const { root, varFiles, variables } = options;
  const values = { root, varFiles, variablesFor: () => variables };
  const early = earlyArguments(stack, values);

  async function run(
    words: readonly string[],
    args: readonly string[],
  ): Promise<{ readonly child: ChildResult; readonly run: StateRun }> {
    const command = words.join(' ');
    const { child, end, aftermath } = await runWithCare(
      {
        ...{ stack, command, args, logsLock: true, takesLock: args.includes(lock) },
        environment: { ...options.environment, ...stackEnvironment(stack) },
        // What it prints may be a state: the post step has no use for it.
        tellsOutput: false,
      },
      options,
    );
    const { diagnostics, heldLockId } = aftermath;
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
      const { child, run: result } = await run(['state', 'pull'], early);
      if (result.end === 'succeeded') return child.stdout.trim() === '' ? undefined : child.stdout;
      throw new OperationError(
        'state-unreadable',
        `the state of ${stack.displayId} cannot be read: ${result.lines.join(' ')}`,
      );
    },
    import: (address, id) =>
      change(['import'], ['-input=false', ...variableArguments(stack, values), address, id]),
    move: (from, to) => change(['state', 'mv'], [...early, from, to]),
    remove: (address) => change(['state', 'rm'], [...early, address]),
    untaint: (address) => change(['untaint'], [...early, address]),
    push: (file) => change(['state', 'push'], [...early, file]),
  };
}

/** Without the frame that Terraform draws around errors. */
function linesOf(text: string): readonly string[] {
  return stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.replace(/^[╷│╵] ?/u, '').trimEnd())
    .filter((line) => line !== '');
}
