import path from 'node:path';
import { counted } from '../shared/counted.js';
import { runUrl } from '../shared/github-context.js';
import type { ApplyNews } from './apply/apply-news.js';
import { stacksHeldBack, tellHeldBack } from './apply/held-back.js';
import { mergedSince } from './apply/merged-since.js';
import { moveStates } from './apply/move-states.js';
import { appliedSha, noteUntouched } from './apply/note-untouched.js';
import { openReview } from './apply/open-review.js';
import { proveGatesByHand } from './apply/prove-gates.js';
import { reviewJudge } from './apply/review-judge.js';
import type { ObservedHistory } from './changes/observed-history.js';
import { statesToMove } from './changes/removed-stacks.js';
import { DriftWatch } from './drift/drift-watch.js';
import { inPlanOrder, oldestFirst, TimeBudget } from './drift/time-budget.js';
import { gitOf, type Ports } from './effects.js';
import type { Command, Inputs } from './inputs.js';
import { judges } from './judges.js';
import { plannedStacks, type RunPlan } from './plan.js';
import { leaveRecords, leavesRecords, treeOf } from './records/leave-records.js';
import { RecordKeeper } from './records/record-keeper.js';
import { withHandedOutputs } from './report/handed-outputs.js';
import { Progress } from './report/progress.js';
import { publicOutputsOnDisk, type PublicOutputs } from './review/public-outputs.js';
import { awsKms, reviewKeys } from './review/review-key.js';
import type { RunAccess } from './run-access.js';
import { combinedHooks, type StackHooks } from './schedule/hooks.js';
import type { StackOutcome } from './schedule/outcome.js';
import { runSchedule, stacksOf } from './schedule/schedule.js';
import type { StateVersion } from './schedule/stack-steps.js';
import { openSession, type Session } from './session.js';
import { sessionPush } from './state/session-commands.js';
import { stateHooks } from './sidecar/state-hooks.js';
import { tolerance } from './sidecar/tolerance.js';
import { checkSyntax } from './stacks/load-workspace.js';
import type { Stack } from './stacks/workspace.js';
import { stackFileName } from './terraform/stack-file.js';
import { blockedOutcome, blockedStacks } from './waves/blocked-stacks.js';
import { lockedProviders } from './terraform/locked-providers.js';
import { retryingTerraform } from './terraform/retrying.js';

/**
 * Runs Terraform in every stack of the plan: `apply` and `destroy` change the world, `plan` and
 * `drift` only look. A stack that fails is an outcome, not an error.
 *
 * @throws UserError or OperationError where nothing could be started
 */
export async function perform(
  plan: RunPlan,
  inputs: Inputs,
  ports: Ports,
  history: ObservedHistory,
  opened?: RunAccess,
  news?: ApplyNews,
): Promise<readonly StackOutcome[]> {
  const stacks = plannedStacks(plan);
  const git = gitOf(inputs, ports);
  const behind = stacksHeldBack(plan, history);
  if (stacks.length === 0) {
    const run = { plan, inputs, history, behind, ports };
    if (opened !== undefined) await noteUntouched([], opened, run);
    return [];
  }
  // An apply may come to touch readers of outputs that change, which nobody asked for.
  const mayRun = stacksOf({
    command: scheduledCommand(plan.command),
    stages: plan.stages,
    workspace: plan.workspace,
    isLeg: plan.isLeg ?? false,
  });
  // Both only look. What is wrong with the code is told before what is wrong with access.
  const [syntax, opening] = await Promise.allSettled([
    checkSyntax({ root: ports.root, stacks }),
    openSession(
      plan.environments,
      mayRun,
      inputs,
      ports,
      opened,
      plan.command === 'plan' ? statesToMove(plan.findings) : [],
    ),
  ]);
  if (syntax.status === 'rejected') throw syntax.reason;
  if (opening.status === 'rejected') throw opening.reason;
  const session = opening.value;
  const keys = reviewKeys(plan.workspace.config.project, (environment) =>
    awsKms(session.access.get(environment)?.aws ?? {}),
  );
  const environments = new Map(plan.environments.map((one) => [one.name, one]));
  const keyOf = async (name: string) => {
    const environment = environments.get(name);
    return environment === undefined ? undefined : keys.keyFor(environment);
  };
  const publicOutputs = publicOutputsOnDisk(plan.workspace, ports.root);
  const sources = {
    keyOf,
    volatile: plan.workspace.config.volatile,
    publicOutputsOf: publicOutputs.readBy,
    providersOf: (stack: Stack) => lockedProviders(ports.root, stack),
  };
  const review =
    plan.command === 'apply'
      ? await openReview({
          ...{ plan, inputs, ports, commits: history.commits },
          sidecars: session.sidecars,
        })
      : undefined;
  if (plan.command === 'destroy') await proveGatesByHand(plan.environments, inputs, ports);
  if (plan.command === 'apply') {
    await moveStates(plan, mayRun, { session, inputs, ports, sha: appliedSha(history, ports) });
  }
  const range = review && {
    ...{ records: review.search?.records ?? [], allowedDestroys: review.allowedDestroys },
    treeSha: history.head === undefined ? undefined : await treeOf(git, history.head),
    notes: review.notes,
    mergedSince:
      history.head === undefined
        ? () => Promise.resolve([])
        : mergedSince({ git, head: history.head, pulls: review.search?.pulls ?? [] }),
  };
  const watch = plan.command === 'drift' ? await openWatch(stacks, session, ports) : undefined;
  const keeper = leavesRecords(inputs, ports.github) ? new RecordKeeper(sources) : undefined;
  if (review !== undefined) await news?.begin(plan, review, session.directory);
  tellHeldBack(plan, behind, history, ports);
  const hooks = combinedHooks([
    stateHooks({
      ...ports,
      sidecars: session.sidecars,
      logDirectory: session.care.logDirectory,
      tolerate: tolerance(ports),
      runUrl: ports.github === undefined ? undefined : runUrl(ports.github),
      actor: ports.github?.actor,
      push: sessionPush(session, inputs),
      reaches: ({ id }) => {
        const sha = plan.command === 'apply' ? appliedSha(history, ports) : undefined;
        return sha === undefined ? undefined : { sha, heldBack: behind.has(id) };
      },
      destroys: plan.command === 'destroy',
    }),
    ...(watch === undefined ? [] : [watch.hooks]),
    ...(keeper === undefined ? [] : [keeper.hooks]),
    ...(range === undefined
      ? []
      : [reviewJudge({ range, environments: plan.environments, sources })]),
    ...judges(plan, inputs, session, ports),
  ]);
  const outcomes = await schedule({
    ...{ plan, inputs, ports, session, hooks, watch, publicOutputs },
    blocked: blockedStacks(plan, history.undone ?? new Set()),
  });
  if (review !== undefined) await news?.end(outcomes);
  if (keeper !== undefined && ports.github !== undefined) {
    await leaveRecords(keeper.records, {
      ...{ inputs, git, stacks, ports, github: ports.github },
      sidecars: session.sidecars,
    });
  }
  for (const { stack, end } of outcomes) {
    if (end.status !== 'stopped') continue;
    await session.discardRun(
      stack,
      path.join(session.planDirectory, stackFileName(stack, 'tfplan')),
    );
  }
  await noteUntouched(outcomes, session, { plan, inputs, history, behind, ports });
  return withHandedOutputs(outcomes, publicOutputs, {
    redact: (text) => ports.secrets.redact(text),
  });
}

