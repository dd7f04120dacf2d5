import type { Command } from 'commander';
import type { Env } from '../actions/shared/env.js';
import type { RunProcess } from '../actions/shared/process.js';
import type { ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import type { Definitions } from './workflows/definitions.js';

/** What commands work with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: Env;
  readonly runProcess: RunProcess;
  readonly workingDirectory: string;
  readonly definitions: Definitions;
  /** Takes what the command ends with. */
  readonly end: (code: ExitCode) => void;
}

/** Adds a command to the program; one file of `commands/` each. */
export type AddCommand = (program: Command, context: CommandContext) => void;
