import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { OperationError } from '../../shared/errors.js';
import type { ChildResult } from '../../shared/process.js';
import type { Stack } from '../stacks/workspace.js';
import { CreatedResources } from '../sidecar/journal.js';
import { runWithCare, type ChildCare } from './cared-child.js';
import { outputsIn, withoutLockFileWarning, withoutPlaceholderLines } from './child-result.js';
import {
  earlyArguments,
  initArguments,
  initEnvironment,
  stackEnvironment,
  variableArguments,
} from './command-arguments.js';
import { distinctDiagnostics, type Diagnostic } from './diagnostics.js';
import { parseEvent, type TerraformEvent } from './events.js';
import { SharedLock } from './exclusive.js';
import { programName } from './find.js';
import type { FormerState } from './former-state.js';
import { PluginCache } from './plugin-cache.js';
import { pluginEnvironment, providerSources } from './provider-sources.js';
import { makeScratchCopy } from './scratch-copy.js';
import type { PlanRun, Terraform, TerraformRun } from './terraform.js';

export interface CommandLineOptions extends ChildCare {
  /** The environment of each child, by the stack's environment. */
  readonly environmentFor: (stack: Stack) => Readonly<Record<string, string>>;
  /** What `init` alone gets beside that: access to private modules. */
  readonly initEnvironment: Readonly<Record<string, string>>;
  /** For `-var`, those that this stack declares. */
  readonly variablesFor: (stack: Stack) => Readonly<Record<string, string>>;
  /** For `-var-file` after the stack's own; relative to the root. */
  readonly varFiles: readonly string[];
  readonly lockTimeoutSeconds: number;
  /** `TF_PLUGIN_CACHE_DIR` for stacks; undefined where the user's CLI config sets one. */
  readonly pluginCacheDirectory: string | undefined;
  /** By stack id: those whose state is still elsewhere, for runs that only look. */
  readonly formerStates?: ReadonlyMap<string, FormerState>;
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
    const created = new CreatedResources(undefined);
    const logsLock = command === 'plan' || command === 'apply';
    const onLine = (line: string): void => {
      const event = parseEvent(line, stack.directory);
      if (event === undefined) return;
      lines.push(...event.text.split('\n'));
      if (event.kind === 'diagnostic') diagnostics.push(event.diagnostic);
      created.note(event);
      extra.onEvent?.(event);
    };
    const { child, end, aftermath } = await runWithCare(
      {
        ...{ stack, command, args, created, logsLock, tellsOutput: true },
        environment: {
          ...options.environmentFor(stack),
          ...stackEnvironment(stack, formerOf(stack)),
        },
        directory: extra.directory,
        more: extra.environment,
        takesLock: logsLock && !args.includes('-lock=false'),
        ...(command === 'show' || command === 'output' ? {} : { onLine }),
      },
      options,
    );
    const { heldLockId } = aftermath;
    return {
      child,
      run: {
        end,
        ...(heldLockId === undefined ? {} : { heldLockId }),
        diagnostics: distinctDiagnostics([...diagnostics, ...aftermath.diagnostics]),
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
        const args = [
          ...initArguments(stack, options.root, locked, formerOf(stack)),
          ...earlyArguments(stack, options),
        ];
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
    const { child, run: result } = await run(stack, 'output', [
      '-json',
      ...earlyArguments(stack, options),
    ]);
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
    const { child, run: result } = await run(stack, 'show', [
      '-json',
      ...earlyArguments(stack, options),
      planFile,
    ]);
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

  return { name: programName(options.program), init, plan, planAgainst, show, apply, outputs };
}
