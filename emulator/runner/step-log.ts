import path from 'node:path';
import { parseCommand } from './commands.js';
import type { Command } from './commands.js';
import type { SecretMasker } from './secret-masker.js';

/** A remark that GitHub shows on the run's page and beside the line it names. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title?: string;
  /** Relative to the workspace where it lies inside. */
  readonly file?: string;
  readonly line?: number;
  readonly endLine?: number;
  readonly column?: number;
  readonly endColumn?: number;
}

/** GitHub keeps this many of each level for a step; the rest is in the log only. */
export const maximumAnnotationsPerLevel = 10;

/** Longer messages are cut. */
const maximumMessageCharacters = 4096;

export interface StepLogOptions {
  readonly masker: SecretMasker;
  readonly workspace: string;
  /** Whether `::debug::` lines show, as with `ACTIONS_STEP_DEBUG`. */
  readonly debug: boolean;
  /** Gets each line as GitHub would show it: masked. */
  readonly onLine?: ((line: string) => void) | undefined;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Reads what one process of a step prints: obeys its workflow commands, and keeps its log. */
export class StepLog {
  readonly annotations: Annotation[] = [];
  /** As GitHub shows it. */
  readonly lines: string[] = [];
  /** As the process printed it, secrets included. */
  readonly rawLines: string[] = [];
  /** By `::set-output::`, which GitHub has deprecated. */
  readonly outputs = new Map<string, string>();
  /** By `::save-state::`, which GitHub has deprecated. */
  readonly state = new Map<string, string>();
  /** `::add-mask::` commands obeyed. */
  maskCount = 0;
  /** Whether a command failed: the step then fails whatever its exit code. */
  failed = false;
  private echo = false;
  private resumeToken: string | undefined;
  private readonly options: StepLogOptions;

  constructor(options: StepLogOptions) {
    this.options = options;
  }

  /** Takes one line of output, without its line break. */
  receive(line: string): void {
    this.rawLines.push(line);
    const command = parseCommand(line, this.resumeToken);
    if (this.resumeToken !== undefined) {
      if (command?.name === this.resumeToken.toLowerCase()) this.resumeToken = undefined;
      this.show(line);
    } else if (command === undefined) {
      this.show(line);
    } else {
      this.obey(command, line);
    }
  }

  /** A line of the runner's own. */
  show(text: string): void {
    for (const line of this.options.masker.mask(text).split('\n')) {
      this.lines.push(line);
      this.options.onLine?.(line);
    }
  }

  /** A remark of the runner's own, or of the action's. */
  annotate(annotation: Annotation): void {
    const mask = (text: string) => this.options.masker.mask(text);
    const message = mask(annotation.message).slice(0, maximumMessageCharacters);
    this.show(`##[${annotation.level}]${message}`);
    const before = this.annotations.filter(({ level }) => level === annotation.level);
    if (before.length >= maximumAnnotationsPerLevel) return;
    this.annotations.push({
      ...annotation,
      message,
      ...(annotation.title === undefined ? {} : { title: mask(annotation.title) }),
      ...(annotation.file === undefined ? {} : { file: mask(annotation.file) }),
    });
  }

  /** An error that fails the step. */
  fail(message: string): void {
    this.failed = true;
    this.annotate({ level: 'error', message });
  }

  private obey(command: Command, line: string): void {
    const { name, data } = command;
    const silent = ['add-mask', 'debug', 'error', 'notice', 'warning', 'group', 'endgroup'];
    if (this.echo && !silent.includes(name)) this.show(line);
    switch (name) {
      case 'add-mask':
        this.addMask(data);
        return;
      case 'debug':
        if (this.options.debug) this.show(`##[debug]${data}`);
        return;
      case 'error':
      case 'notice':
      case 'warning':
        this.annotate(this.annotation(name, command));
        return;
      case 'group':
      case 'endgroup':
        this.show(`##[${name}]${name === 'group' ? data : ''}`);
        return;
      case 'stop-commands':
        this.stopCommands(data, line);
        return;
      case 'echo':
        this.setEcho(data);
        return;
      case 'set-output':
      case 'save-state':
        this.keep(name, command);
        return;
      case 'set-env':
      case 'add-path':
        this.fail(`The \`${name}\` command is disabled: use the environment files`);
        return;
      default:
        // add-matcher and remove-matcher: problem matchers are GitHub's to apply.
        return;
    }
  }

  private addMask(secret: string): void {
    if (secret.trim() === '') {
      this.annotate({
        level: 'warning',
        message: "Can't add secret mask for empty string in ##[add-mask] command.",
      });
      return;
    }
    this.options.masker.add(secret);
    this.maskCount += 1;
    if (this.echo) this.show('::add-mask::***');
  }

  private annotation(level: Annotation['level'], { properties, data }: Command): Annotation {
    const numbers = {
      line: wholeNumber(properties['line']),
      endLine: wholeNumber(properties['endline']),
      column: wholeNumber(properties['col']),
      endColumn: wholeNumber(properties['endcolumn']),
    };
    const { title, file } = properties;
    return {
      level,
      message: data,
      ...(title === undefined ? {} : { title }),
      ...(file === undefined ? {} : { file: this.relative(file) }),
      ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
    };
  }

  private relative(file: string): string {
    const relative = path.relative(this.options.workspace, file);
    return path.isAbsolute(file) && !relative.startsWith('..') ? relative : file;
  }

  private stopCommands(token: string, line: string): void {
    // The runner refuses tokens that anyone could guess.
    if (token === '' || parseCommand(`::${token}::`) !== undefined || token === 'pause-logging') {
      this.fail("Invalid token for 'stop-commands': it is empty or the name of a command");
      return;
    }
    this.resumeToken = token;
    this.show(line);
  }

  private setEcho(data: string): void {
    const value = data.trim().toLowerCase();
    if (value !== 'on' && value !== 'off') {
      this.fail(
        `Invalid echo command value. Possible values can be: 'on', 'off'. It is: '${data}'`,
      );
      return;
    }
    this.echo = value === 'on';
  }

  private keep(name: 'set-output' | 'save-state', { properties, data }: Command): void {
    const key = properties['name'];
    if (key === undefined) {
      this.fail(`Required field 'name' is missing in ##[${name}] command.`);
      return;
    }
    this.annotate({ level: 'warning', message: `The \`${name}\` command is deprecated` });
    (name === 'set-output' ? this.outputs : this.state).set(key, data);
  }
}
