import { UserError } from '../shared/errors.js';
import { forkProblems, isOfFork } from './github/fork.js';
import { runState } from './commands/state.js';
import { conclude } from './commands/conclude.js';
import { checkCode } from './commands/check.js';
import { unlock } from './commands/unlock.js';
import { ApplyNews } from './apply/apply-news.js';
import { proveGateJob } from './apply/prove-gate-job.js';
import { proveEnvironments, proveGatesByHand } from './apply/prove-gates.js';
import { appliedHistory } from './applied-history.js';
import { nothingCompared, type ObservedHistory } from './changes/observed-history.js';
import { approvals, beginning, breaking, ending, isNotified } from './notices.js';
import { earlierUpToDate } from './earlier-environments.js';
import { observe, readRepository, type Repository } from './effects.js';
import { perform } from './perform.js';
import { openAccess, type RunAccess } from './run-access.js';
import type { Stack } from './stacks/workspace.js';
import { reportDrift } from './drift/report-drift.js';
import type { Inputs } from './inputs.js';
import { planRun, type RunPlan } from './plan.js';
import { environmentsToApply } from './report/environments-to-apply.js';
import { proveWaveEnvironments } from './waves/wave-environment.js';
import {
  announce,
  publish,
  publishDryRun,
  publishGraph,
  type PublishPorts,
} from './report/publish.js';

/**
 * Does what the inputs ask for, and tells the world.
 *
 * @throws UserError, OperationError
 */
export async function runCommand(inputs: Inputs, ports: PublishPorts): Promise<void> {
  const refused = forkProblems(inputs, ports.github);
  if (refused.length > 0) throw new UserError(refused);
  const applies = inputs.command === 'apply' && !inputs.dryRun;
  if (applies) await proveGateJob(inputs, ports);
  const news = applies ? new ApplyNews(inputs, ports) : undefined;
  try {
    await runTold(inputs, ports, news);
  } catch (thrown) {
    if (news !== undefined) await news.breakOff(thrown);
    else if (isNotified(inputs)) {
      const cancelled = ports.signal.aborted;
      ports.notifier.tell(breaking(inputs, thrown, { cancelled }));
    }
    throw thrown;
  } finally {
    await ports.notifier.settled();
  }
}

async function runTold(
  inputs: Inputs,
  ports: PublishPorts,
  news: ApplyNews | undefined,
): Promise<void> {
  if (inputs.command === 'check') return checkCode(inputs, ports);
  if (inputs.command === 'conclude') return conclude(inputs, ports);
  const repository = await readRepository(inputs, ports);
  // What is wrong with the inputs is told before anything outside is asked.
  const asked = planRun(withoutHistory(inputs), {
    ...repository,
    affected: undefined,
    history: nothingCompared(repository.workspace),
  });
  news?.isAbout({ environments: asked.environments.map(({ name }) => name) });
  const access = once(() =>
    openAccess(asked.environments, stacksIn(repository, asked), inputs, ports),
  );
  const observed = await observe(
    inputs,
    repository,
    ports,
    isOfFork(ports.github)
      ? undefined
      : appliedHistory(access.open, repository.workspace.config.environments, inputs, ports),
  );
  news?.isAbout({ commits: observed.history.commits });
  const earlier = await earlierUpToDate(observed, {
    ...{ inputs, repository, ports },
    access: access.open,
  });
  const plan = planRun(inputs, { ...observed, earlierUpToDate: earlier });
  announce(plan, ports);
  switch (inputs.command) {
    case 'graph':
      return publishGraph(plan, inputs, ports);
    case 'state':
      if (!inputs.dryRun) await proveGatesByHand(plan.environments, inputs, ports);
      return runState(plan, inputs, ports, await access.opened());
    case 'unlock':
      return unlock(plan, inputs, ports, await access.opened());
    case 'plan':
    case 'apply':
    case 'drift':
    case 'destroy':
      if (inputs.dryRun) {
        publishDryRun(plan, inputs, ports);
        return;
      }
      return performAndTell(plan, inputs, ports, {
        history: observed.history,
        access: await access.opened(),
        news,
      });
  }
}

async function performAndTell(
  plan: RunPlan,
  inputs: Inputs,
  ports: PublishPorts,
  known: {
    readonly history: ObservedHistory;
    readonly access: RunAccess | undefined;
    readonly news: ApplyNews | undefined;
  },
): Promise<void> {
  const { notifier } = ports;
  const about = { ...inputs, environments: plan.environments.map(({ name }) => name) };
  if (plan.command === 'destroy') notifier.tell(beginning(about));
  const outcomes = await perform(plan, inputs, ports, known.history, known.access, known.news);
  // Drift that is found is told, whatever else fails.
  const end = ending(about, outcomes);
  if (end?.kind === 'drift-found') notifier.tell(end);
  try {
    await publish(plan, outcomes, inputs, ports);
    if (plan.command === 'plan' && inputs.proveGates) {
      const next = environmentsToApply(plan, outcomes, inputs.confirm);
      await proveEnvironments(next, inputs, ports);
      if (inputs.stacksPerRunner !== undefined) await proveWaveEnvironments(next, inputs, ports);
      for (const notice of approvals(next, outcomes, inputs.workingDirectory)) {
        notifier.tell(notice);
      }
    }
    if (end?.kind === 'done') notifier.tell(end);
  } finally {
    // A stack that failed is no reason to keep silent of the others.
    if (plan.command === 'drift') await reportDrift(plan, outcomes, inputs, ports);
  }
}

function withoutHistory(inputs: Inputs): Inputs {
  return inputs.layers.kind === 'changed' ? { ...inputs, layers: { kind: 'all' } } : inputs;
}

/** Deleted stacks belong to these environments too, so that all their stacks count. */
function stacksIn({ workspace }: Repository, { environments }: RunPlan): readonly Stack[] {
  const names = new Set(environments.map(({ name }) => name));
  return workspace.stacks.filter(({ environment }) => names.has(environment));
}

/** Opens a thing when it is first needed, and never twice. */
function once<T>(open: () => Promise<T>): {
  readonly open: () => Promise<T>;
  /** Undefined where nobody has needed it. */
  readonly opened: () => Promise<T | undefined>;
} {
  let opening: Promise<T> | undefined;
  return {
    open: () => {
      opening ??= open();
      return opening;
    },
    opened: async () => opening,
  };
}
