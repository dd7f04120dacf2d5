import { join } from 'node:path';
import { toError } from '../../shared/errors.js';
import { noChanges, type PlanChanges } from '../review/changes.js';
import { planDocument, sensitiveValues } from '../review/plan-document.js';
import { changesOf } from '../review/plan-json.js';
import type { IsPublicOutput } from '../review/public-outputs.js';
import type { SensitiveValues } from '../review/sensitive-values.js';
import { hiddenOutputs } from '../review/upstream-outputs.js';
import type { Edge, Stack } from '../stacks/workspace.js';
import { distinctDiagnostics, lockHolder, type Diagnostic } from '../terraform/diagnostics.js';
import type { TerraformEvent } from '../terraform/events.js';
import { unlockCommand } from '../terraform/held-lock.js';
import { withoutPlaceholders } from '../terraform/planned-state.js';
import type { Retry } from '../terraform/retrying.js';
import { stackFileName } from '../terraform/stack-file.js';
import type { PlanRun, Terraform, TerraformRun } from '../terraform/terraform.js';
import type { StackHooks } from './hooks.js';
import type { Orphan, StackEnd, StackOutcome, StackStep, StopReason } from './outcome.js';
import type { Upstreams } from './upstreams.js';
import { withImportIds } from '../sidecar/import-id.js';

/** What happens to one stack, for progress lines. */
export type StackProgress =
  | { readonly kind: 'step'; readonly step: StackStep }
  | { readonly kind: 'event'; readonly event: TerraformEvent }
  | { readonly kind: 'retry'; readonly retry: Retry }
  /** Its plan is made anew, and why. */
  | {
      readonly kind: 'again';
      readonly why: 'planned-outputs' | 'plan-stale' | 'upstream-changed';
      /** Ids of the upstreams. */
      readonly upstreams: readonly string[];
    };

/**
 * What changes whenever a stack's state does (`Sidecar.stateVersion`); `absent` where there is no
 * state, undefined where that cannot be told.
 */
export type StateVersion = (stackId: string) => Promise<string | undefined>;

export interface StackPorts {
  readonly terraform: Terraform;
  readonly edges: readonly Edge[];
  /** Shared by the stacks of a run. */
  readonly upstreams: Upstreams;
  /** Whether plans reckon with outputs that upstreams are yet to have; only where none is applied. */
  readonly plannedOutputs: boolean;
  readonly hooks: StackHooks;
  /** Which outputs that a stack reads are known not to be sensitive: all others are hidden. */
  readonly publicOutputsOf: (stack: Stack) => Promise<IsPublicOutput>;
  readonly stateVersion?: StateVersion;
  /** Where plan files lie until the run ends; they hold sensitive values. */
  readonly planDirectory: string;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly onProgress: (stack: Stack, progress: StackProgress) => void;
}

/** What a plan came to. */
export type PlanResult =
  | { readonly kind: 'changes' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'bad'; readonly run: PlanRun };

/** One stack's way through Terraform: what it has said and shown so far. */
export class StackSteps {
  readonly stack: Stack;
  readonly planFile: string;
  readonly #ports: StackPorts;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #lines: string[] = [];
  readonly #stepMilliseconds: Partial<Record<StackStep, number>> = {};
  #otherMilliseconds = 0;
  #attempts = 1;
  #changes: PlanChanges = noChanges;
  #beforePlan = { diagnostics: 0, lines: 0 };
  #extras: Partial<StackOutcome> = {};

  constructor(stack: Stack, ports: StackPorts) {
    this.stack = stack;
    this.#ports = ports;
    this.planFile = join(ports.planDirectory, stackFileName(stack, 'tfplan'));
  }

  /** Undefined where it went well. */
  async init(): Promise<StackEnd | undefined> {
    const run = await this.#run('init', () => this.#ports.terraform.init(this.stack));
    this.#beforePlan = { diagnostics: this.#diagnostics.length, lines: this.#lines.length };
    if (run.end !== 'succeeded') return this.bad(run, 'init');
    return this.#ports.signal.aborted ? { status: 'interrupted', step: 'init' } : undefined;
  }

