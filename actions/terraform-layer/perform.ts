import path from 'node:path';
import { runUrl } from '../shared/github-context.js';
import type { ApplyNews } from './apply/apply-news.js';
import { mergedSince } from './apply/merged-since.js';
import { openReview, proveGatesByHand } from './apply/open-review.js';
import { reviewJudge } from './apply/review-judge.js';
import type { ObservedHistory } from './changes/history.js';
import { destroyGuard } from './destroy/guard.js';
import { DriftWatch } from './drift/drift-watch.js';
import { inPlanOrder, oldestFirst, TimeBudget } from './drift/time-budget.js';
import { gitOf, type Ports } from './effects.js';
import { allowedSoFar, peopleOf } from './github/allowed-so-far.js';
import type { Command, Inputs } from './inputs.js';
import { plannedStacks, type RunPlan } from './plan.js';
import { hookCommands } from './policy/hook-commands.js';
import { hookPorts } from './policy/hook-ports.js';
import { runHooks } from './policy/run-hooks.js';
import { leaveRecords, leavesRecords, treeOf } from './records/leave-records.js';
import { RecordKeeper } from './records/record-keeper.js';
import { withHandedOutputs } from './report/handed-outputs.js';
import { Progress } from './report/progress.js';
import { guardForecast } from './review/guard-forecast.js';
import { publicOutputsOnDisk } from './review/public-outputs.js';
import { awsKms, reviewKeys } from './review/review-key.js';
import type { RunAccess } from './run-access.js';
import { combinedHooks, type StackHooks } from './schedule/hooks.js';
import { isSuccess, type StackOutcome } from './schedule/outcome.js';
import { runSchedule, stacksOf } from './schedule/schedule.js';
import type { StateVersion } from './schedule/stack-steps.js';
import { openSession, type Session } from './session.js';
import { writeLedger, type AppliedEntry } from './sidecar/ledger.js';
import { stateHooks } from './sidecar/state-hooks.js';
import { tolerance } from './sidecar/tolerance.js';
import { checkSyntax } from './stacks/load-workspace.js';
import type { Stack } from './stacks/workspace.js';
import { stackFileName } from './terraform/stack-file.js';
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
  if (stacks.length === 0) {
    if (opened !== undefined) await noteUntouched(plan, [], inputs, history, opened, ports);
    return [];
  }
  // An apply may come to touch readers of outputs that change, which nobody asked for.
  const mayRun = stacksOf({
    command: scheduledCommand(plan.command),
    stages: plan.stages,
    workspace: plan.workspace,
  });
  // Both only look. What is wrong with the code is told before what is wrong with access.
  const [syntax, opening] = await Promise.allSettled([
    checkSyntax({ root: ports.root, stacks }),
    openSession(plan.environments, mayRun, inputs, ports, opened),
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
  if (plan.command === 'destroy') await proveGatesByHand(plan, inputs, ports);
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
  const hooks = combinedHooks([
    stateHooks({
      ...ports,
      sidecars: session.sidecars,
      logDirectory: session.logDirectory,
      tolerate: tolerance(ports),
      runUrl: ports.github === undefined ? undefined : runUrl(ports.github),
      actor: ports.github?.actor,
      appliedSha: plan.command === 'apply' ? appliedSha(history, ports) : undefined,
    }),
    ...(watch === undefined ? [] : [watch.hooks]),
    ...(keeper === undefined ? [] : [keeper.hooks]),
    ...(plan.command === 'destroy' ? [destroyHooks(plan, inputs)] : []),
    ...(range === undefined
      ? []
      : [reviewJudge({ range, environments: plan.environments, sources })]),
    ...(plan.command === 'plan' ? [forecastHooks(plan, inputs, ports)] : []),
    ...(plan.command === 'drift' ? [] : [policyHooks(inputs, session, ports)]),
  ]);
  const outcomes = await schedule({ plan, inputs, ports, session, hooks, watch });
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
  await noteUntouched(plan, outcomes, inputs, history, session, ports);
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
  log.info(`${plannedStacks(plan).length} stacks, up to ${parallelism} at a time`);
  const outcomes = await runSchedule({
    command: scheduledCommand(plan.command),
    stages: watch === undefined ? plan.stages : oldestFirst(plan.stages, watch.records),
    workspace: plan.workspace,
    concurrency: parallelism,
    refuse: (stack) => budget.refuse(stack),
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

/** A destroy stops before what is protected and not allowed by name. */
function destroyHooks({ environments }: RunPlan, { allowDestroy }: Inputs): StackHooks {
  const guards = new Map(environments.map((environment) => [environment.name, environment.guards]));
  return {
    judge: ({ stack, changes }) => {
      const own = guards.get(stack.environment) ?? { preventDestroy: [], maxDestroys: 0 };
      return Promise.resolve({ reasons: destroyGuard(changes, own, allowDestroy) });
    },
  };
}

/** A plan tells what a guard would stop, while a label can still be asked for. */
function forecastHooks(
  { environments }: RunPlan,
  { allowDestroy, githubToken: token }: Inputs,
  ports: Ports,
): StackHooks {
  const { github, log, secrets } = ports;
  if (token !== undefined) secrets.add(token);
  const people =
    token === undefined || github === undefined ? undefined : peopleOf(token, github, log);
  return guardForecast({
    ...{ environments, allowDestroy },
    allowedByPeople: allowedSoFar({ github, log, secrets, people }),
  });
}

/** What the user's own commands say of each plan. */
function policyHooks(inputs: Inputs, session: Session, ports: Ports): StackHooks {
  const commands = hookCommands(inputs);
  if (commands.policy.length + commands.cost.length === 0) return {};
  const world = hookPorts(inputs, session, ports);
  return {
    judge: async ({ stack, json }) => {
      const hooks = await runHooks(json, stack, world);
      return {
        reasons: hooks.every(({ passed }) => passed) ? [] : [{ kind: 'policy' }],
        hooks,
      };
    },
  };
}

function appliedSha(history: ObservedHistory, { github }: Ports): string | undefined {
  return history.head ?? github?.sha;
}

/**
 * Where an environment was applied in full, its stacks that nothing has touched are current too:
 * else the base of the next apply, and the gates that are read from it, would stay behind for ever.
 */
async function noteUntouched(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  { layers }: Inputs,
  history: ObservedHistory,
  { sidecars }: Pick<RunAccess, 'sidecars'>,
  ports: Ports,
): Promise<void> {
  const sha = history.head;
  if (plan.command !== 'apply' || layers.kind !== 'changed' || sha === undefined) return;
  const done = new Set(outcomes.map(({ stack }) => stack.id));
  const chosen = new Set(plan.reasons.keys());
  const current = plan.environments
    .filter(({ name }) =>
      outcomes.filter(({ stack }) => stack.environment === name).every(isSuccess),
    )
    .flatMap(({ name }) => plan.workspace.stacks.filter(({ environment }) => environment === name))
    .filter(({ id }) => !done.has(id) && !chosen.has(id));
  const { github, clock } = ports;
  const entry: AppliedEntry = {
    version: 1,
    sha,
    at: new Date(clock.now()).toISOString(),
    ...(github === undefined ? {} : { runUrl: runUrl(github), actor: github.actor }),
  };
  await writeLedger(current, entry, sidecars, tolerance(ports));
}

/** Until other commands have a way of their own, they look and change nothing. */
function scheduledCommand(command: Command): 'plan' | 'drift' | 'apply' | 'destroy' {
  return command === 'apply' || command === 'drift' || command === 'destroy' ? command : 'plan';
}
