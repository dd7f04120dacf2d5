import { join } from 'node:path';
import { toError } from '../../shared/errors.js';
import { noChanges, type PlanChanges } from '../review/changes.js';
import { readPlan } from '../review/plan-json.js';
import type { Edge, Stack } from '../stacks/workspace.js';
import {
  distinctDiagnostics,
  lockHolder,
  missingUpstreamStates,
  type Diagnostic,
} from '../terraform/diagnostics.js';
import type { TerraformEvent } from '../terraform/events.js';
import { unlockCommand } from '../terraform/held-lock.js';
import { stackFileName } from '../terraform/stack-file.js';
import type { PlanRun, Terraform, TerraformRun } from '../terraform/terraform.js';
import type { StackHooks } from './hooks.js';
import { statesReadBy, type MissingStates } from './missing-states.js';
import type { Orphan, StackEnd, StackOutcome, StackStep } from './outcome.js';

/** What happens to one stack, for progress lines. */
export type StackProgress =
  | { readonly kind: 'step'; readonly step: StackStep }
  | { readonly kind: 'event'; readonly event: TerraformEvent };

export interface StackPorts {
  readonly terraform: Terraform;
  readonly edges: readonly Edge[];
  readonly missingStates: MissingStates;
  readonly hooks: StackHooks;
  /** Where plan files lie until the run ends; they hold sensitive values. */
  readonly planDirectory: string;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly onProgress: (stack: Stack, progress: StackProgress) => void;
}

/** Plans one stack, and reads the plan where it would change something. */
export async function planStack(stack: Stack, ports: StackPorts): Promise<StackOutcome> {
  return new StackWork(stack, ports).plan();
}

/** Plans one stack, and applies that very plan where it would change something. */
export async function applyStack(stack: Stack, ports: StackPorts): Promise<StackOutcome> {
  return new StackWork(stack, ports).apply();
}

/** One stack's way through Terraform: what it has said and shown so far. */
class StackWork {
  readonly #stack: Stack;
  readonly #ports: StackPorts;
  readonly #began: number;
  readonly #planFile: string;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #lines: string[] = [];
  #changes: PlanChanges = noChanges;
  #orphans: readonly Orphan[] = [];

  constructor(stack: Stack, ports: StackPorts) {
    this.#stack = stack;
    this.#ports = ports;
    this.#began = ports.now();
    this.#planFile = join(ports.planDirectory, stackFileName(stack, 'tfplan'));
  }

  async plan(): Promise<StackOutcome> {
    const waitsFor = this.#ports.missingStates.waitsFor(this.#stack);
    if (waitsFor !== undefined) return this.#outcome({ status: 'waiting', waitsFor });
    const ended = await this.#initAndPlan();
    return this.#outcome(ended ?? { status: 'changes' });
  }

  async apply(): Promise<StackOutcome> {
    const ended = await this.#initAndPlan();
    if (ended !== undefined) return this.#outcome(ended);
    if (this.#ports.signal.aborted) return this.#outcome({ status: 'interrupted', step: 'plan' });
    const { terraform, hooks } = this.#ports;
    const journal = await hooks.openJournal?.(this.#stack);
    const run = await this.#run('apply', (onEvent) =>
      terraform.apply(this.#stack, {
        planFile: this.#planFile,
        onEvent: (event) => {
          journal?.onEvent(event);
          onEvent(event);
        },
      }),
    );
    await journal?.close(run.end);
    return this.#outcome(run.end === 'succeeded' ? { status: 'applied' } : this.#bad(run, 'apply'));
  }

  /** Undefined where there is a plan with changes. */
  async #initAndPlan(): Promise<StackEnd | undefined> {
    const { terraform, signal } = this.#ports;
    const init = await this.#run('init', () => terraform.init(this.#stack));
    if (init.end !== 'succeeded') return this.#bad(init, 'init');
    if (signal.aborted) return { status: 'interrupted', step: 'init' };
    this.#orphans = (await this.#ports.hooks.orphans?.(this.#stack)) ?? [];
    const plan = await this.#run('plan', (onEvent) =>
      terraform.plan(this.#stack, { planFile: this.#planFile, onEvent }),
    );
    if (plan.end !== 'succeeded') {
      const upstreams = missingUpstreams(this.#stack, plan.diagnostics, this.#ports.edges);
      if (upstreams === undefined) return this.#bad(plan, 'plan');
      if (upstreams.certain) this.#ports.missingStates.note(this.#stack, upstreams.ids);
      return { status: 'waiting', waitsFor: upstreams.ids };
    }
    if (!plan.hasChanges) return { status: 'unchanged' };
    return this.#read();
  }

  async #read(): Promise<StackEnd | undefined> {
    this.#ports.onProgress(this.#stack, { kind: 'step', step: 'show' });
    try {
      this.#changes = readPlan(await this.#ports.terraform.show(this.#stack, this.#planFile));
      return undefined;
    } catch (thrown) {
      if (this.#ports.signal.aborted) return { status: 'interrupted', step: 'show' };
      const summary = toError(thrown).message;
      this.#diagnostics.push({ severity: 'error', summary, detail: '' });
      return { status: 'failed', step: 'show', lock: undefined };
    }
  }

  async #run<R extends TerraformRun | PlanRun>(
    step: StackStep,
    body: (onEvent: (event: TerraformEvent) => void) => Promise<R>,
  ): Promise<R> {
    const { onProgress } = this.#ports;
    onProgress(this.#stack, { kind: 'step', step });
    const run = await body((event) => onProgress(this.#stack, { kind: 'event', event }));
    this.#lines.push(`terraform ${step}`, ...run.lines.map((line) => `  ${line}`));
    this.#diagnostics.push(...run.diagnostics);
    return run;
  }

  #bad(run: TerraformRun, step: StackStep): StackEnd {
    if (run.end === 'killed') {
      this.#diagnostics.push({
        severity: 'error',
        summary: `terraform ${step} was killed from outside`,
        detail: '',
      });
    }
    if (run.heldLockId !== undefined) {
      this.#diagnostics.push({
        severity: 'error',
        summary: `terraform ${step} left the lock ${run.heldLockId} on its state`,
        detail: `To release it: ${unlockCommand(this.#stack.directory, run.heldLockId)}`,
      });
    }
    if (run.end === 'interrupted') return { status: 'interrupted', step };
    return { status: 'failed', step, lock: lockHolder(run.diagnostics) };
  }

  #outcome(end: StackEnd): StackOutcome {
    return {
      stack: this.#stack,
      end,
      changes: this.#changes,
      diagnostics: distinctDiagnostics(this.#diagnostics),
      lines: this.#lines,
      ...(this.#orphans.length === 0 ? {} : { orphans: this.#orphans }),
      milliseconds: this.#ports.now() - this.#began,
    };
  }
}

/**
 * The stacks whose state a failed plan did not find, by the data block's label; undefined where
 * it failed for another reason too. A block inside a module cannot be told apart by its label
 * alone: then every stack that is read is named, and that is not certain.
 */
export function missingUpstreams(
  stack: Stack,
  diagnostics: readonly Diagnostic[],
  edges: readonly Edge[],
): { readonly ids: readonly string[]; readonly certain: boolean } | undefined {
  const missing = missingUpstreamStates(diagnostics);
  if (missing === undefined || !missing.only) return undefined;
  const read = statesReadBy(stack, edges);
  const named = read.filter(({ origins }) =>
    origins.some(({ kind, name }) => kind === 'remote-state' && missing.dataNames.includes(name)),
  );
  const certain = named.length > 0;
  return { ids: (certain ? named : read).map(({ to }) => to), certain };
}
