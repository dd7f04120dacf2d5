import {
  chooseLock,
  readLock,
  type StackLock,
} from '../../../actions/terraform-layer/commands/held-locks.js';
import {
  locksOutput,
  unlockLines,
  unlockSummary,
} from '../../../actions/terraform-layer/commands/unlock-report.js';
import { formatJournal } from '../../../actions/terraform-layer/sidecar/journal.js';
import { formatLockNote } from '../../../actions/terraform-layer/sidecar/lock-notes.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { thrownCodes } from '../../support/problem-codes.js';
import { lockText, memorySidecar, onlySidecar } from '../../support/sidecars.js';
import { layeredTree, load } from '../../support/stacks.js';

let stacks: readonly Stack[];
let stack: Stack;
beforeAll(async () => {
  ({ stacks } = await load(layeredTree(['dev'])));
  const [first] = stacks;
  if (first === undefined) throw new Error('no stack');
  stack = first;
});

const untellable = (): Promise<undefined> => Promise.resolve(undefined);
const now = Date.parse('2026-01-01T03:20:00Z');

const runUrl = 'https://github.com/o/r/actions/runs/7';

async function heldBy(id: string, runInProgress?: boolean): Promise<StackLock> {
  const sidecar = memorySidecar();
  sidecar.lock = lockText(id);
  const note = { lockId: id, runUrl, command: 'plan', at: '' };
  sidecar.objects.set(`lock/${id}`, formatLockNote({ version: 1, ...note }));
  return readLock(stack, onlySidecar(sidecar), () => Promise.resolve(runInProgress));
}

describe('the lock of a stack', () => {
  it('is free, or held by somebody whose run has left word', async () => {
    const sidecar = memorySidecar();
    expect(await readLock(stack, onlySidecar(sidecar), untellable)).toMatchObject({ kind: 'free' });
    expect(await heldBy('a', false)).toMatchObject({
      kind: 'held',
      lock: { id: 'a', who: 'root@vm' },
      runUrl,
      runInProgress: false,
    });
  });

  it('has the run that the journal of its apply names, where that alone knows it', async () => {
    const sidecar = memorySidecar();
    sidecar.lock = lockText('a');
    const journal = { version: 1 as const, startedAt: '', lockId: 'a', runUrl, resources: [] };
    sidecar.objects.set('journal', formatJournal(journal));
    expect(await readLock(stack, onlySidecar(sidecar), untellable)).toMatchObject({ runUrl });
  });

  it.each([
    ['names no run of GitHub Actions', { lockId: 'a', runUrl: 'https://evil.example/x' }],
    ['is of another lock', { lockId: 'b', runUrl }],
  ])('has no run where the word %s', async (_, note) => {
    const sidecar = memorySidecar();
    sidecar.lock = lockText('a');
    const text = formatLockNote({ version: 1, command: 'plan', at: '', ...note });
    sidecar.objects.set('lock/a', text);
    expect(await readLock(stack, onlySidecar(sidecar), untellable)).toMatchObject({
      kind: 'held',
      runUrl: undefined,
    });
  });

  it('whose id is no name of an object is shown, and nothing is read by that name', async () => {
    const sidecar = memorySidecar();
    const read: string[] = [];
    const lock = lockText('../../secret');
    const found = await readLock(
      stack,
      onlySidecar({
        ...sidecar,
        lockText: () => Promise.resolve(lock),
        read: (name) => {
          read.push(name);
          return Promise.resolve(undefined);
        },
      }),
      untellable,
    );
    expect(found).toMatchObject({ kind: 'held', lock: { id: '../../secret' } });
    expect(read).toEqual(['journal']);
  });

  it('has no run where the journal is of another lock', async () => {
    const sidecar = memorySidecar();
    sidecar.lock = lockText('a');
    const journal = { version: 1 as const, startedAt: '', lockId: 'b', runUrl: 'x', resources: [] };
    sidecar.objects.set('journal', formatJournal(journal));
    expect(await readLock(stack, onlySidecar(sidecar), untellable)).toMatchObject({
      kind: 'held',
      runUrl: undefined,
    });
  });

  it('is not told by a backend that keeps it elsewhere', async () => {
    expect(await readLock(stack, onlySidecar(undefined), untellable)).toMatchObject({
      kind: 'untold',
    });
  });
});

describe('which lock is released', () => {
  it('is the one of exactly this id', async () => {
    const lock = await heldBy('a', false);
    expect(chooseLock('a', [{ kind: 'free', stack }, lock])).toBe(lock);
    expect(thrownCodes(() => chooseLock('b', [lock]))).toEqual(['lock-not-held']);
    expect(thrownCodes(() => chooseLock('b', [{ kind: 'free', stack }]))).toEqual([
      'lock-not-held',
    ]);
  });

  it('is none whose run goes on', async () => {
    const lock = await heldBy('a', true);
    expect(thrownCodes(() => chooseLock('a', [lock]))).toEqual(['lock-run-in-progress']);
  });

  it('is left to Terraform where one selected stack alone cannot be looked at', () => {
    const untold: StackLock = { kind: 'untold', stack };
    expect(chooseLock('a', [untold, { kind: 'free', stack }])).toBe(untold);
    expect(thrownCodes(() => chooseLock('a', [untold, untold]))).toEqual(['lock-not-held']);
  });
});

describe('the report of unlock', () => {
  it('names holder, age, operation, id and run', async () => {
    const lock = await heldBy('0caaf468', true);
    const result = { locks: [lock], release: undefined };
    for (const text of [unlockLines(result, now).join('\n'), unlockSummary(result, now)]) {
      for (const part of ['root@vm', '3 h 20 min', 'apply', '0caaf468', runUrl]) {
        expect(text).toContain(part);
      }
    }
    expect(JSON.parse(locksOutput(result))).toEqual([
      expect.objectContaining({ id: '0caaf468', run: runUrl, released: false }),
    ]);
  });

  it('shows what somebody else wrote as text', () => {
    const lock: StackLock = {
      ...{ kind: 'held', stack, runUrl: undefined, runInProgress: undefined },
      lock: {
        ...{ id: '`x` @all', operation: '<img>', who: '|[a](b)\n::error::x', version: '' },
        created: 'never',
      },
    };
    const result = { locks: [lock], release: undefined };
    const summary = unlockSummary(result, now);
    expect(summary).not.toMatch(/(?<!\\)<img>|\n::error|(?<!\\)\|\[a\]/);
    expect(unlockLines(result, now).join('|')).not.toContain('\n');
  });
});
