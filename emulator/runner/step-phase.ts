import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runEntry } from './entry-process.js';
import type { RunnerTimes } from './entry-process.js';
import { FileCommandError, parseKeyValueFile, parsePathFile } from './file-commands.js';
import type { SecretMasker } from './secret-masker.js';
import { StepLog } from './step-log.js';
import type { Annotation } from './step-log.js';

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

/** What one process of a step (`main` or `post`) did. */
export interface PhaseResult {
  readonly conclusion: Exclude<Conclusion, 'skipped'>;
  /** null where a signal ended the process. */
  readonly exitCode: number | null;
  readonly endedBy: NodeJS.Signals | null;
  /** What the runner sent because of a cancellation, in order. */
  readonly signalsSent: readonly NodeJS.Signals[];
  /** The process had ended, and something that it started still held its output open. */
  readonly outputHeldOpen: boolean;
  readonly annotations: readonly Annotation[];
  /** As GitHub shows it: secrets masked, commands rendered. */
  readonly log: readonly string[];
  /** As the process printed it, secrets included: for tests that look for what was not masked. */
  readonly rawLog: readonly string[];
  /** What it wrote to `GITHUB_STEP_SUMMARY`: markdown, masked. */
  readonly summary: string;
  readonly outputs: ReadonlyMap<string, string>;
  readonly state: ReadonlyMap<string, string>;
  /** By `GITHUB_ENV`. */
  readonly env: ReadonlyMap<string, string>;
  /** By `GITHUB_PATH`, oldest first. */
  readonly path: readonly string[];
  /** `::add-mask::` commands. */
  readonly maskCount: number;
  readonly durationMilliseconds: number;
}

export interface PhaseOptions {
  readonly script: string;
  readonly workspace: string;
  readonly temporary: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly times: RunnerTimes;
  readonly masker: SecretMasker;
  readonly debug: boolean;
  readonly onLine: ((line: string) => void) | undefined;
  /** Warnings of the runner's own, shown before the process starts. */
  readonly warnings: readonly string[];
}

/** The runner refuses to upload a larger summary. */
const maximumSummaryBytes = 1024 * 1024;

/** Would reach every later Node process of the job. */
const refusedVariables = ['NODE_OPTIONS'];

const fileCommands = ['OUTPUT', 'ENV', 'PATH', 'STATE', 'STEP_SUMMARY'] as const;
type FileCommand = (typeof fileCommands)[number];

function readValues(log: StepLog, name: string, text: string): Map<string, string> {
  try {
    return parseKeyValueFile(text);
  } catch (error) {
    if (!(error instanceof FileCommandError)) throw error;
    log.fail(`Unable to process file command '${name}' successfully.`);
    log.fail(error.message);
    return new Map();
  }
}

function readEnvironment(log: StepLog, text: string): Map<string, string> {
  const values = readValues(log, 'env', text);
  for (const name of refusedVariables) {
    if (!values.delete(name)) continue;
    log.annotate({
      level: 'error',
      message: `Can't store ${name} output parameter using '$GITHUB_ENV' command.`,
    });
  }
  return values;
}

function readSummary(log: StepLog, masker: SecretMasker, text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maximumSummaryBytes) return masker.mask(text);
  log.annotate({
    level: 'error',
    message: `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${maximumSummaryBytes / 1024}k, got ${Math.ceil(bytes / 1024)}k`,
  });
  return '';
}

/** Runs one process of a step, with fresh command files, and reads what it left in them. */
export async function runPhase(options: PhaseOptions): Promise<PhaseResult> {
  const directory = path.join(options.temporary, '_runner_file_commands', randomUUID());
  await mkdir(directory, { recursive: true });
  const files = Object.fromEntries(
    fileCommands.map((name) => [name, path.join(directory, name.toLowerCase())]),
  ) as Record<FileCommand, string>;
  await Promise.all(fileCommands.map((name) => writeFile(files[name], '')));

  const log = new StepLog(options);
  for (const message of options.warnings) log.annotate({ level: 'warning', message });
  const ended = await runEntry({
    script: options.script,
    directory: options.workspace,
    env: {
      ...options.env,
      ...Object.fromEntries(fileCommands.map((name) => [`GITHUB_${name}`, files[name]])),
    },
    signal: options.signal,
    times: options.times,
    onLine: (line) => log.receive(line),
  });

  // A file that the action removed counts as empty.
  const content = async (name: FileCommand) => readFile(files[name], 'utf8').catch(() => '');
  const outputs = readValues(log, 'output', await content('OUTPUT'));
  const state = readValues(log, 'state', await content('STATE'));
  const env = readEnvironment(log, await content('ENV'));
  const summary = readSummary(log, options.masker, await content('STEP_SUMMARY'));
  const pathEntries = parsePathFile(await content('PATH'));
  await rm(directory, { recursive: true, force: true });

  if (options.debug) {
    const how = ended.endedBy ?? `exit code ${String(ended.exitCode)}`;
    log.show(`##[debug]Node Action run completed with ${how}`);
  }
  return {
    conclusion: ended.cancelled
      ? 'cancelled'
      : ended.exitCode === 0 && !log.failed
        ? 'success'
        : 'failure',
    exitCode: ended.exitCode,
    endedBy: ended.endedBy,
    signalsSent: ended.signalsSent,
    outputHeldOpen: ended.outputHeldOpen,
    annotations: log.annotations,
    log: log.lines,
    rawLog: log.rawLines,
    summary,
    outputs: new Map([...log.outputs, ...outputs]),
    state: new Map([...log.state, ...state]),
    env,
    path: pathEntries,
    maskCount: log.maskCount,
    durationMilliseconds: ended.durationMilliseconds,
  };
}