  /** Asks what an apply that was killed has left behind. */
  async findOrphans(): Promise<void> {
    await this.#hook('orphans', async ({ orphans }) => {
      const found = (await orphans?.(this.stack)) ?? [];
      if (found.length > 0) this.add({ orphans: found });
    });
  }

  get orphans(): readonly Orphan[] {
    return this.#extras.orphans ?? [];
  }

  /** Puts back the state that an earlier apply could not write; an end where that is not done. */
  async putBack(): Promise<StackEnd | undefined> {
    const began = this.#ports.now();
    try {
      const found = (await this.#ports.hooks.putBack?.(this.stack)) ?? { kind: 'none' };
      if (found.kind === 'done') {
        this.say('warning', `the state that an earlier apply could not write was put back`);
        this.#beforePlan = { ...this.#beforePlan, diagnostics: this.#diagnostics.length };
      }
      if (this.#ports.signal.aborted) return { status: 'interrupted', step: 'plan' };
      if (found.kind !== 'pending') return undefined;
      const { place, why, hint } = found;
      return { status: 'stopped', reasons: [{ kind: 'recovery', place, why, hint }] };
    } catch (thrown) {
      this.say('error', toError(thrown).message);
      return { status: 'failed', step: 'plan', lock: undefined };
    } finally {
      this.#otherMilliseconds += this.#ports.now() - began;
    }
  }

  /** Plans, in place of an earlier plan. */
  async plan(
    body: (onEvent: (event: TerraformEvent) => void) => Promise<PlanRun>,
  ): Promise<PlanResult> {
    this.#diagnostics.length = this.#beforePlan.diagnostics;
    this.#lines.length = this.#beforePlan.lines;
    this.#changes = noChanges;
    const run = await this.#run('plan', body);
    if (run.end !== 'succeeded') return { kind: 'bad', run };
    return { kind: run.hasChanges ? 'changes' : 'unchanged' };
  }

  /**
   * Reads the plan and has it judged; `read` gets the plan's JSON, which nothing else keeps, and what
   * is sensitive in it, marked or not. The reasons are empty where it may be applied. A speculative
   * plan holds what stands in for values that are not known; it may turn out to change nothing.
   */
  async show(
    read: (json: unknown, secrets: SensitiveValues) => void,
    { speculative = false } = {},
  ): Promise<{ readonly reasons: readonly StopReason[] } | { readonly end: StackEnd }> {
    const { terraform, onProgress, signal, hooks, upstreams, publicOutputsOf } = this.#ports;
    onProgress(this.stack, { kind: 'step', step: 'show' });
    try {
      return await this.#timed('show', async () => {
        const shown = await terraform.show(this.stack, this.planFile);
        const json = speculative ? withoutPlaceholders(shown) : shown;
        const plan = planDocument(json);
        const alsoSensitive = [
          ...upstreams.sensitiveValues(),
          ...hiddenOutputs(plan, await publicOutputsOf(this.stack)),
        ];
        const secrets = sensitiveValues(plan, { also: alsoSensitive });
        const changes = changesOf(plan, secrets);
        this.#changes = changes;
        const { orphans } = this.#extras;
        if (orphans !== undefined) this.add({ orphans: withImportIds(orphans, json) });
        read(json, secrets);
        if (hooks.judge === undefined || (speculative && !this.hasChanges)) return { reasons: [] };
        const { reasons, ...found } = await hooks.judge({
          ...{ stack: this.stack, json, changes, alsoSensitive },
        });
        this.add(found);
        return { reasons };
      });
    } catch (thrown) {
      if (signal.aborted) return { end: { status: 'interrupted', step: 'show' } };
      this.say('error', toError(thrown).message);
      return { end: { status: 'failed', step: 'show', lock: undefined } };
    }
  }

  /** Applies the plan file. */
  async apply(onEvent: (event: TerraformEvent) => void): Promise<TerraformRun> {
    const { terraform } = this.#ports;
    return this.#run('apply', (onProgress) =>
      terraform.apply(this.stack, {
        planFile: this.planFile,
        onEvent: (event) => {
          onEvent(event);
          onProgress(event);
        },
      }),
    );
  }

  /** What changes whenever a stack's state does; undefined where that cannot be told. */
  async stateVersion(stackId: string): Promise<string | undefined> {
    try {
      return await this.#ports.stateVersion?.(stackId);
    } catch (thrown) {
      this.say(
        'warning',
        `the state of ${stackId} cannot be looked at: ${toError(thrown).message}`,
      );
      return undefined;
    }
  }

  /** Whether the plan that was shown would do anything. */
  get hasChanges(): boolean {
    const { resources, outputs, invocations = [] } = this.#changes;
    return resources.length + outputs.length + invocations.length > 0;
  }

  add(extras: Partial<StackOutcome>): void {
    this.#extras = { ...this.#extras, ...extras };
  }

  say(severity: Diagnostic['severity'], summary: string, detail = ''): void {
    this.#diagnostics.push({ severity, summary, detail });
  }

  /** What Terraform called an error is none for this stack. */
  softenErrors(): void {
    for (const [index, diagnostic] of this.#diagnostics.entries()) {
      this.#diagnostics[index] = { ...diagnostic, severity: 'warning' };
    }
  }

  progress(progress: StackProgress): void {
    this.#ports.onProgress(this.stack, progress);
  }

  bad(run: TerraformRun, step: StackStep): StackEnd {
    const { name } = this.#ports.terraform;
    if (run.end === 'killed') this.say('error', `${name} ${step} was killed from outside`);
    if (run.heldLockId !== undefined) {
      this.say(
        'error',
        `${name} ${step} left the lock ${run.heldLockId} on its state`,
        `To release it: ${unlockCommand(name, this.stack.directory, run.heldLockId)}`,
      );
    }
    if (run.end === 'interrupted') return { status: 'interrupted', step };
    const holder = lockHolder(run.diagnostics);
    const lock = holder && {
      ...holder,
      release: unlockCommand(name, this.stack.directory, holder.id),
    };
    return { status: 'failed', step, lock };
  }

  outcome(end: StackEnd): StackOutcome {
    const steps = Object.values(this.#stepMilliseconds);
    return {
      stack: this.stack,
      end,
      changes: this.#changes,
      diagnostics: distinctDiagnostics(this.#diagnostics),
      lines: this.#lines,
      milliseconds: steps.reduce((sum, one) => sum + one, this.#otherMilliseconds),
      stepMilliseconds: this.#stepMilliseconds,
      ...(this.#attempts > 1 ? { attempts: this.#attempts } : {}),
      ...this.#extras,
    };
  }

  async #run<R extends TerraformRun>(
    step: 'init' | 'plan' | 'apply',
    body: (onEvent: (event: TerraformEvent) => void) => Promise<R>,
  ): Promise<R> {
    this.progress({ kind: 'step', step });
    const run = await this.#timed(step, () =>
      body((event) => this.progress({ kind: 'event', event })),
    );
    this.#attempts = Math.max(this.#attempts, run.attempts ?? 1);
    this.#lines.push(
      `${this.#ports.terraform.name} ${step}`,
      ...run.lines.map((line) => `  ${line}`),
    );
    this.#diagnostics.push(...run.diagnostics);
    return run;
  }

  async #timed<R>(step: StackStep, body: () => Promise<R>): Promise<R> {
    const began = this.#ports.now();
    try {
      return await body();
    } finally {
      this.#stepMilliseconds[step] =
        (this.#stepMilliseconds[step] ?? 0) + this.#ports.now() - began;
    }
  }

  /** What only informs must not end a stack. */
  async #hook(name: string, body: (hooks: StackHooks) => Promise<void>): Promise<void> {
    const began = this.#ports.now();
    try {
      await body(this.#ports.hooks);
    } catch (thrown) {
      this.say('warning', `${name}: ${toError(thrown).message}`);
    } finally {
      this.#otherMilliseconds += this.#ports.now() - began;
    }
  }
}
