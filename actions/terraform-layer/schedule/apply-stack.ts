import { toError } from '../../shared/errors.js';
import { appliedOutputValues } from '../review/output-values.js';
import { SensitiveValues } from '../review/sensitive-values.js';
import type { Stack } from '../stacks/workspace.js';
import type { AppliedOutputs, TerraformEvent } from '../terraform/events.js';
import { outputsBeforePlan, readPlannedOutputs } from '../terraform/planned-state.js';
import type { PlanRun, TerraformRun } from '../terraform/terraform.js';
import type { JournalSession } from './hooks.js';
import { unadopted } from '../sidecar/unadopted.js';
import type { Orphan, StackEnd, StackOutcome, StopReason } from './outcome.js';
import {
  changedOutputs,
  outputDigest,
  outputDigests,
  type OutputDigests,
} from './output-digests.js';
import { StackSteps, type StackPorts } from './stack-steps.js';
import { missingUpstreams } from './upstreams.js';

/** How often a stack is planned, at most, because what its plan rests on has changed meanwhile. */
const mostPlans = 3;

export interface ApplyOptions {
  /**
   * `if-judged`: nobody asked for this stack, so its plan is applied only where a judge lets it;
   * without a judge it is planned and left.
   */
  readonly when: 'always' | 'if-judged';
}

/** The outputs before an apply and as planned: digests, no values. */
interface OutputsAtPlan {
  readonly before: OutputDigests;
  readonly changing: ReadonlySet<string>;
  /** What its plan calls sensitive, in clear: not beyond the apply. */
  readonly secrets: SensitiveValues;
}

/**
 * The apply of one stack, in two parts: `prepare` initialises it, at any time; `finish`, once all
 * that it depends on is applied, plans it and applies that very plan. So no plan is older than what
 * it reads. A plan is made again where Terraform calls it stale, or where a state that it read was
 * changed before the apply began; each is judged.
 */
export class ApplyJob {
  readonly #steps: StackSteps;
  readonly #ports: StackPorts;
  #prepared = false;
  #ended: StackEnd | undefined;

  constructor(stack: Stack, ports: StackPorts) {
    this.#ports = ports;
    this.#steps = new StackSteps(stack, ports);
  }

  async prepare(): Promise<void> {
    this.#prepared = true;
    this.#ended = await this.#steps.init();
  }

  async finish(options: ApplyOptions = { when: 'always' }): Promise<StackOutcome> {
    if (!this.#prepared) await this.prepare();
    return this.#steps.outcome(this.#ended ?? (await this.#finish(options)));
  }

  /** Destroys what the state knows instead: of each stack after all that read it. */
  async destroy(): Promise<StackOutcome> {
    if (!this.#prepared) await this.prepare();
    return this.#steps.outcome(this.#ended ?? (await this.#destroy()));
  }

  async #finish({ when }: ApplyOptions): Promise<StackEnd> {
    const stop = await this.#steps.putBack();
    if (stop !== undefined) return stop;
    await this.#steps.findOrphans();
    for (let plans = 1; ; plans += 1) {
      const versions = await this.#upstreamVersions();
      const absent = [...versions].flatMap(([id, version]) => (version === 'absent' ? [id] : []));
      if (absent.length > 0) return { status: 'waiting', waitsFor: absent };
      const planned = await this.#plan((planFile, onEvent) =>
        this.#ports.terraform.plan(this.#steps.stack, { planFile, onEvent }),
      );
      if ('end' in planned) return planned.end;
      if (when === 'if-judged' && this.#ports.hooks.judge === undefined) {
        return { status: 'changes' };
      }
      const moved = changedVersions(versions, await this.#upstreamVersions());
      if (moved.length > 0 && plans < mostPlans) {
        this.#steps.progress({ kind: 'again', why: 'upstream-changed', upstreams: moved });
        continue;
      }
      if (moved.length > 0) {
        this.#steps.say('error', `what it reads keeps changing: ${moved.join(', ')}`);
        return { status: 'failed', step: 'plan', lock: undefined };
      }
      const end = await this.#apply(planned.outputs);
      if (end !== 'stale') return end;
      if (plans === mostPlans) return { status: 'failed', step: 'apply', lock: undefined };
      this.#steps.progress({ kind: 'again', why: 'plan-stale', upstreams: [] });
    }
  }

  async #destroy(): Promise<StackEnd> {
    const stop = await this.#steps.putBack();
    if (stop !== undefined) return stop;
    await this.#steps.findOrphans();
    // A plan that destroys adopts nothing: they would stay, and nobody would name them again.
    const left = unadopted(this.#steps.orphans, undefined);
    if (left.length > 0) return { status: 'stopped', reasons: orphanReasons(left) };
    for (let plans = 1; ; plans += 1) {
      const planned = await this.#plan((planFile, onEvent) =>
        this.#ports.terraform.plan(this.#steps.stack, { planFile, onEvent, destroy: true }),
      );
      if ('end' in planned) {
        // No run brings an upstream back so that its reader can go.
        if (planned.end.status !== 'waiting') return planned.end;
        return { status: 'failed', step: 'plan', lock: undefined };
      }
      const end = await this.#apply(planned.outputs);
      if (end !== 'stale') return end;
      if (plans === mostPlans) return { status: 'failed', step: 'apply', lock: undefined };
      this.#steps.progress({ kind: 'again', why: 'plan-stale', upstreams: [] });
    }
  }

