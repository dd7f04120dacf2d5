import fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OperationError, UserError } from '../../../actions/shared/errors.js';
import { moveState, nextMoveStep } from '../../../actions/terraform-layer/state/move-state.js';
import {
  holdsResources,
  parseStateDocument,
  sameContent,
} from '../../../actions/terraform-layer/state/state-document.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import type { StatePlace } from '../../../actions/terraform-layer/terraform/state-place.js';
import { lockText, memorySidecar, stateOf } from '../../support/sidecars.js';
import { layeredTree, load } from '../../support/stacks.js';

let stack: Stack;
let directory: string;
beforeAll(async () => {
  const [first] = (await load(layeredTree(['dev']))).stacks;
  if (first === undefined) throw new Error('no stack');
  stack = first;
  directory = await mkdtemp(path.join(tmpdir(), 'move-state-'));
});
afterAll(() => rm(directory, { recursive: true }));

const queue = (id: string) => ({ type: 'aws_sqs_queue', name: 'q', id });
const held = (serial: number, lineage = 'l', id = 'a'): string =>
  stateOf([queue(id)], { serial, lineage });
const empty = (serial: number, lineage = 'l'): string => stateOf([], { serial, lineage });
const withOutputs = (serial: number, lineage: string): string =>
  empty(serial, lineage).replace('"outputs":{}', '"outputs":{"a":{"value":"b","type":"string"}}');

/** A place that refuses as Terraform's `state push` does (statemgr.CheckValidImport). */
class MemoryPlace implements StatePlace {
  pushes = 0;
  /** Asked before each push: what another run does meanwhile, or words of a failure. */
  meanwhile: (push: number) => string | undefined = () => undefined;

  constructor(public state: string | undefined) {}

  pull(): Promise<string | undefined> {
    return Promise.resolve(this.state);
  }

  async push(file: string): ReturnType<StatePlace['push']> {
    const text = await readFile(file, 'utf8');
    this.pushes += 1;
    const failure = this.meanwhile(this.pushes) ?? this.#refusal(text);
    if (failure !== undefined) return { end: 'failed', lines: [failure] };
    this.state = text;
    return { end: 'succeeded', lines: [] };
  }

  #refusal(text: string): string | undefined {
    const [own, next] = [this.state, text].map((one) => parseStateDocument(one ?? ''));
    if (next === undefined) return 'not a state';
    const quiteEmpty =
      this.state === undefined || /"outputs":\s*\{\},?[^]*"resources":\s*\[\]/.test(this.state);
    if (own === undefined || quiteEmpty) return undefined;
    if (own.lineage !== next.lineage) return 'cannot import state with lineage';
    if (next.serial < own.serial) return 'cannot import state over newer state';
    if (next.serial > own.serial || sameContent(this.state ?? '', text)) return undefined;
    return 'cannot overwrite existing state with the same serial';
  }
}

function setUp(formerState: string | undefined, nowState: string | undefined) {
  const [former, now] = [new MemoryPlace(formerState), new MemoryPlace(nowState)];
  const sidecar = memorySidecar();
  const from: Stack = { ...stack, id: 'old', stateKey: 's3://states/old' };
  /** What lay at the former place, and at the new one, when the sidecar was taken along. */
  const taken: (readonly [string | undefined, string | undefined])[] = [];
  const takeAlong = (): Promise<void> => {
    taken.push([former.state, now.state]);
    return Promise.resolve();
  };
  const run = () =>
    moveState({
      ...{ from, to: stack, former, now, formerSidecar: sidecar, directory, takeAlong },
    });
  return { former, now, sidecar, run, taken };
}

async function codeOf(body: Promise<unknown>): Promise<string | undefined> {
  try {
    await body;
  } catch (error) {
    if (error instanceof UserError) return error.problems[0]?.code;
    if (error instanceof OperationError) return error.code;
    throw error;
  }
  return undefined;
}

describe('a state that is moved', () => {
  it.each([
    ['where there was none', undefined],
    ['over one that a destroy has emptied', empty(9)],
    ['over one of another lineage that a destroy has emptied', empty(9, 'other')],
    ['over one of another lineage that has outputs alone', withOutputs(9, 'other')],
  ])('lies at its new place alone, %s', async (_, target) => {
    const { former, now, sidecar, run } = setUp(held(5), target);
    expect(await run()).toBe('s3://states/app.tfstate.infra/copy');
    expect(sameContent(now.state ?? '', held(5))).toBe(true);
    expect(holdsResources(former.state ?? '')).toBe(false);
    expect(parseStateDocument(former.state ?? '')).toMatchObject({ serial: 6, lineage: 'l' });
    expect(sidecar.objects.get('copy')).toBe(held(5));
  });

  it('takes along what stands beside it before its former place is emptied', async () => {
    const { run, taken } = setUp(held(5), undefined);
    await run();
    expect(taken).toEqual([[held(5), held(5)]]);
  });

  it('stays as it is once it has moved', async () => {
    const { former, now, run } = setUp(held(5), undefined);
    await run();
    const before = [former.state, now.state];
    expect(await run()).toBeUndefined();
    expect([former.state, now.state]).toEqual(before);
  });

  it('can be moved back', async () => {
    const { former, now, sidecar, run } = setUp(held(5), undefined);
    await run();
    now.state = held(9, 'l', 'b');
    const back = setUp(now.state, former.state);
    back.sidecar.objects.clear();
    await back.run();
    expect(sameContent(back.now.state ?? '', held(0, 'l', 'b'))).toBe(true);
    expect(sidecar.objects.get('copy')).toBe(held(5));
  });

  it('takes along what another run has written meanwhile', async () => {
    const { former, now, run } = setUp(held(5), undefined);
    former.meanwhile = (push) => {
      if (push === 1) former.state = held(6, 'l', 'newer');
      return undefined;
    };
    await run();
    expect(sameContent(now.state ?? '', held(0, 'l', 'newer'))).toBe(true);
    expect(holdsResources(former.state ?? '')).toBe(false);
  });
});

