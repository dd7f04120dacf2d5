import {
  samePerson,
  type LabelEvent,
  type People,
  type Push,
  type ReviewedPull,
} from './people.js';
import { writersAmong } from './reviews.js';

/** Why a label that is on a pull request does not count. */
export type LabelRefusal =
  /** GitHub does not say who put it on. */
  | 'unknown-origin'
  /** It was put on before the head was pushed: whoever did it has not seen it. */
  | 'before-push'
  /** GitHub does not say when the head was pushed, so nothing can be after it. */
  | 'push-unknown'
  | 'author'
  | 'last-pusher'
  | 'no-write-access'
  | 'bot';

export interface LabelJudgement {
  /** Names as they are on the pull request. */
  readonly counting: readonly { readonly label: string; readonly by: string }[];
  readonly notCounted: readonly {
    readonly label: string;
    /** Undefined where GitHub does not say. */
    readonly by: string | undefined;
    readonly reason: LabelRefusal;
  }[];
}

export interface LabelContext {
  readonly author: string;
  readonly push: Push | undefined;
  /** Logins with write access, in lower case. */
  readonly writers: ReadonlySet<string>;
}

/**
 * Which labels count as somebody's word: those that are on the pull request now, and were last put
 * on, after the head was pushed, by somebody with write access who neither opened it nor pushed
 * the head. People with triage rights can label, so a label by itself says nothing.
 */
export function judgeLabels(
  present: readonly string[],
  events: readonly LabelEvent[],
  context: LabelContext,
): LabelJudgement {
  const judged = present.map((label) => {
    const last = lastPutOn(label, events);
    return { label, by: last?.actor.login, reason: refusalOf(last, context) };
  });
  return {
    counting: judged.flatMap(({ label, by, reason }) =>
      reason === undefined && by !== undefined ? [{ label, by }] : [],
    ),
    notCounted: judged.flatMap(({ label, by, reason }) =>
      reason === undefined ? [] : [{ label, by, reason }],
    ),
  };
}

function lastPutOn(label: string, events: readonly LabelEvent[]): LabelEvent | undefined {
  const last = [...events]
    .filter((event) => event.label.toLowerCase() === label.toLowerCase())
    .sort((left, right) => Date.parse(left.at) - Date.parse(right.at))
    .at(-1);
  // One that was renamed has no event under its new name, or an older one that took it off.
  return last?.event === 'labeled' ? last : undefined;
}

function refusalOf(
  event: LabelEvent | undefined,
  { author, push, writers }: LabelContext,
): LabelRefusal | undefined {
  if (event === undefined || event.actor.login === '') return 'unknown-origin';
  const { login, kind } = event.actor;
  if (kind === 'bot') return 'bot';
  if (samePerson(login, author)) return 'author';
  if (push === undefined) return 'push-unknown';
  if (samePerson(login, push.by.login)) return 'last-pusher';
  if (Date.parse(event.at) <= Date.parse(push.at)) return 'before-push';
  if (!writers.has(login.toLowerCase())) return 'no-write-access';
  return undefined;
}

/**
 * Asks GitHub for the labels as they are now, and judges those that `wanted` picks; the others are
 * left alone.
 */
export async function observeLabels(
  people: People,
  pull: ReviewedPull,
  wanted: (label: string) => boolean,
): Promise<LabelJudgement> {
  const present = (await people.labelsOf(pull.number)).filter(wanted);
  if (present.length === 0) return { counting: [], notCounted: [] };
  const [events, push] = await Promise.all([
    people.labelEventsOf(pull.number),
    people.pushOf(pull),
  ]);
  const actors = present.flatMap((label) => lastPutOn(label, events)?.actor ?? []);
  const logins = actors.filter(({ kind }) => kind === 'user').map(({ login }) => login);
  return judgeLabels(present, events, {
    author: pull.author,
    push,
    writers: await writersAmong(people, logins),
  });
}
