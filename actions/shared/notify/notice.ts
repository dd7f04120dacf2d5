/** A name with its value, such as `image` and a digest. Both are text of others. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

interface About {
  /** What it is about, such as `deploy of web in production`. Text of others. */
  readonly subject: string;
  readonly facts?: readonly Fact[];
  /** Pull requests of this repository that it covers. */
  readonly pullNumbers?: readonly number[];
}

/** What a chat is told. Sentences and causes are text of others: names, log lines, answers of AWS. */
export type Notice =
  | (About & { readonly kind: 'started' })
  | (About & { readonly kind: 'failed' | 'rolled-back'; readonly cause: string })
  | (About & {
      readonly kind:
        // Nothing is done before somebody approves, or answers.
        'waiting-for-approval' | 'paused' | 'done' | 'superseded' | 'cancelled' | 'drift-found';
      readonly sentence: string;
    });

export type NoticeKind = Notice['kind'];

/** Which notices are told: all, those that a person has to act on, or failures alone. */
export type NotifyOn = 'all' | 'attention' | 'failures';

const failures: ReadonlySet<NoticeKind> = new Set(['failed', 'rolled-back', 'cancelled']);
const attention: ReadonlySet<NoticeKind> = new Set([
  ...failures,
  'waiting-for-approval',
  'paused',
  'drift-found',
]);

/** Whether notices of a kind are told. */
export function isTold(kind: NoticeKind, on: NotifyOn): boolean {
  switch (on) {
    case 'all':
      return true;
    case 'attention':
      return attention.has(kind);
    case 'failures':
      return failures.has(kind);
  }
}
