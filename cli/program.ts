import { Command, CommanderError } from 'commander';
import { formatProblem, OperationError, toError, UserError } from '../actions/shared/errors.js';
import { visible } from '../actions/shared/markdown.js';
import type { AddCommand, CommandContext } from './command.js';
import { addDoctor } from './commands/doctor.js';
import { addGraph } from './commands/graph.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { styled } from './terminal.js';

const commands: readonly AddCommand[] = [addDoctor, addGraph];

/** Runs one command line, without the program's own name; gives what the process ends with. */
export async function runProgram(
  args: readonly string[],
  context: Omit<CommandContext, 'end'>,
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.fine;
  const program = createProgram({ ...context, end: (given) => (code = given) });
  if (args.length === 0) {
    program.outputHelp();
    return code;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said already what was wrong, or has printed the help that was asked for.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
    }
    return tell(toError(error), context);
  }
}

function createProgram(context: CommandContext): Command {
  const { terminal, definitions } = context;
  const program = new Command('infra')
    .description('What the workflows of infra-actions do, in a terminal.')
    .version(definitions.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('Run "infra --help" to see what there is.')
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
      getOutHasColors: () => terminal.colours,
      getErrHasColors: () => terminal.errColours,
    })
    .addHelpText(
      'after',
      `
Examples:
  $ infra doctor
  $ infra graph --env production
  $ infra help doctor

Exit codes:
  0  fine
  1  the command has found problems
  2  the command line is wrong
  3  something failed, such as GitHub not answering

Colours are off with NO_COLOR, and where the output is no terminal.`,
    );
  for (const add of commands) add(program, context);
  return program;
}

function tell(error: Error, { terminal }: Omit<CommandContext, 'end'>): ExitCode {
  const red = (text: string): string => styled({ colours: terminal.errColours }, 'red', text);
  if (error instanceof UserError) {
    for (const problem of error.problems) {
      terminal.err(`${red('problem')}  ${visible(formatProblem(problem))}\n`);
    }
    return exitCodes.problems;
  }
  const code = error instanceof OperationError ? ` (${error.code})` : '';
  terminal.err(`${red('failed')}  ${visible(error.message)}${code}\n`);
  return exitCodes.failed;
}
