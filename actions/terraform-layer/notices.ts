import { counted } from '../shared/counted.js';
import { OperationError } from '../shared/errors.js';
import { causeOf } from '../shared/notify/cause.js';
import type { Notice } from '../shared/notify/notice.js';
import { hasDrifted } from './drift/findings.js';
import type { ApplyEnd } from './github/report-back.js';
import type { Command, Inputs } from './inputs.js';
import type { RunPlan } from './plan.js';
import { tally } from './report/headline.js';
import { noChanges, shortCounts, type PlanChanges } from './review/changes.js';
import { isFailure, type StackOutcome, type StopReason } from './schedule/outcome.js';
import type { LegsConclusion } from './waves/leg-result.js';

const nextWave = 'The rest waited for that at review: start the apply once more with apply-again.';

/** What a run is about, as far as a chat is told. */
export interface NoticeSubject {
  readonly command: Command;
  /** Empty: all, or not known yet. */
  readonly environments: readonly string[];
  readonly workingDirectory: string;
  readonly pullNumbers?: readonly number[];
}

/** An apply, drift check or destruction begins. Pure, as all here. */
export function beginning(about: NoticeSubject): Notice {
  return { kind: 'started', ...aboutOf(about) };
}

/** What became of an apply whose stacks have all ended in one way or another. */
export function applyEnding(
  about: NoticeSubject,
  end: ApplyEnd,
  outcomes: readonly StackOutcome[],
  { cancelled }: { readonly cancelled: boolean },
): Notice {
  const sentence = tally('apply', outcomes);
  const common = aboutOf(about);
  if (cancelled) return { kind: 'cancelled', sentence, ...common };
  if (end.kind === 'applied') return { kind: 'done', sentence, ...common };
  if (end.kind === 'next-wave') {
    return {
      kind: 'done',
      sentence: `${sentence} ${nextWave}`,
      ...common,
    };
  }
  return { kind: 'failed', cause: causeOfStacks(outcomes) ?? sentence, ...common };
}

/** What became of an apply that many runners shared; each of them tells its own failure besides. */
export function concluding(
  about: Pick<NoticeSubject, 'environments' | 'workingDirectory'>,
  { end, stacks, missing, pulls }: LegsConclusion,
): Notice {
  const common = aboutOf({ ...about, command: 'apply', pullNumbers: pulls });
  const sentence = `${counted(stacks.length, 'stack')} by many runners`;
  if (end === 'applied') return { kind: 'done', sentence, ...common };
  if (end === 'next-wave') return { kind: 'done', sentence: `${sentence}. ${nextWave}`, ...common };
  const left = missing === 0 ? '' : `; ${counted(missing, 'leg')} left no result`;
  return { kind: 'failed', cause: `not all of ${sentence} were applied${left}`, ...common };
}

/** A run broke off, or never began. */
export function breaking(
  about: NoticeSubject,
  thrown: unknown,
  { cancelled, superseded = false }: { readonly cancelled: boolean; readonly superseded?: boolean },
): Notice {
  const common = aboutOf(about);
  const cause = causeOfStacksIn(thrown) ?? causeOf(thrown);
  if (superseded) return { kind: 'superseded', sentence: cause, ...common };
  if (cancelled) return { kind: 'cancelled', sentence: cause, ...common };
  return { kind: 'failed', cause, ...common };
}

/** The runner ended an apply before it could say how far it came. */
export function killed(about: NoticeSubject): Notice {
  return {
    kind: 'failed',
    cause: 'the job was ended in the middle of it: run it again, it does the rest',
    ...aboutOf(about),
  };
}

/** What became of a drift check or a destruction in which nothing failed; undefined: no news. */
export function ending(
  about: NoticeSubject,
  outcomes: readonly StackOutcome[],
): Notice | undefined {
  if (about.command === 'destroy') {
    return { kind: 'done', sentence: tally('destroy', outcomes), ...aboutOf(about) };
  }
  if (about.command !== 'drift') return undefined;
  const drifted = outcomes.filter(({ drift }) => hasDrifted(drift));
  if (drifted.length === 0) return undefined;
  const resources = drifted.flatMap(({ drift }) => drift?.drifted ?? []);
  const names = nameSome(drifted.map(({ stack }) => stack.displayId));
  const sentence = `${counted(resources.length, 'resource')} in ${counted(drifted.length, 'stack')}: ${names}`;
  return { kind: 'drift-found', sentence, ...aboutOf(about) };
}

