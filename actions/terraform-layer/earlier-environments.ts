import { appliedHistory } from './applied-history.js';
import { observe, type Ports, type Repository } from './effects.js';
import type { Inputs } from './inputs.js';
import { perform } from './perform.js';
import { planRun, type Observed } from './plan.js';
import { environmentsUpToDate } from './report/environments-to-apply.js';
import { openEarlier, type RunAccess } from './run-access.js';

/**
 * Of the environments before those of a run that have not noted what it would apply, the names of
 * those in which nothing would change all the same: their files may differ in a comment alone, and
 * nobody approves an apply of nothing, so that no note says it. Asked by the plan that precedes an
 * apply, which has their plan roles; it plans them as a whole.
 *
 * @throws UserError as `planRun` does, but for `not-promoted`; UserError, OperationError as `perform`
 */
export async function earlierUpToDate(
  observed: Observed,
  run: {
    readonly inputs: Inputs;
    readonly repository: Repository;
    readonly access: () => Promise<RunAccess>;
    readonly ports: Ports;
  },
): Promise<readonly string[]> {
  const { inputs, repository, ports } = run;
  const { unpromoted } = observed.history;
  if (inputs.command !== 'plan' || inputs.dryRun || unpromoted.length === 0) return [];
  // Whatever else is wrong is told first.
  const { reasons } = planRun(inputs, {
    ...observed,
    history: { ...observed.history, unpromoted: [] },
  });
  const behind = new Set(
    unpromoted.flatMap(({ stack, before }) => (reasons.has(stack.id) ? [before.environment] : [])),
  );
  if (behind.size === 0) return [];
  const { workspace } = repository;
  const environments = workspace.config.environments.filter(({ name }) => behind.has(name));
  const names = environments.map(({ name }) => name);
  ports.log.info(`Planned first, since they come first: ${names.join(', ')}`);
  const looking: Inputs = {
    ...inputs,
    environments: names,
    layers: { kind: 'changed' },
    proveGates: false,
    reviewRecords: 'none',
  };
  const stacks = workspace.stacks.filter(({ environment }) => behind.has(environment));
  const access = await openEarlier(environments, stacks, await run.access(), looking, ports);
  const history = appliedHistory(
    () => Promise.resolve(access),
    workspace.config.environments,
    looking,
    ports,
  );
  const seen = await observe(looking, repository, ports, history);
  // A variable that only the run's own stacks declare is no fault of these.
  const plan = planRun({ ...looking, variables: {} }, seen);
  const outcomes = await perform(plan, looking, ports, seen.history, access);
  const upToDate = environmentsUpToDate(plan, outcomes);
  for (const name of upToDate) ports.log.notice(`${name} has nothing to get from this commit.`);
  return upToDate;
}