describe('a move that is cut short', () => {
  it('is finished by the next one, and nothing is lost in between', async () => {
    const { former, now, run } = setUp(held(5), undefined);
    former.meanwhile = () => 'Error acquiring the state lock';
    expect(await codeOf(run())).toBe('state-not-moved');
    expect(former.state).toBe(held(5));
    expect(now.state).toBe(held(5));
    former.meanwhile = () => undefined;
    await run();
    expect(now.state).toBe(held(5));
    expect(holdsResources(former.state ?? '')).toBe(false);
  });

  it('leaves the state where it was when it cannot be written at the new place', async () => {
    const { former, now, run } = setUp(held(5), undefined);
    now.meanwhile = () => 'Access Denied';
    expect(await codeOf(run())).toBe('state-not-moved');
    expect(former.state).toBe(held(5));
  });

  it('does not go on where the copy did not arrive', async () => {
    const { former, now, run } = setUp(held(5), undefined);
    const written = now.push.bind(now);
    now.push = async (file) => {
      const end = await written(file);
      now.state = held(7, 'l', 'of another run');
      return end;
    };
    expect(await codeOf(run())).toBe('state-not-moved');
    expect(former.state).toBe(held(5));
  });
});

describe('a state is not moved', () => {
  it.each([
    ['over resources of another lineage', held(3, 'other', 'b'), 'state-place-taken'],
    ['over an older state of its own', held(3, 'l', 'b'), 'state-place-taken'],
    ['over what cannot be read', 'encrypted', 'state-unreadable'],
  ])('%s', async (_, target, code) => {
    const { former, now, run } = setUp(held(5), target);
    expect(await codeOf(run())).toBe(code);
    expect([former.state, now.state]).toEqual([held(5), target]);
    expect(now.pushes + former.pushes).toBe(0);
  });

  it('where it was moved by hand before, and applied since', async () => {
    const { former, now, run } = setUp(held(5), held(8, 'l', 'b'));
    expect(await run()).toBeUndefined();
    expect([former.state, now.state]).toEqual([held(5), held(8, 'l', 'b')]);
  });

  it('while somebody holds its lock, or one that was never put back lies beside it', async () => {
    const one = setUp(held(5), undefined);
    one.sidecar.lock = lockText('lock-1');
    expect(await codeOf(one.run())).toBe('state-locked');
    const other = setUp(held(5), undefined);
    other.sidecar.objects.set('recovery', held(8));
    expect(await codeOf(other.run())).toBe('recovery-pending');
    expect([one.now.state, other.now.state]).toEqual([undefined, undefined]);
  });

  it('where there is none, or what there is cannot be read', async () => {
    for (const former of [undefined, empty(4)]) {
      expect(await setUp(former, undefined).run()).toBeUndefined();
    }
    expect(await codeOf(setUp('encrypted', undefined).run())).toBe('state-unreadable');
  });
});

it('never writes over resources that are not its own, whatever lies where', () => {
  const place = fc.option(
    fc.record({
      serial: fc.nat(9),
      lineage: fc.constantFrom('l', 'm'),
      id: fc.constantFrom('a', 'b', undefined),
    }),
    { nil: undefined },
  );
  const textOf = (one: { serial: number; lineage: string; id?: string | undefined } | undefined) =>
    one === undefined ? undefined : stateOf(one.id === undefined ? [] : [queue(one.id)], one);
  fc.assert(
    fc.property(place, place, (one, other) => {
      const [former, now] = [textOf(one), textOf(other)];
      const step = nextMoveStep(former, now);
      if (step.kind === 'copy') {
        expect(now === undefined || !holdsResources(now)).toBe(true);
        expect(sameContent(step.text, former ?? '')).toBe(true);
        const target = parseStateDocument(now ?? '')?.serial ?? -1;
        expect(parseStateDocument(step.text)?.serial).toBeGreaterThan(target);
      }
      if (step.kind === 'empty-former') expect(sameContent(former ?? '', now ?? '')).toBe(true);
    }),
  );
});
