import { DriftWatch } from '../../../actions/terraform-layer/drift/drift-watch.js';
import { formatDriftRecord } from '../../../actions/terraform-layer/drift/drift-record.js';
import {
  inPlanOrder,
  oldestFirst,
  TimeBudget,
} from '../../../actions/terraform-layer/drift/time-budget.js';
import type { EnvironmentStage } from '../../../actions/terraform-layer/schedule/run-stacks.js';
import { runStacks } from '../../../actions/terraform-layer/schedule/run-stacks.js';
import type { Sidecar } from '../../../actions/terraform-layer/sidecar/sidecar.js';
import { noChanges } from '../../../actions/terraform-layer/review/changes.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { memorySidecar } from '../../support/sidecars.js';
import { silentLogger } from '../../support/silent-logger.js';
import { layeredTree, load } from '../../support/stacks.js';
import { anOutcome, terraformFixture } from '../../support/terraform.js';

let stacks: readonly Stack[];
let stages: readonly EnvironmentStage[];
beforeAll(async () => {
  ({ stacks } = await load(layeredTree(['dev', 'production'])));
  stages = ['dev', 'production'].map((environment) => ({
    environment,
    after: [],
    stacks: stacks
      .filter((stack) => stack.environment === environment)
      .map((stack) => ({ stack, after: [] })),
  }));
});

const minute = 60_000;
const start = Date.parse('2026-03-01T10:00:00Z');

/** Checks stacks for `minutesEach`, one at a time, with the sidecars that earlier runs have left. */
async function check(
  sidecars: ReadonlyMap<string, Sidecar>,
  options: { readonly budgetMinutes: number | undefined; readonly at: number },
): Promise<{ readonly checked: readonly string[]; readonly notStarted: readonly string[] }> {
  let now = options.at;
  const watch = await DriftWatch.open(stacks, {
    sidecars: ({ id }) => sidecars.get(id),
    now: () => now,
    log: silentLogger,
  });
  const seconds = options.budgetMinutes === undefined ? undefined : options.budgetMinutes * 60;
  const budget = new TimeBudget(seconds, () => now);
  const checked: string[] = [];
  const outcomes = await runStacks({
    stages: oldestFirst(stages, watch.records),
    concurrency: 1,
    signal: new AbortController().signal,
    run: async (stack) => {
      const refused = budget.refuse(stack);
      if (refused !== undefined) return refused;
      now += 10 * minute;
      checked.push(stack.id);
      const outcome = anOutcome(stack, { status: 'unchanged' });
      await watch.hooks.ended(outcome);
      return outcome;
    },
    onEnd: () => Promise.resolve(),
  });
  return {
    checked,
    notStarted: outcomes
      .filter(({ end }) => end.status === 'not-started' && end.why.kind === 'time-budget')
      .map(({ stack }) => stack.id),
  };
}

describe('a drift check with a time budget', () => {
  it('goes on with those it had no time for, and so comes round', async () => {
    const sidecars = new Map(stacks.map(({ id }) => [id, memorySidecar()]));
    const first = await check(sidecars, { budgetMinutes: 25, at: start });
    expect(first.checked).toHaveLength(3);
    expect(first.notStarted).toHaveLength(5);

    const second = await check(sidecars, { budgetMinutes: 25, at: start + 60 * minute });
    expect(first.notStarted).toEqual(expect.arrayContaining([...second.checked]));

    const third = await check(sidecars, { budgetMinutes: 25, at: start + 120 * minute });
    expect(third.checked.slice(2)).toEqual(first.checked.slice(0, 1));
    expect(new Set([...first.checked, ...second.checked, ...third.checked]).size).toBe(8);
  });

  it('checks at least one, and without a budget all', async () => {
    const sidecars = new Map(stacks.map(({ id }) => [id, memorySidecar()]));
    expect((await check(sidecars, { budgetMinutes: 0, at: start })).checked).toHaveLength(1);
    expect((await check(sidecars, { budgetMinutes: undefined, at: start })).notStarted).toEqual([]);
  });

  it('reports in the order of the plan', () => {
    const outcomes = stacks.map((stack) => anOutcome(stack, { status: 'unchanged' }));
    const ids = inPlanOrder([...outcomes].reverse(), stages).map(({ stack }) => stack.id);
    expect(ids).toEqual(stages.flatMap((stage) => stage.stacks.map(({ stack }) => stack.id)));
  });
});

describe('what is kept of a check', () => {
  const json: unknown = JSON.parse(terraformFixture('drift.json'));

  async function watched(
    sidecar: Sidecar,
    at: number,
  ): Promise<{ readonly watch: DriftWatch; readonly stack: Stack }> {
    const [stack] = stacks;
    if (stack === undefined) throw new Error('no stack');
    const watch = await DriftWatch.open([stack], {
      sidecars: () => sidecar,
      now: () => at,
      log: silentLogger,
    });
    return { watch, stack };
  }

  it('is since when a stack differs, until it does no more', async () => {
    const sidecar = memorySidecar();
    const look = async (at: number, drifted: boolean): Promise<unknown> => {
      const { watch, stack } = await watched(sidecar, at);
      if (drifted) await watch.hooks.judge({ stack, json, changes: noChanges, alsoSensitive: [] });
      const outcome = anOutcome(stack, { status: drifted ? 'changes' : 'unchanged' });
      await watch.hooks.ended(outcome);
      const text = sidecar.objects.get('drift') ?? '{}';
      return { ...(JSON.parse(text) as object), told: watch.complete(outcome).drift?.since };
    };
    const dates = [0, 1, 2, 3].map((hours) => new Date(start + hours * 60 * minute).toISOString());
    expect(await look(start, true)).toMatchObject({ checkedAt: dates[0], since: dates[0] });
    expect(await look(start + 60 * minute, true)).toMatchObject({
      checkedAt: dates[1],
      since: dates[0],
      told: dates[0],
    });
    expect(await look(start + 120 * minute, false)).not.toHaveProperty('since');
    expect(await look(start + 180 * minute, true)).toMatchObject({ since: dates[3] });
  });

  it('does not change where the stack could not be checked', async () => {
    const text = formatDriftRecord({ version: 1, checkedAt: new Date(start).toISOString() });
    const sidecar = memorySidecar(new Map([['drift', text]]));
    const { watch, stack } = await watched(sidecar, start + minute);
    await watch.hooks.ended(anOutcome(stack, { status: 'failed', step: 'plan', lock: undefined }));
    expect(sidecar.objects.get('drift')).toBe(text);
  });

  it('counts as never checked where it is no record, or cannot be read', async () => {
    const broken = memorySidecar(new Map([['drift', '{"version":1,"checkedAt":"yesterday"}']]));
    expect((await watched(broken, start)).watch.records.size).toBe(0);
    const denied = { ...memorySidecar(), read: () => Promise.reject(new Error('denied')) };
    expect((await watched(denied, start)).watch.records.size).toBe(0);
  });
});
