import fc from 'fast-check';
import type { Clock } from '../../../actions/shared/clock.js';
import type { JournalSession } from '../../../actions/terraform-layer/schedule/hooks.js';
import { hclQuoted } from '../../../actions/terraform-layer/hcl/quoted-text.js';
import { importBlock } from '../../../actions/terraform-layer/sidecar/import-block.js';
import {
  CreatedResources,
  parseJournal,
} from '../../../actions/terraform-layer/sidecar/journal.js';
import {
  openJournal,
  settleJournal,
} from '../../../actions/terraform-layer/sidecar/journal-session.js';
import { orphansOf } from '../../../actions/terraform-layer/sidecar/orphans.js';
import { resourceType } from '../../../actions/terraform-layer/sidecar/state-resources.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import {
  parseEvent,
  type TerraformEvent,
} from '../../../actions/terraform-layer/terraform/events.js';
import { parseLiteral } from '../../support/hcl-literal.js';
import {
  intolerant,
  lockText,
  memorySidecar,
  onlySidecar,
  stateOf,
  type MemorySidecar,
} from '../../support/sidecars.js';
import { layeredTree, load } from '../../support/stacks.js';
import { until } from '../../support/until.js';

let stack: Stack;
beforeAll(async () => {
  const [first] = (await load(layeredTree(['dev']))).stacks;
  if (first === undefined) throw new Error('no stack');
  stack = first;
});

function event(
  phase: 'start' | 'complete' | 'errored',
  action: string,
  address: string,
  id?: string,
): TerraformEvent {
  return { kind: 'resource', text: '', phase, action, address, id };
}

const queue = 'aws_sqs_queue.this';
const create = (address: string, id: string): readonly TerraformEvent[] => [
  event('start', 'create', address),
  event('complete', 'create', address, id),
];

