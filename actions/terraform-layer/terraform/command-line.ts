import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { OperationError } from '../../shared/errors.js';
import type { ChildResult, RunProcess } from '../../shared/process.js';
import type { Stack } from '../stacks/workspace.js';
import { CreatedResources } from '../sidecar/journal.js';
import type { WatchLock } from '../sidecar/lock-watch.js';
import type { Aftermath, EndedChild } from './aftermath.js';
import {
  endOf,
  outputsIn,
  withoutLockFileWarning,
  withoutPlaceholderLines,
} from './child-result.js';
import { noteChild, type RestInstructions } from './children.js';
import {
  initArguments,
  initEnvironment,
  stackEnvironment,
  variableArguments,
} from './command-arguments.js';
import { distinctDiagnostics, type Diagnostic } from './diagnostics.js';
import { parseEvent, type TerraformEvent } from './events.js';
import { SharedLock } from './exclusive.js';
import type { FormerState } from './former-state.js';
import { heldLockIn, lockLogEnvironment } from './held-lock.js';
import { PluginCache } from './plugin-cache.js';
import { pluginEnvironment, providerSources } from './provider-sources.js';
import { makeScratchCopy } from './scratch-copy.js';
import { stackFileName } from './stack-file.js';
import type { PlanRun, Terraform, TerraformRun } from './terraform.js';