/** One for each environment that is applied only when somebody has approved it on GitHub. */
export function approvals(
  next: RunPlan['environments'],
  outcomes: readonly StackOutcome[],
  workingDirectory: string,
): readonly Notice[] {
  return next.flatMap((environment, index): readonly Notice[] => {
    const { name, apply, gate } = environment;
    if (apply !== 'approval' || gate !== 'environment') return [];
    const own = outcomes.filter(({ stack, end }) => {
      return stack.environment === name && (end.status === 'changes' || end.status === 'waiting');
    });
    const earlier = next.slice(0, index).map((one) => one.name);
    const sentence = [
      counted(own.length, 'stack'),
      shortCounts(own.map(({ changes }) => changes).reduce(together, noChanges)),
      earlier.length === 0 ? '' : `after ${earlier.join(', ')}`,
    ];
    return [
      {
        kind: 'waiting-for-approval',
        sentence: sentence.filter((part) => part !== '').join(', '),
        ...aboutOf({ command: 'apply', environments: [name], workingDirectory }),
      },
    ];
  });
}

/** Why a run fails, by the first stack that does; undefined where none does. */
export function causeOfStacks(outcomes: readonly StackOutcome[]): string | undefined {
  // What kept others from starting says more than those that did not start.
  const failed = [
    ...outcomes.filter((one) => isFailure(one) && one.end.status !== 'not-started'),
    ...outcomes.filter(({ end }) => end.status === 'waiting'),
    ...outcomes.filter(({ end }) => end.status === 'not-started'),
  ];
  const [first, ...more] = failed;
  if (first === undefined) return undefined;
  const others = more.length === 0 ? '' : ` (and ${counted(more.length, 'stack')} more)`;
  return `${first.stack.displayId} ${causeIn(first)}${others}`;
}

function causeIn({ end, diagnostics }: StackOutcome): string {
  switch (end.status) {
    case 'failed': {
      const error = diagnostics.find(({ severity }) => severity === 'error');
      const holder = end.lock?.who === undefined ? '' : `, held by ${end.lock.who}`;
      const place = error?.address === undefined ? '' : ` (${error.address})`;
      return error === undefined
        ? `failed in ${end.step}`
        : `failed in ${end.step}: ${error.summary}${place}${holder}`;
    }
    case 'stopped':
      return `was stopped: ${end.reasons.map(stopWords).join(', ')}`;
    case 'interrupted':
      return `was interrupted in ${end.step}`;
    case 'waiting':
      return 'waits for a state that does not exist yet';
    default:
      return 'was not started';
  }
}

function stopWords(reason: StopReason): string {
  switch (reason.kind) {
    case 'review':
      return 'its plan is not what was reviewed';
    case 'guard':
      return `the guard ${reason.guard} keeps ${nameSome(reason.addresses)}`;
    case 'policy':
      return 'the policy command said no';
    case 'orphans':
      return 'an apply that was killed made what its plan does not take in';
    case 'recovery':
      return 'an earlier apply could not write its state';
  }
}

function causeOfStacksIn(thrown: unknown): string | undefined {
  if (!(thrown instanceof OperationError) || thrown.code !== 'stacks-failed') return undefined;
  const { cause } = thrown.details;
  return typeof cause === 'string' ? cause : undefined;
}

const titles: Readonly<Partial<Record<Command, string>>> = {
  drift: 'drift check',
  destroy: 'destruction',
};

function aboutOf({ command, environments, workingDirectory, pullNumbers = [] }: NoticeSubject) {
  const where = environments.length === 0 ? '' : ` of ${environments.join(', ')}`;
  const folder = workingDirectory === '.' ? '' : ` (${workingDirectory})`;
  return { subject: `Terraform ${titles[command] ?? command}${where}${folder}`, pullNumbers };
}

const shownNames = 5;

function nameSome(names: readonly string[]): string {
  const more = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Two plans' changes as one, for their counts. */
function together(left: PlanChanges, right: PlanChanges): PlanChanges {
  const { counts: a } = left;
  const { counts: b } = right;
  return {
    resources: [],
    outputs: [...left.outputs, ...right.outputs],
    invocations: [...(left.invocations ?? []), ...(right.invocations ?? [])],
    counts: {
      ...{ add: a.add + b.add, change: a.change + b.change, replace: a.replace + b.replace },
      ...{ destroy: a.destroy + b.destroy, import: a.import + b.import, move: a.move + b.move },
      forget: a.forget + b.forget,
    },
  };
}

/** Whether a chat is told where this run fails: of plans, those that precede an apply alone. */
export function isNotified({
  command,
  dryRun,
  proveGates,
}: Pick<Inputs, 'command' | 'dryRun' | 'proveGates'>): boolean {
  if (dryRun) return false;
  return (
    command === 'apply' ||
    command === 'drift' ||
    command === 'destroy' ||
    (command === 'plan' && proveGates)
  );
}
