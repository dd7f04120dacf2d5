import { toError } from '../../shared/errors.js';
import { plannedOutputValues } from '../review/output-values.js';
import type { Stack } from '../stacks/workspace.js';
import { readPlannedOutputs } from '../terraform/planned-state.js';
import type { PlanRun } from '../terraform/terraform.js';
import type { StackEnd, StackOutcome } from './outcome.js';
import { StackSteps, type PlanResult, type StackPorts } from './stack-steps.js';
import { missingUpstreams, type Against } from './upstreams.js';

/**
 * The plan of one stack, in two parts: `prepare` plans it against the states as they are, in any
 * order; `finish`, once all that it reads has finished, plans it again where that will be
 * otherwise, and reads the plan. Nothing is ever applied.
 */
export class PlanJob {
  readonly #steps: StackSteps;
  readonly #ports: StackPorts;
  #ended: StackEnd | undefined;
  #plan: PlanResult | undefined;

  constructor(stack: Stack, ports: StackPorts) {
    this.#ports = ports;
    this.#steps = new StackSteps(stack, ports);
  }

  async prepare(): Promise<void> {
    this.#ended = await this.#steps.init();
    if (this.#ended !== undefined) return;
    await this.#steps.findOrphans();
    await this.#lookForStates();
    // A plan that is bound to fail costs a provider's start and tells nothing new.
    if (this.#ports.upstreams.readsAbsent(this.#steps.stack)) return;
    await this.#planStates();
  }

  async finish(): Promise<StackOutcome> {
    const end = this.#ended ?? (await this.#finish());
    if (end.status === 'waiting') this.#ports.upstreams.noteWaiting(this.#steps.stack);
    return this.#steps.outcome(end);
  }

  /** What came of it where its second part is not to run any more. */
  abandoned(): StackOutcome {
    return this.#steps.outcome(this.#ended ?? { status: 'interrupted', step: 'plan' });
  }

  async #finish(): Promise<StackEnd> {
    const { upstreams, edges } = this.#ports;
    const { stack } = this.#steps;
    const failed = this.#plan?.kind === 'bad' ? this.#plan.run : undefined;
    if (failed !== undefined && failed.end !== 'failed') return this.#steps.bad(failed, 'plan');
    const missing = failed && missingUpstreams(stack, failed.diagnostics, edges);
    if (missing?.certain === true) upstreams.noteAbsent(missing.ids);
    const against = upstreams.against(stack, missing?.ids ?? []);
    switch (against.kind) {
      case 'waits':
        return this.#waits(against.waitsFor, against.upstreams);
      case 'planned':
        return this.#planAgainst(against);
      case 'states':
        if (missing !== undefined) return this.#waits(missing.ids);
        if (this.#plan === undefined) await this.#planStates();
        return this.#conclude(this.#plan);
    }
  }

  async #lookForStates(): Promise<void> {
    const { upstreams, stateVersion } = this.#ports;
    if (stateVersion === undefined) return;
    for (const { upstream, aliases } of upstreams.readsOf(this.#steps.stack)) {
      // Under another name the state may be there all the same.
      if (aliases.length > 0) continue;
      const version = await this.#steps.stateVersion(upstream);
      if (version === 'absent') upstreams.noteAbsent([upstream]);
    }
  }

  async #planStates(): Promise<void> {
    const { planFile, stack } = this.#steps;
    this.#plan = await this.#steps.plan((onEvent) =>
      this.#ports.terraform.plan(stack, { planFile, onEvent }),
    );
  }

  async #planAgainst({
    states,
    upstreams,
  }: Extract<Against, { kind: 'planned' }>): Promise<StackEnd> {
    const { planFile, stack } = this.#steps;
    const told = upstreams.filter(({ outputs }) => outputs.length > 0);
    if (told.length > 0) this.#steps.add({ plannedAgainst: told });
    this.#steps.progress({
      kind: 'again',
      why: 'planned-outputs',
      upstreams: upstreams.map((upstream) => upstream.stack),
    });
    const plan = await this.#steps.plan((onEvent) =>
      this.#ports.terraform
        .planAgainst(stack, { planFile, onEvent, upstreams: states })
        .catch((thrown: unknown) => notPlanned(toError(thrown))),
    );
    const unknown = upstreams.filter((upstream) => upstream.unknown.length > 0);
    if (plan.kind === 'bad' && plan.run.end === 'failed') {
      const missing = missingUpstreams(stack, plan.run.diagnostics, this.#ports.edges);
      if (missing !== undefined) return this.#waits(missing.ids);
      if (unknown.length > 0) {
        // A provider or a count may need the value itself: that is no mistake of the stack's.
        this.#steps.softenErrors();
        return { status: 'waiting', waitsFor: unknown.map((upstream) => upstream.stack) };
      }
    }
    return this.#conclude(plan, { speculative: true });
  }

  #waits(
    waitsFor: readonly string[],
    upstreams?: Extract<Against, { kind: 'waits' }>['upstreams'],
  ): StackEnd {
    if (upstreams !== undefined && upstreams.length > 0) {
      this.#steps.add({ plannedAgainst: upstreams });
    }
    return { status: 'waiting', waitsFor };
  }

  async #conclude(plan: PlanResult | undefined, { speculative = false } = {}): Promise<StackEnd> {
    const { upstreams, plannedOutputs } = this.#ports;
    if (plan === undefined || plan.kind === 'unchanged') return { status: 'unchanged' };
    if (plan.kind === 'bad') return this.#steps.bad(plan.run, 'plan');
    const { stack } = this.#steps;
    const shown = await this.#steps.show(
      (json, secrets) => {
        const outputs = readPlannedOutputs(json);
        this.#steps.add({ outputValues: plannedOutputValues(outputs, secrets) });
        if (plannedOutputs && upstreams.isRead(stack)) upstreams.notePlanned(stack, outputs);
      },
      { speculative },
    );
    if ('end' in shown) return shown.end;
    return { status: speculative && !this.#steps.hasChanges ? 'unchanged' : 'changes' };
  }
}

/** A private copy that cannot be made is one stack's failure, not the run's. */
function notPlanned({ message }: Error): PlanRun {
  return {
    end: 'failed',
    hasChanges: false,
    diagnostics: [{ severity: 'error', summary: message, detail: '' }],
    lines: [],
    milliseconds: 0,
  };
}

/** Plans one stack, and reads the plan where it would change something. */
export async function planStack(stack: Stack, ports: StackPorts): Promise<StackOutcome> {
  const job = new PlanJob(stack, ports);
  await job.prepare();
  return job.finish();
}