async function schedule(run: {
  readonly plan: RunPlan;
  readonly inputs: Inputs;
  readonly ports: Ports;
  readonly session: Session;
  readonly hooks: StackHooks;
  readonly watch: DriftWatch | undefined;
  readonly publicOutputs: PublicOutputs;
  /** By id, those that wait for stacks of other legs. */
  readonly blocked: ReadonlyMap<string, readonly string[]>;
}): Promise<readonly StackOutcome[]> {
  const { plan, inputs, ports, session, hooks, watch } = run;
  const { signal, clock, log } = ports;
  const { parallelism, terraform, planDirectory } = session;
  const progress = new Progress(log, {
    command: plan.command,
    total: plannedStacks(plan).length,
    redact: (text) => ports.secrets.redact(text),
  });
  const budget = new TimeBudget(watch && inputs.timeBudgetSeconds, () => clock.now());
  log.info(`${counted(plannedStacks(plan).length, 'stack')}, up to ${parallelism} at a time`);
  const outcomes = await runSchedule({
    command: scheduledCommand(plan.command),
    stages: watch === undefined ? plan.stages : oldestFirst(plan.stages, watch.records),
    workspace: plan.workspace,
    concurrency: parallelism,
    isLeg: plan.isLeg ?? false,
    refuse: (stack) => blockedOutcome(stack, run.blocked) ?? budget.refuse(stack),
    ports: {
      terraform: retryingTerraform(terraform, {
        retries: inputs.retries,
        clock,
        signal,
        random: Math.random,
        onRetry: (stack, retry) => progress.step(stack, { kind: 'retry', retry }),
      }),
      planDirectory,
      hooks,
      publicOutputsOf: run.publicOutputs.readBy,
      stateVersion: stateVersionOf(plan, session, ports),
      signal,
      now: () => clock.now(),
      onProgress: (stack, event) => progress.step(stack, event),
    },
    onEnd: (outcome) => progress.end(watch?.complete(outcome) ?? outcome),
  });
  for (const outcome of outcomes) await progress.output(outcome);
  if (watch === undefined) return outcomes;
  return inPlanOrder(
    outcomes.map((outcome) => watch.complete(outcome)),
    plan.stages,
  );
}

/** Undefined where it cannot be told: then a plan is trusted only while it is fresh. */
function stateVersionOf(plan: RunPlan, session: Session, ports: Ports): StateVersion {
  const stacks = new Map(plan.workspace.stacks.map((stack) => [stack.id, stack]));
  return async (id) => {
    const stack = stacks.get(id);
    try {
      return await (stack && session.sidecars(stack)?.stateVersion());
    } catch (thrown) {
      ports.log.debug(`${id}: the version of its state is not known: ${String(thrown)}`);
      return undefined;
    }
  };
}

function openWatch(
  stacks: readonly Stack[],
  { sidecars }: Session,
  ports: Ports,
): Promise<DriftWatch> {
  return DriftWatch.open(stacks, { sidecars, now: () => ports.clock.now(), log: ports.log });
}

/** Until other commands have a way of their own, they look and change nothing. */
function scheduledCommand(command: Command): 'plan' | 'drift' | 'apply' | 'destroy' {
  return command === 'apply' || command === 'drift' || command === 'destroy' ? command : 'plan';
}