  /** Plans and judges; an end where there is nothing that may be applied. */
  async #plan(
    body: (planFile: string, onEvent: (event: TerraformEvent) => void) => Promise<PlanRun>,
  ): Promise<{ readonly end: StackEnd } | { readonly outputs: OutputsAtPlan }> {
    const { stack, planFile } = this.#steps;
    const plan = await this.#steps.plan((onEvent) => body(planFile, onEvent));
    if (plan.kind === 'unchanged') return { end: { status: 'unchanged' } };
    if (plan.kind === 'bad') {
      const missing =
        plan.run.end === 'failed'
          ? missingUpstreams(stack, plan.run.diagnostics, this.#ports.edges)
          : undefined;
      if (missing === undefined) return { end: this.#steps.bad(plan.run, 'plan') };
      return { end: { status: 'waiting', waitsFor: missing.ids } };
    }
    let outputs: OutputsAtPlan | undefined;
    let left: readonly Orphan[] = [];
    const shown = await this.#steps.show((json, secrets) => {
      outputs = outputsAtPlan(json, secrets);
      left = unadopted(this.#steps.orphans, json);
    });
    if ('end' in shown) return shown;
    outputs ??= { before: new Map(), changing: new Set(), secrets: new SensitiveValues() };
    const reasons = [...orphanReasons(left), ...shown.reasons];
    if (reasons.length > 0) return { end: { status: 'stopped', reasons } };
    return { outputs };
  }

  async #apply(planned: OutputsAtPlan): Promise<StackEnd | 'stale'> {
    const { hooks, signal } = this.#ports;
    let journal: JournalSession | undefined;
    try {
      journal = await hooks.openJournal?.(this.#steps.stack);
    } catch (thrown) {
      // Without it, what a killed apply has made would be lost.
      this.#steps.say('error', `the journal cannot be written: ${toError(thrown).message}`);
      return { status: 'failed', step: 'apply', lock: undefined };
    }
    if (signal.aborted) {
      await this.#close(journal, 'interrupted');
      return { status: 'interrupted', step: 'plan' };
    }
    let after: AfterApply | undefined;
    const run = await this.#steps.apply((event) => {
      journal?.onEvent(event);
      if (event.kind !== 'outputs') return;
      after = afterApply(event.outputs);
      this.#steps.add({ outputValues: appliedOutputValues(event.outputs, planned.secrets) });
    });
    await this.#close(journal, run.end);
    if (run.end === 'failed' && isStale(run)) return 'stale';
    if (run.end !== 'succeeded') return this.#steps.bad(run, 'apply');
    // With what this plan did not take in it would have been stopped.
    if (this.#steps.orphans.length > 0) this.#steps.add({ orphans: [] });
    this.#steps.add({ changedOutputs: await this.#changedOutputs(planned, after) });
    return { status: 'applied' };
  }

  async #close(journal: JournalSession | undefined, end: TerraformRun['end']): Promise<void> {
    try {
      await journal?.close(end);
    } catch (thrown) {
      this.#steps.say('warning', `the journal cannot be closed: ${toError(thrown).message}`);
    }
  }

  /**
   * What the apply says of sensitive outputs is only that they are there: they are read where
   * another stack needs them, else the plan's word is taken.
   */
  async #changedOutputs(
    { before, changing }: OutputsAtPlan,
    after: AfterApply | undefined,
  ): Promise<readonly string[]> {
    const { terraform, upstreams } = this.#ports;
    if (after === undefined && before.size === 0 && changing.size === 0) return [];
    const hidden = after?.hidden ?? [];
    if (after !== undefined && (hidden.length === 0 || !upstreams.isRead(this.#steps.stack))) {
      const known = new Map(after.digests);
      for (const name of hidden) known.set(name, changing.has(name) ? undefined : before.get(name));
      return changedOutputs(before, known);
    }
    try {
      return changedOutputs(before, outputDigests(await terraform.outputs(this.#steps.stack)));
    } catch (thrown) {
      this.#steps.say('warning', toError(thrown).message);
      return [...new Set([...before.keys(), ...(after?.digests.keys() ?? []), ...hidden])].sort();
    }
  }

  async #upstreamVersions(): Promise<ReadonlyMap<string, string | undefined>> {
    const { upstreams, stateVersion } = this.#ports;
    const reads = stateVersion === undefined ? [] : upstreams.readsOf(this.#steps.stack);
    return new Map(
      await Promise.all(
        reads
          // Under another name the state may be there all the same.
          .filter(({ aliases }) => aliases.length === 0)
          .map(
            async ({ upstream }) => [upstream, await this.#steps.stateVersion(upstream)] as const,
          ),
      ),
    );
  }
}

function orphanReasons(orphans: readonly Orphan[]): readonly StopReason[] {
  if (orphans.length === 0) return [];
  return [{ kind: 'orphans', addresses: orphans.map(({ address }) => address) }];
}

interface AfterApply {
  readonly digests: OutputDigests;
  /** Sensitive ones. */
  readonly hidden: readonly string[];
}

function afterApply(outputs: AppliedOutputs): AfterApply {
  const all = [...outputs];
  return {
    digests: new Map(
      all.flatMap(([name, { sensitive, value }]) =>
        sensitive ? [] : [[name, outputDigest(value)] as const],
      ),
    ),
    hidden: all.flatMap(([name, { sensitive }]) => (sensitive ? [name] : [])),
  };
}

function outputsAtPlan(json: unknown, secrets: SensitiveValues): OutputsAtPlan {
  return {
    secrets,
    before: outputDigests(outputsBeforePlan(json)),
    changing: new Set(
      [...readPlannedOutputs(json)].flatMap(([name, { changes }]) => (changes ? [name] : [])),
    ),
  };
}

function changedVersions(
  before: ReadonlyMap<string, string | undefined>,
  after: ReadonlyMap<string, string | undefined>,
): readonly string[] {
  return [...before].flatMap(([id, version]) => (after.get(id) === version ? [] : [id]));
}

/** Terraform's word for a state that was changed after the plan; nothing was applied then. */
function isStale({ diagnostics }: TerraformRun): boolean {
  return diagnostics.some(
    ({ severity, summary }) => severity === 'error' && /plan is stale/i.test(summary),
  );
}

/** Plans one stack, and applies that very plan where it would change something. */
export async function applyStack(stack: Stack, ports: StackPorts): Promise<StackOutcome> {
  return new ApplyJob(stack, ports).finish();
}

/** Plans the destruction of one stack, and applies that very plan. */
export async function destroyStack(stack: Stack, ports: StackPorts): Promise<StackOutcome> {
  return new ApplyJob(stack, ports).destroy();
}
