import { counted } from '../../shared/counted.js';
import {
  code,
  heading,
  link,
  paragraph,
  renderMarkdown,
  table,
  text,
  type Inline,
  visible,
} from '../../shared/markdown.js';
import type { StackLock } from './held-locks.js';

/** What `unlock` found and did. */
export interface UnlockResult {
  readonly locks: readonly StackLock[];
  /** The lock that was released, or would be in a dry run. */
  readonly release:
    { readonly lock: StackLock; readonly id: string; readonly done: boolean } | undefined;
}

/** Lines for the log. `now` is in milliseconds. */
export function unlockLines({ locks, release }: UnlockResult, now: number): readonly string[] {
  const lines = locks.map((lock) => {
    const name = lock.stack.displayId;
    switch (lock.kind) {
      case 'free':
        return `${name}: not locked`;
      case 'untold':
        return `${name}: its backend ("${lock.stack.backend.type}") does not tell`;
      case 'held': {
        const { id, who, operation, created } = lock.lock;
        const run = lock.runUrl === undefined ? '' : `, run ${lock.runUrl}${progress(lock)}`;
        return `${name}: locked by ${visible(who)} since ${visible(created)} (${age(created, now)}), ${operationName(operation)}${run}, lock-id ${visible(id)}`;
      }
    }
  });
  if (release === undefined) return lines;
  const { stack } = release.lock;
  return [
    ...lines,
    release.done
      ? `${stack.displayId}: the lock ${release.id} was released`
      : `${stack.displayId}: the lock ${release.id} would be released`,
  ];
}

/** The job summary. */
export function unlockSummary(result: UnlockResult, now: number): string {
  const held = result.locks.flatMap((lock) => (lock.kind === 'held' ? [lock] : []));
  const untold = result.locks.filter(({ kind }) => kind === 'untold');
  const rows = held.map((lock): readonly (readonly Inline[])[] => [
    [code(visible(lock.stack.displayId))],
    [code(visible(lock.lock.who))],
    [text(age(lock.lock.created, now))],
    [text(operationName(lock.lock.operation))],
    [code(visible(lock.lock.id))],
    lock.runUrl === undefined ? [] : [link(lock.runUrl, text('run')), text(progress(lock))],
  ]);
  const { release } = result;
  return renderMarkdown([
    heading(3, `Locks: ${held.length} of ${counted(result.locks.length, 'stack')}`),
    ...(rows.length === 0
      ? []
      : [table(['Stack', 'Holder', 'Age', 'Operation', 'Lock', 'Run'], rows)]),
    ...(untold.length === 0
      ? []
      : [
          paragraph(
            `Who holds a lock is not told by the backend of ${counted(untold.length, 'stack')}.`,
          ),
        ]),
    ...(release === undefined
      ? []
      : [
          paragraph(
            release.done ? 'Released: ' : 'Would be released: ',
            code(visible(release.id)),
            ' of ',
            code(visible(release.lock.stack.displayId)),
          ),
        ]),
  ]);
}

/** The output `locks`. */
export function locksOutput({ locks, release }: UnlockResult): string {
  return JSON.stringify(
    locks.flatMap((lock) => {
      if (lock.kind !== 'held') return [];
      const { id, who, operation, created } = lock.lock;
      const released = release?.done === true && release.lock.stack.id === lock.stack.id;
      return [
        {
          ...{ stack: lock.stack.id, id, who, operation, created },
          run: lock.runUrl ?? null,
          released,
        },
      ];
    }),
  );
}

function progress({ runInProgress }: { readonly runInProgress: boolean | undefined }): string {
  if (runInProgress === undefined) return '';
  return runInProgress ? ' (goes on)' : ' (has ended)';
}

function operationName(operation: string): string {
  const name = operation.replace(/^OperationType/, '').toLowerCase();
  return name === '' ? 'operation not told' : visible(name);
}

/** `3 h 20 min`. */
function age(created: string, now: number): string {
  const milliseconds = now - Date.parse(created);
  if (!Number.isFinite(milliseconds)) return 'age not told';
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}
