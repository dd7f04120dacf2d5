import { toError } from '../../shared/errors.js';
import { dependenciesAmong } from '../graph/waves.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import { ApplyJob } from './apply-stack.js';
import type { StackOutcome } from './outcome.js';
import { PlanJob } from './plan-stack.js';
import { ChangedOutputs, withReaders } from './readers.js';
import { runStacks, type EnvironmentStage } from './run-stacks.js';
import type { StackPorts } from './stack-steps.js';
import { Upstreams } from './upstreams.js';

export interface ScheduleOptions {
  /**
   * `plan` shows what each stack would be, planned outputs of its upstreams reckoned with; `drift`
   * holds each against its state alone; `apply` and `destroy` change the world.
   */
  readonly command: 'plan' | 'drift' | 'apply' | 'destroy';
  /** In the order of the work, a destroy's from the last reader back; those of plans need no `after`. */
  readonly stages: readonly EnvironmentStage[];
  readonly workspace: Pick<Workspace, 'stacks' | 'edges'>;
  readonly concurrency: number;
  /** Then readers of outputs that an apply really changed are left to other jobs of the run. */
  readonly isLeg?: boolean;
  /** Asked before anything is done for a stack; its outcome, where the stack is not to run. */
  readonly refuse?: (stack: Stack) => StackOutcome | undefined;
  readonly ports: Omit<StackPorts, 'edges' | 'upstreams' | 'plannedOutputs'>;
  readonly onEnd: (outcome: StackOutcome) => Promise<void>;
}

/**
 * Runs the stacks of a run. A stack that fails is an outcome, not an error. An apply also has
 * outcomes for stacks that no stage names: readers of outputs that it really changed.
 */
export async function runSchedule(options: ScheduleOptions): Promise<readonly StackOutcome[]> {
  const { command, workspace, concurrency, onEnd } = options;
  const { edges } = workspace;
  const ports: StackPorts = {
    ...options.ports,
    edges,
    upstreams: new Upstreams(edges),
    plannedOutputs: command === 'plan',
  };
  const common = { concurrency, signal: ports.signal, onEnd };
  const ended = async (running: Promise<StackOutcome>): Promise<StackOutcome> =>
    tellEnd(await running, ports);
  if (command === 'plan' || command === 'drift') {
    const jobs = new Jobs((stack) => new PlanJob(stack, ports));
    const refused = new Map<string, StackOutcome>();
    const ids = options.stages.flatMap(({ stacks }) => stacks.map(({ stack }) => stack.id));
    return runStacks({
      ...common,
      stages: options.stages,
      // A check of drift reads no other stack's plan: those checked longest ago come first there.
      ...(command === 'plan' ? { orderOnly: dependenciesAmong(ids, edges) } : {}),
      prepare: async (stack) => {
        const outcome = options.refuse?.(stack);
        if (outcome === undefined) return jobs.of(stack).prepare();
        refused.set(stack.id, outcome);
      },
      run: async (stack) => refused.get(stack.id) ?? ended(jobs.of(stack).finish()),
      abandoned: (stack) => jobs.known(stack)?.abandoned(),
    });
  }
  const jobs = new Jobs((stack) => new ApplyJob(stack, ports));
  const prepare = async (stack: Stack): Promise<void> => {
    if (options.refuse?.(stack) === undefined) await jobs.of(stack).prepare();
  };
  if (command === 'destroy') {
    const run = (stack: Stack): Promise<StackOutcome> => ended(jobs.of(stack).destroy());
    return runStacks({ ...common, stages: options.stages, prepare, run });
  }
  const changed = new ChangedOutputs();
  const stages = options.isLeg === true ? options.stages : withReaders(options.stages, workspace);
  const asked = new Set(
    options.stages.flatMap(({ stacks }) => stacks.map(({ stack }) => stack.id)),
  );
  return runStacks({
    ...common,
    stages,
    prepare,
    run: async (stack) => {
      const refused = options.refuse?.(stack);
      if (refused !== undefined) return refused;
      const when = asked.has(stack.id) ? 'always' : 'if-judged';
      const outcome = await ended(jobs.of(stack).finish({ when }));
      changed.note(outcome);
      return outcome;
    },
    isNeeded: (stack) => changed.concern(stack, edges),
  });
}

/** Every stack that a run may come to touch: those that were asked for, and their readers. */
export function stacksOf({
  command,
  stages,
  workspace,
  isLeg = false,
}: Pick<ScheduleOptions, 'command' | 'stages' | 'workspace' | 'isLeg'>): readonly Stack[] {
  const all = command === 'apply' && !isLeg ? withReaders(stages, workspace) : stages;
  return all.flatMap(({ stacks }) => stacks.map(({ stack }) => stack));
}

/** One job a stack, made when it is first asked for. */
class Jobs<J> {
  readonly #make: (stack: Stack) => J;
  readonly #jobs = new Map<string, J>();

  constructor(make: (stack: Stack) => J) {
    this.#make = make;
  }

  of(stack: Stack): J {
    const job = this.#jobs.get(stack.id) ?? this.#make(stack);
    this.#jobs.set(stack.id, job);
    return job;
  }

  known({ id }: Stack): J | undefined {
    return this.#jobs.get(id);
  }
}

async function tellEnd(outcome: StackOutcome, { hooks }: StackPorts): Promise<StackOutcome> {
  try {
    await hooks.ended?.(outcome);
    return outcome;
  } catch (thrown) {
    const { message } = toError(thrown);
    const told = { severity: 'warning', summary: message, detail: '' } as const;
    return { ...outcome, diagnostics: [...outcome.diagnostics, told] };
  }
}
