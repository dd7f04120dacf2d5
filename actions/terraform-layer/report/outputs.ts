import { hasDrifted } from '../drift/findings.js';
import type { RunPlan } from '../plan.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { legsOf, matrixOf } from '../waves/legs.js';
import { environmentsToApply, environmentsUpToDate } from './environments-to-apply.js';
import { roomCharacters } from './output-room.js';
import { pendingReaders, type PendingReader } from './pending-readers.js';
import { isChanging, urgency } from './status.js';

const reviewedAddresses = 20;

/** Outputs of the step, and how many stacks found no room in `stacks`. */
export interface StepOutputs {
  readonly values: Readonly<Record<string, string>>;
  readonly stacksLeftOut: number;
}

/** What the next steps and jobs are handed: names, counts, and values of outputs that are public. */
export function stepOutputs(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  asked: {
    readonly confirm?: string | undefined;
    readonly stacksPerRunner?: number | undefined;
  },
): StepOutputs {
  const next = environmentsToApply(plan, outcomes, asked.confirm).map(({ name }) => name);
  const changing = outcomes.filter(isChanging);
  const review = JSON.stringify(outcomes.flatMap(reviewOutput));
  const readers = JSON.stringify(pendingReaders(plan, outcomes).map(readerOutput));
  const values = {
    'has-changes': String(changing.length > 0),
    affected: JSON.stringify([...plan.reasons.keys()]),
    waves: JSON.stringify(plan.waves),
    ...legsOutput(plan, next, asked.stacksPerRunner),
    environments: JSON.stringify(plan.environments.map(({ name }) => name)),
    'environments-to-apply': JSON.stringify(next),
    'environments-up-to-date': JSON.stringify(
      plan.command === 'plan' ? environmentsUpToDate(plan, outcomes) : [],
    ),
    drifted: JSON.stringify(
      outcomes.filter(({ drift }) => hasDrifted(drift)).map(({ stack }) => stack.id),
    ),
    review: review.length <= roomCharacters / 4 ? review : '[]',
    'pending-readers': readers.length <= roomCharacters / 4 ? readers : '[]',
  };
  // Of the legs it is known that they fit by themselves, and jobs are handed no more.
  const { legs: _, ...others } = values;
  const used = Object.values(others).reduce((sum, value) => sum + value.length, 0);
  const { text, leftOut } = fitStacks(outcomes, Math.max(0, roomCharacters - used));
  return { values: { stacks: text, ...values }, stacksLeftOut: leftOut };
}

/** Empty where the apply has nothing to do, so that nobody is asked to approve nothing. */
function legsOutput(
  { workspace, environments, reasons }: RunPlan,
  next: readonly string[],
  stacksPerRunner: number | undefined,
): Readonly<Record<'legs', string>> | undefined {
  const [environment] = environments;
  if (environment === undefined || stacksPerRunner === undefined) return undefined;
  const chosen = next.includes(environment.name) ? reasons.keys() : [];
  const legs = legsOf({ environment: environment.name, chosen, workspace, stacksPerRunner });
  return { legs: JSON.stringify(matrixOf(legs)) };
}

/** In full where it fits; else without outputs; else the most urgent stacks alone. */
function fitStacks(
  outcomes: readonly StackOutcome[],
  room: number,
): { readonly text: string; readonly leftOut: number } {
  const full = JSON.stringify(outcomes.map(stackOutput));
  if (full.length <= room) return { text: full, leftOut: 0 };
  const short = (outcome: StackOutcome): string =>
    JSON.stringify({
      ...stackOutput({ ...outcome, outputValues: undefined }),
      'changed-outputs': [],
      'waits-for': [],
    });
  const texts = new Map(outcomes.map((outcome) => [outcome, short(outcome)]));
  let left = room - 2;
  const kept = new Set<StackOutcome>();
  for (const outcome of [...outcomes].sort((a, b) => urgency(a) - urgency(b))) {
    left -= (texts.get(outcome)?.length ?? 0) + 1;
    if (left < 0) break;
    kept.add(outcome);
  }
  const items = outcomes.flatMap((outcome) =>
    kept.has(outcome) ? (texts.get(outcome) ?? []) : [],
  );
  return { text: `[${items.join(',')}]`, leftOut: outcomes.length - kept.size };
}

function stackOutput({
  stack,
  end,
  changes,
  milliseconds,
  outputValues,
}: Omit<StackOutcome, 'outputValues'> & {
  readonly outputValues?: StackOutcome['outputValues'] | undefined;
}): Readonly<Record<string, unknown>> {
  const open = changes.outputs.filter(
    ({ before, after }) => before.kind !== 'sensitive' && after.kind !== 'sensitive',
  );
  return {
    id: stack.id,
    name: stack.displayId,
    environment: stack.environment,
    directory: stack.directory,
    status: end.status,
    ...changes.counts,
    'changed-outputs': open.map(({ name }) => name),
    ...(outputValues === undefined ? {} : { outputs: Object.fromEntries(outputValues) }),
    'waits-for': end.status === 'waiting' ? end.waitsFor : [],
    seconds: Math.round(milliseconds / 100) / 10,
  };
}

function readerOutput({ stack, upstream, outputs }: PendingReader): unknown {
  return { id: stack.id, environment: stack.environment, upstream: upstream.id, outputs };
}

function reviewOutput({ stack, review }: StackOutcome): readonly unknown[] {
  if (review === undefined) return [];
  const addresses = review.differences.flatMap(({ kind, address }) =>
    kind === 'done' ? [] : [address],
  );
  return [
    {
      id: stack.id,
      verdict: review.verdict,
      addresses: [...new Set(addresses)].slice(0, reviewedAddresses),
    },
  ];
}
