import type { StackEnd, StackOutcome } from '../../../actions/terraform-layer/schedule/outcome.js';
import { formatApplied, parseApplied } from '../../../actions/terraform-layer/sidecar/ledger.js';
import type { Sidecar, SidecarName } from '../../../actions/terraform-layer/sidecar/sidecar.js';
import {
  stateHooks,
  type ReachedCommit,
} from '../../../actions/terraform-layer/sidecar/state-hooks.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { intolerant, memorySidecar, onlySidecar } from '../../support/sidecars.js';
import { layeredTree, load } from '../../support/stacks.js';
import { anOutcome } from '../../support/terraform.js';

let stack: Stack;
beforeAll(async () => {
  const [first] = (await load(layeredTree(['dev']))).stacks;
  if (first === undefined) throw new Error('no stack');
  stack = first;
});

describe('what a run leaves in the ledger', () => {
  const entry = { version: 1, sha: 'a'.repeat(40), at: '2026-01-01T00:00:00Z' } as const;
  const known = formatApplied(entry);

  const appliedOnce = (): Map<SidecarName, string> => new Map([['applied', known]]);

  const head = 'b'.repeat(40);

  function hooksOf(sidecar: Sidecar, destroys: boolean, reached?: ReachedCommit) {
    return stateHooks({
      ...{ sidecars: onlySidecar(sidecar), tolerate: intolerant, destroys },
      clock: { now: () => 0, sleep: () => Promise.resolve() },
      log: { warning: () => undefined, notice: () => undefined },
      secrets: { redact: (text) => text },
      logDirectory: '/nowhere',
      runUrl: undefined,
      actor: undefined,
      reaches: () => reached,
      push: () => Promise.resolve({ ok: true }),
      root: '/nowhere',
    });
  }
  const outcome = (end: StackEnd): StackOutcome => anOutcome(stack, end);
  const marked = (sidecar: Sidecar): Promise<string | undefined> =>
    sidecar.read('applied').then((text) => parseApplied(text ?? '')?.stateChangedBy);

  it('is taken back before a destroy begins', async () => {
    const sidecar = memorySidecar(appliedOnce());
    await hooksOf(sidecar, true).openJournal(stack);
    expect(sidecar.changes[0]).toBe('write applied');
    expect(await marked(sidecar)).toBe('destroy');
  });

  it.each<[string, StackEnd, string | undefined]>([
    ['has destroyed it', { status: 'applied' }, 'destroy'],
    ['finds nothing to destroy', { status: 'unchanged' }, 'destroy'],
    ['fails in the middle', { status: 'failed', step: 'apply', lock: undefined }, 'destroy'],
    ['is cancelled in the middle', { status: 'interrupted', step: 'apply' }, 'destroy'],
    ['is stopped by a guard', { status: 'stopped', reasons: [] }, undefined],
    ['cannot plan it', { status: 'failed', step: 'plan', lock: undefined }, undefined],
  ])('by a destroy that %s', async (_, end, by) => {
    const sidecar = memorySidecar(appliedOnce());
    await hooksOf(sidecar, true).ended(outcome(end));
    expect(await marked(sidecar)).toBe(by);
  });

  it('stays where nothing is destroyed', async () => {
    const sidecar = memorySidecar(appliedOnce());
    const hooks = hooksOf(sidecar, false);
    await hooks.openJournal(stack);
    await hooks.ended(outcome({ status: 'applied' }));
    expect(await marked(sidecar)).toBeUndefined();
  });

  it('says that an apply has begun, until it has ended well', async () => {
    const sidecar = memorySidecar(appliedOnce());
    const hooks = hooksOf(sidecar, false, { sha: head, heldBack: false });
    await hooks.openJournal(stack);
    expect(sidecar.changes[0]).toBe('write applied');
    expect(await marked(sidecar)).toBe('apply');
    await hooks.ended(outcome({ status: 'failed', step: 'apply', lock: undefined }));
    expect(await marked(sidecar)).toBe('apply');
    await hooks.ended(outcome({ status: 'applied' }));
    const noted = parseApplied((await sidecar.read('applied')) ?? '');
    expect([noted?.sha, noted?.stateChangedBy]).toEqual([head, undefined]);
  });

  it('keeps the base of a stack that is held back, and says what it has got', async () => {
    const sidecar = memorySidecar(appliedOnce());
    const hooks = hooksOf(sidecar, false, { sha: head, heldBack: true });
    await hooks.openJournal(stack);
    await hooks.ended(outcome({ status: 'applied' }));
    const noted = parseApplied((await sidecar.read('applied')) ?? '');
    expect(noted).toEqual({ ...entry, heldBackAt: head });
  });
});