export interface CommandLineOptions {
  /** Absolute path of the program. */
  readonly program: string;
  /** Absolute path of the repository's root. */
  readonly root: string;
  /** The environment of each child, by the stack's environment. */
  readonly environmentFor: (stack: Stack) => Readonly<Record<string, string>>;
  /** What `init` alone gets beside that: access to private modules. */
  readonly initEnvironment: Readonly<Record<string, string>>;
  /** For `-var`, those that this stack declares. */
  readonly variablesFor: (stack: Stack) => Readonly<Record<string, string>>;
  /** For `-var-file` after the stack's own; relative to the root. */
  readonly varFiles: readonly string[];
  readonly lockTimeoutSeconds: number;
  /** Where running children are noted for the post step. */
  readonly childrenDirectory: string;
  /** Where Terraform's own logs lie until the run ends. */
  readonly logDirectory: string;
  /** `TF_PLUGIN_CACHE_DIR` for stacks; undefined where the user's CLI config sets one. */
  readonly pluginCacheDirectory: string | undefined;
  /** By stack id: those whose state is still elsewhere, for runs that only look. */
  readonly formerStates?: ReadonlyMap<string, FormerState>;
  readonly runProcess: RunProcess;
  /** What the post step is told of a child, in case that this process is killed. */
  readonly restOf?: (child: {
    readonly stack: Stack;
    readonly environment: Readonly<Record<string, string>>;
    readonly outputDirectory: string | undefined;
    readonly startedAt: number;
  }) => RestInstructions;
  /** Leaves word of the locks that children hold. */
  readonly watchLock?: WatchLock;
  /** Puts in order what a child leaves; the post step still knows of the child meanwhile. */
  readonly afterChild?: (ended: EndedChild) => Promise<Aftermath>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Where the Terraform of a stack's command tells which lock it holds. */
export function lockLogFile(logDirectory: string, stack: Stack, command: string): string {
  return path.join(logDirectory, stackFileName(stack, `${command}.log`));
}

/** Runs Terraform as child processes, each in a session of its own. */
export function commandLineTerraform(options: CommandLineOptions): Terraform {
  const pluginCache = new PluginCache();
  /** Stacks of several environments may share a directory and its lock file. */
  const directoryLocks = new Map<string, SharedLock>();
  const formerOf = ({ id }: Stack): FormerState | undefined => options.formerStates?.get(id);

  async function run(
    stack: Stack,
    command: 'init' | 'plan' | 'apply' | 'show' | 'output',
    args: readonly string[],
    extra: {
      readonly environment?: Readonly<Record<string, string>>;
      readonly onEvent?: ((event: TerraformEvent) => void) | undefined;
      /** Absolute; where it runs instead of the stack's own directory. */
      readonly directory?: string;
    } = {},
  ): Promise<{ readonly child: ChildResult; readonly run: TerraformRun }> {
    const began = options.now();
    const lines: string[] = [];
    const diagnostics: Diagnostic[] = [];
    const own = options.environmentFor(stack);
    const lockLog = lockLogFile(options.logDirectory, stack, command);
    const environment = { ...own, ...stackEnvironment(stack, formerOf(stack)) };
    const created = new CreatedResources(undefined);
    const logsLock = command === 'plan' || command === 'apply';
    const takesLock = logsLock && !args.includes('-lock=false');
    const watch = takesLock ? options.watchLock?.({ stack, command, lockLog }) : undefined;
    let note: Promise<() => Promise<void>> | undefined;
    const child = await options
      .runProcess({
        command: options.program,
        args: [command, ...args],
        cwd: extra.directory ?? path.join(options.root, stack.directory),
        env: {
          ...environment,
          ...(logsLock ? lockLogEnvironment(lockLog, own) : {}),
          ...extra.environment,
        },
        signal: options.signal,
        survivesParent: true,
        onStart: (processId, outputDirectory) => {
          const { displayId, directory } = stack;
          const rest = options.restOf?.({ stack, environment, outputDirectory, startedAt: began });
          note = noteChild(options.childrenDirectory, {
            ...{ processId, stack: displayId, command, directory, lockLog },
            ...(rest === undefined ? {} : { rest }),
          });
        },
        ...(command === 'show' || command === 'output'
          ? {}
          : {
              onLine: (line: string) => {
                const event = parseEvent(line, stack.directory);
                if (event === undefined) return;
                lines.push(...event.text.split('\n'));
                if (event.kind === 'diagnostic') diagnostics.push(event.diagnostic);
                created.note(event);
                extra.onEvent?.(event);
              },
            }),
      })
      .catch(async (error: unknown) => {
        await watch?.close(undefined);
        await (
          await note
        )?.();
        throw error;
      });
    const end = endOf(child, command);
    const aftermath = await options.afterChild?.({
      ...{ stack, command, end, lockLog, environment, startedAt: began },
      created: created.entries,
    });
    const heldLockId =
      aftermath === undefined && end !== 'succeeded'
        ? await heldLockIn(lockLog)
        : aftermath?.heldLockId;
    diagnostics.push(...(aftermath?.diagnostics ?? []));
    await watch?.close(heldLockId);
    if (aftermath?.unfinished !== true) {
      await (
        await note
      )?.();
      await rm(lockLog, { force: true });
    }
    return {
      child,
      run: {
        end,
        ...(heldLockId === undefined ? {} : { heldLockId }),
        diagnostics: distinctDiagnostics(diagnostics),
        lines,
        milliseconds: options.now() - began,
      },
    };
  }

  async function init(stack: Stack): Promise<TerraformRun> {
    const lock = directoryLocks.get(stack.directory) ?? new SharedLock();
    directoryLocks.set(stack.directory, lock);
    return lock.run(
      () => true,
      async () => {
        const sources = await providerSources(options.root, stack);
        const environment = {
          ...options.initEnvironment,
          ...pluginEnvironment(options.pluginCacheDirectory, sources),
          ...initEnvironment(stack),
        };
        const locked = sources.lockFile !== undefined;
        const args = initArguments(stack, options.root, locked, formerOf(stack));
        return pluginCache.init(sources, async () => {
          const { run: result } = await run(stack, 'init', args, { environment });
          const value = sources.lockFile === undefined ? withoutLockFileWarning(result) : result;
          return { ok: value.end === 'succeeded', value };
        });
      },
    );
  }

  async function plan(
    stack: Stack,
    { planFile, onEvent, destroy = false }: Parameters<Terraform['plan']>[1],
  ): Promise<PlanRun> {
    const { child, run: result } = await run(
      stack,
      'plan',
      [
        '-input=false',
        '-json',
        '-detailed-exitcode',
        `-out=${planFile}`,
        ...(destroy ? ['-destroy'] : []),
        `-lock-timeout=${options.lockTimeoutSeconds}s`,
        ...variableArguments(stack, options),
      ],
      { onEvent },
    );
    return { ...result, hasChanges: result.end === 'succeeded' && child.exitCode === 2 };
  }

  async function planAgainst(
    stack: Stack,
    { planFile, onEvent, upstreams }: Parameters<Terraform['planAgainst']>[1],
  ): Promise<PlanRun> {
    const place = await mkdtemp(path.join(path.dirname(planFile), 'scratch-'));
    try {
      const { root } = options;
      const copy = await makeScratchCopy({
        root,
        stack,
        upstreams,
        place,
        dataDirectory: dataDirectory(stack),
      });
      const args = ['-input=false', '-json', '-detailed-exitcode', `-out=${planFile}`];
      const { child, run: result } = await run(
        stack,
        'plan',
        [...args, '-lock=false', ...variableArguments(stack, options)],
        {
          onEvent,
          directory: copy.directory,
          environment: { TF_DATA_DIR: copy.dataDirectory },
        },
      );
      return {
        ...withoutPlaceholderLines(result),
        hasChanges: result.end === 'succeeded' && child.exitCode === 2,
      };
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  }

  function dataDirectory(stack: Stack): string {
    const environment = { ...options.environmentFor(stack), ...stackEnvironment(stack) };
    const own = path.join(options.root, stack.directory);
    return path.resolve(own, environment['TF_DATA_DIR'] ?? '.terraform');
  }

  async function outputs(stack: Stack): Promise<ReadonlyMap<string, unknown>> {
    const { child, run: result } = await run(stack, 'output', ['-json']);
    if (result.end === 'interrupted') throw new OperationError('cancelled', 'cancelled');
    const outputs = result.end === 'succeeded' ? outputsIn(child) : undefined;
    if (outputs === undefined) {
      throw new OperationError(
        'outputs-unreadable',
        `the outputs of ${stack.displayId} cannot be read: ${child.stderr.trim()}`,
      );
    }
    return new Map(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  async function show(stack: Stack, planFile: string): Promise<unknown> {
    const { child, run: result } = await run(stack, 'show', ['-json', planFile]);
    if (result.end === 'interrupted') throw new OperationError('cancelled', 'cancelled');
    try {
      if (result.end !== 'succeeded') throw new Error(child.stderr.trim());
      return JSON.parse(child.stdout) as unknown;
    } catch (cause) {
      throw new OperationError(
        'plan-unreadable',
        `the plan of ${stack.displayId} cannot be read: ${cause instanceof Error ? cause.message : ''}`,
        { cause },
      );
    }
  }

  async function apply(
    stack: Stack,
    { planFile, onEvent }: Parameters<Terraform['apply']>[1],
  ): Promise<TerraformRun> {
    // Ephemeral variables are not in the plan file: Terraform wants them again.
    const args = [
      '-input=false',
      '-json',
      `-lock-timeout=${options.lockTimeoutSeconds}s`,
      ...variableArguments(stack, options),
      planFile,
    ];
    return (await run(stack, 'apply', args, { onEvent })).run;
  }

  return { init, plan, planAgainst, show, apply, outputs };
}