/** A clock whose pauses a test ends. */
function heldClock(): Clock & { release(): void } {
  let waiting: (() => void)[] = [];
  return {
    now: () => 0,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) resolve();
        waiting.push(resolve);
        signal?.addEventListener('abort', () => resolve());
      }),
    release: () => {
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function open(sidecar: MemorySidecar, clock: Clock = heldClock()): Promise<JournalSession> {
  return openJournal(stack, {
    ...{ sidecars: onlySidecar(sidecar), tolerate: intolerant, clock, runUrl: 'https://run/1' },
    lockLogOf: () => '/nowhere',
  });
}

const entriesIn = (sidecar: MemorySidecar): unknown =>
  parseJournal(sidecar.objects.get('journal') ?? '')?.resources;

describe('what an apply has made', () => {
  it('counts from the start of a create, and gets its id with the end', () => {
    const created = new CreatedResources('https://run/1');
    expect(created.note(event('start', 'create', queue))).toBe(true);
    expect(created.entries).toEqual([{ address: queue, runUrl: 'https://run/1' }]);
    expect(created.note(event('complete', 'create', queue, 'q1'))).toBe(true);
    expect(created.entries).toEqual([{ address: queue, id: 'q1', runUrl: 'https://run/1' }]);
  });

  it('still counts where the create failed: the provider may have made it', () => {
    const created = new CreatedResources(undefined);
    created.note(event('start', 'create', queue));
    created.note(event('errored', 'create', queue));
    expect(created.entries).toEqual([{ address: queue, failed: true }]);
    expect(created.note(event('start', 'create', queue))).toBe(true);
    expect(created.entries).toEqual([{ address: queue }]);
  });

  it('counts in full where the provider died while it was made', () => {
    for (const at of [{}, { address: queue }]) {
      const created = new CreatedResources(undefined);
      created.note(event('start', 'create', queue));
      created.note(event('errored', 'create', queue));
      const died = { severity: 'error', summary: 'Plugin did not respond', detail: '' } as const;
      expect(created.note({ kind: 'diagnostic', text: '', diagnostic: { ...died, ...at } })).toBe(
        true,
      );
      expect(created.entries).toEqual([{ address: queue }]);
    }
  });

  it('leaves out what is only changed, and what the same apply destroys again', () => {
    const created = new CreatedResources(undefined);
    for (const one of [
      event('start', 'update', 'aws_sqs_queue.other', 'o'),
      ...create(queue, 'new'),
      event('start', 'delete', queue, 'old'),
      event('complete', 'delete', queue),
    ]) {
      created.note(one);
    }
    expect(created.entries).toEqual([{ address: queue, id: 'new' }]);
    created.note(event('start', 'delete', queue, 'new'));
    created.note(event('complete', 'delete', queue));
    expect(created.entries).toEqual([]);
  });

  it("is read from Terraform's own lines", () => {
    const line = (type: string, rest: object): string =>
      JSON.stringify({
        ...{ '@message': 'x', type },
        hook: { resource: { addr: queue }, action: 'create', ...rest },
      });
    const created = new CreatedResources(undefined);
    for (const text of [
      line('apply_start', {}),
      line('apply_complete', { id_key: 'id', id_value: 'https://sqs/q' }),
    ]) {
      const parsed = parseEvent(text, '.');
      if (parsed !== undefined) created.note(parsed);
    }
    expect(created.entries).toEqual([{ address: queue, id: 'https://sqs/q' }]);
  });
});

describe('the journal of an apply', () => {
  it('is there before it starts, and gone after it has succeeded', async () => {
    const sidecar = memorySidecar();
    const journal = await open(sidecar);
    expect(parseJournal(sidecar.objects.get('journal') ?? '')).toMatchObject({
      runUrl: 'https://run/1',
      stateVersion: 'absent',
      resources: [],
    });
    for (const one of create(queue, 'q')) journal.onEvent(one);
    await journal.close('succeeded');
    expect(sidecar.objects.has('journal')).toBe(false);
  });

  it('is written once a pause however many resources are made, and the last are in it', async () => {
    const sidecar = memorySidecar();
    const clock = heldClock();
    const journal = await open(sidecar, clock);
    for (let index = 0; index < 100; index += 1) {
      for (const one of create(`${queue}[${index}]`, `q${index}`)) journal.onEvent(one);
      await settled();
    }
    await until(() => sidecar.changes.length > 1);
    for (let turn = 0; turn < 20; turn += 1) await settled();
    expect(sidecar.changes).toHaveLength(2);
    clock.release();
    await until(() => sidecar.changes.length > 2);
    expect(sidecar.changes).toHaveLength(3);
    expect(entriesIn(sidecar)).toHaveLength(100);
  });

  it('stays after a kill with what the state does not have', async () => {
    const sidecar = memorySidecar();
    const journal = await open(sidecar);
    for (const one of [...create(`${queue}[0]`, 'a'), ...create(`${queue}[1]`, 'b')]) {
      journal.onEvent(one);
    }
    sidecar.state = stateOf([{ type: 'aws_sqs_queue', name: 'this', key: 0, id: 'a' }]);
    await journal.close('killed');
    expect(entriesIn(sidecar)).toEqual([
      { address: `${queue}[1]`, id: 'b', runUrl: 'https://run/1' },
    ]);
  });

  it('goes after a failure whose state was written', async () => {
    const sidecar = memorySidecar();
    const journal = await open(sidecar);
    for (const one of create(queue, 'a')) journal.onEvent(one);
    sidecar.state = stateOf([{ type: 'aws_sqs_queue', name: 'this', id: 'a' }]);
    await journal.close('failed');
    expect(sidecar.objects.has('journal')).toBe(false);
  });

  it('carries on what an earlier one named, until the state has it', async () => {
    const sidecar = memorySidecar();
    const first = await open(sidecar);
    for (const one of create(queue, 'lost')) first.onEvent(one);
    await first.close('killed');

    const second = await open(sidecar);
    for (const one of create('aws_sqs_queue.second', 's')) second.onEvent(one);
    sidecar.state = stateOf([{ type: 'aws_sqs_queue', name: 'second', id: 's' }]);
    await second.close('succeeded');
    expect(entriesIn(sidecar)).toEqual([{ address: queue, id: 'lost', runUrl: 'https://run/1' }]);

    const third = await open(sidecar);
    sidecar.state = stateOf([{ type: 'aws_sqs_queue', name: 'adopted', id: 'lost' }]);
    await third.close('succeeded');
    expect(sidecar.objects.has('journal')).toBe(false);
  });

  it('of a run that waits for the lock is not written over the one of its holder', async () => {
    const sidecar = memorySidecar();
    const holder = await open(sidecar);
    sidecar.lock = lockText('theirs');
    for (const one of create(queue, 'q')) holder.onEvent(one);
    await until(() => sidecar.changes.length > 1);
    const waiting = await open(sidecar);
    const before = sidecar.objects.get('journal');
    await waiting.close('failed');
    expect(sidecar.objects.get('journal')).toBe(before);
  });

  it('is not written over another one where nobody can tell who holds the lock', async () => {
    const sidecar = memorySidecar();
    sidecar.objects.set('journal', 'theirs');
    const blind = { ...sidecar, lockText: () => Promise.reject(new Error('denied')) };
    await openJournal(stack, {
      ...{ sidecars: onlySidecar(blind), clock: heldClock(), runUrl: undefined },
      tolerate: ({ fallback }, body) => body().catch(() => fallback),
      lockLogOf: () => '/nowhere',
    });
    expect(sidecar.objects.get('journal')).toBe('theirs');
  });

  it('does not fail an apply where it cannot be written', async () => {
    const sidecar = memorySidecar();
    sidecar.failure = new Error('denied');
    const told: string[] = [];
    const journal = await openJournal(stack, {
      sidecars: onlySidecar(sidecar),
      tolerate: async ({ fallback }, body) =>
        body().catch((error: unknown) => {
          told.push(String(error));
          return fallback;
        }),
      ...{ clock: heldClock(), runUrl: undefined, lockLogOf: () => '/nowhere' },
    });
    for (const one of create(queue, 'q')) journal.onEvent(one);
    await expect(journal.close('killed')).resolves.toBeUndefined();
    expect(told[0]).toContain('denied');
  });

  it('is completed from the output of an apply whose run was killed', async () => {
    const sidecar = memorySidecar();
    await open(sidecar);
    const events = [...create(`${queue}[0]`, 'a'), event('start', 'create', `${queue}[1]`)];
    const missing = await settleJournal(sidecar, events, heldClock());
    expect(missing.map(({ address, id }) => [address, id])).toEqual([
      [`${queue}[0]`, 'a'],
      [`${queue}[1]`, undefined],
    ]);
    expect(entriesIn(sidecar)).toEqual(missing);
  });
});

describe('orphans', () => {
  async function orphans(sidecar: MemorySidecar) {
    return orphansOf(stack, onlySidecar(sidecar), intolerant);
  }

  async function killed(...events: readonly TerraformEvent[]): Promise<MemorySidecar> {
    const sidecar = memorySidecar();
    const journal = await open(sidecar);
    for (const one of events) journal.onEvent(one);
    await until(() => sidecar.changes.length > 1);
    return sidecar;
  }

  it('are what was made and is not in the state, with the run that made it', async () => {
    const sidecar = await killed(...create(queue, 'https://sqs/q'));
    expect(await orphans(sidecar)).toEqual([
      { address: queue, type: 'aws_sqs_queue', id: 'https://sqs/q', runUrl: 'https://run/1' },
    ]);
  });

  it('do not count what exists in the state alone', async () => {
    const sidecar = await killed(...create('terraform_data.x', '1'), ...create('random_id.x', '2'));
    expect(await orphans(sidecar)).toEqual([]);
  });

  it('are not named while the apply that makes them still runs', async () => {
    const sidecar = await killed(...create(queue, 'q'));
    const journal = JSON.parse(sidecar.objects.get('journal') ?? '') as object;
    sidecar.objects.set('journal', JSON.stringify({ ...journal, lockId: 'own' }));
    sidecar.lock = lockText('own');
    expect(await orphans(sidecar)).toEqual([]);
    sidecar.lock = lockText('of another');
    expect(await orphans(sidecar)).toHaveLength(1);
  });

  it('know instances in modules by their keys', async () => {
    const address = 'module.m["a.b"].aws_sqs_queue.this["x$${y}\\"z"]';
    const sidecar = await killed(event('start', 'create', address));
    expect(await orphans(sidecar)).toMatchObject([{ address, type: 'aws_sqs_queue' }]);
    sidecar.state = stateOf([
      { module: 'module.m["a.b"]', type: 'aws_sqs_queue', name: 'this', key: 'x${y}"z', id: 'i' },
    ]);
    expect(await orphans(sidecar)).toEqual([]);
  });

  it('need a journal that can be read', async () => {
    const sidecar = memorySidecar();
    expect(await orphans(sidecar)).toEqual([]);
    sidecar.objects.set('journal', '{"version":2}');
    expect(await orphans(sidecar)).toEqual([]);
    expect(await orphansOf(stack, onlySidecar(undefined), intolerant)).toEqual([]);
  });
});

describe('the block that adopts an orphan', () => {
  const orphan = { type: 'aws_sqs_queue', runUrl: undefined };

  it('names address and id', () => {
    expect(importBlock({ ...orphan, address: `module.a.${queue}["k"]`, id: 'https://q' })).toBe(
      `import {\n  to = module.a.${queue}["k"]\n  id = "https://q"\n}`,
    );
  });

  it('is not offered without an id, or for what is no address', () => {
    expect(importBlock({ ...orphan, address: queue, id: undefined })).toBeUndefined();
    for (const address of [`${queue}\n}\nresource`, 'a', `${queue}["x]`, `${queue}[0]\nx`, '']) {
      expect(importBlock({ ...orphan, address, id: 'x' })).toBeUndefined();
    }
  });

  it('quotes any id so that Terraform reads the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        expect(parseLiteral(hclQuoted(id))).toBe(id);
        expect(hclQuoted(id)).not.toMatch(/[\n\r]/);
      }),
    );
  });
});

it.each([
  ['aws_instance.this', 'aws_instance'],
  ['module.a["b.c"].module.d[0].aws_instance.this["x.y"]', 'aws_instance'],
  ['aws_instance.this["a\\"].b"]', 'aws_instance'],
])('the type of %s is %s', (address, type) => {
  expect(resourceType(address)).toBe(type);
});
