import fc from 'fast-check';
import { diffLines } from '../../../actions/terraform-layer/review/line-diff.js';
import { readPlan } from '../../../actions/terraform-layer/review/plan-json.js';
import type { PlanChanges } from '../../../actions/terraform-layer/review/changes.js';

function update(before: unknown, after: unknown, rest: object = {}): object {
  return {
    address: 'terraform_data.x',
    mode: 'managed',
    type: 'terraform_data',
    change: { actions: ['update'], before, after, ...rest },
  };
}

function read(...resources: readonly object[]): PlanChanges {
  return readPlan({ resource_changes: resources });
}

function attributesOf(before: unknown, after: unknown, rest: object = {}) {
  return read(update(before, after, rest)).resources[0]?.attributes ?? [];
}

describe('what is kept of a plan', () => {
  it('is a piece of a long value, where the two begin to differ', () => {
    const same = 'a'.repeat(2_500_000);
    const [change] = attributesOf(
      { input: same + 'b'.repeat(2_500_000) },
      { input: same + 'c'.repeat(2_500_000) },
    );
    expect(change).toMatchObject({
      before: { from: 2_499_960, length: 5_000_000 },
      after: { from: 2_499_960, length: 5_000_000 },
    });
    expect(JSON.stringify(change).length).toBeLessThan(10_000);
  });

  it('is bounded for a value of many parts', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => ({ name: `n-${index}` }));
    const changes = read({
      ...update(null, { input: many }),
      change: { actions: ['create'], before: null, after: { input: many } },
    });
    expect(JSON.stringify(changes).length).toBeLessThan(20_000);
  });

  it('is bounded for a resource of many attributes, and says how many more there are', () => {
    const value = (word: string): object =>
      Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, word]));
    const [resource] = read(
      update(value('a'), { ...value('b'), z: 1 }, { replace_paths: [['z']] }),
    ).resources;
    expect(resource?.attributes).toHaveLength(1000);
    expect(resource?.attributes[0]).toMatchObject({ path: 'z', forcesReplacement: true });
    expect(resource?.moreAttributes).toBe(4001);
  });

  it('keeps every resource of a plan that is too large for all its attributes', () => {
    const { resources } = read(
      ...Array.from({ length: 10_000 }, (_, index) => ({
        ...update({ input: 'x'.repeat(900) }, { input: 'y'.repeat(900) }),
        address: `terraform_data.x[${index}]`,
      })),
    );
    expect(resources).toHaveLength(10_000);
    expect(JSON.stringify(resources).length).toBeLessThan(20_000_000);
    expect(resources.some(({ moreAttributes }) => moreAttributes === 1)).toBe(true);
  });
});

describe('texts of several lines', () => {
  it('are compared line by line', () => {
    const text = (word: string): string =>
      Array.from({ length: 40 }, (_, line) => (line === 20 ? word : `line ${line}`)).join('\n');
    expect(attributesOf({ script: text('old') }, { script: text('new') })[0]?.lines).toEqual([
      { sign: '…', text: '' },
      { sign: ' ', text: 'line 18' },
      { sign: ' ', text: 'line 19' },
      { sign: '-', text: 'old' },
      { sign: '+', text: 'new' },
      { sign: ' ', text: 'line 21' },
      { sign: ' ', text: 'line 22' },
      { sign: '…', text: '' },
    ]);
  });

  it('differ wherever they differ, and nowhere else', () => {
    const line = fc.constantFrom('a', 'b', 'c', '');
    const text = fc.array(line, { maxLength: 12 }).map((lines) => `${lines.join('\n')}\nend\n`);
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const changed = lines.filter(({ sign }) => sign === '-' || sign === '+');
        expect(changed.length > 0).toBe(before !== after);
        const count = (value: string): number => value.split('\n').length;
        const net = changed.reduce((sum, { sign }) => sum + (sign === '+' ? 1 : -1), 0);
        expect(net).toBe(count(after) - count(before));
      }),
    );
  });

  it('show one line that changes among very many', () => {
    const before = Array.from({ length: 100_000 }, (_, line) => `line ${line}`);
    const after = before.with(50_000, 'new');
    expect(diffLines(before.join('\n'), after.join('\n'))).toEqual([
      { sign: '…', text: '' },
      { sign: ' ', text: 'line 49998' },
      { sign: ' ', text: 'line 49999' },
      { sign: '-', text: 'line 50000' },
      { sign: '+', text: 'new' },
      { sign: ' ', text: 'line 50001' },
      { sign: ' ', text: 'line 50002' },
      { sign: '…', text: '' },
    ]);
  });

  it('are bounded however long they are', () => {
    const long = (word: string): string => `${word}\n`.repeat(1_000_000);
    const lines = diffLines(`head\n${long('a')}`, `head\n${long('b')}`);
    expect(lines.length).toBeLessThan(100);
    expect(lines.at(-1)?.sign).toBe('…');
  });

  it('hide a secret that stands on one of their lines', () => {
    const script = (n: number): string => `one\nexport TOKEN=hunter2-hunter2\nstep ${n}\n`;
    const changes = readPlan({
      resource_changes: [update({ script: script(1) }, { script: script(2) })],
      variables: { token: { value: 'hunter2-hunter2' } },
      configuration: { root_module: { variables: { token: { sensitive: true } } } },
    });
    expect(JSON.stringify(changes)).not.toContain('hunter2');
    expect(JSON.stringify(changes)).toContain('TOKEN=(sensitive)');
  });
});

describe('lists', () => {
  const paths = (before: unknown, after: unknown): readonly string[] =>
    attributesOf({ list: before }, { list: after }).map(({ path }) => path);

  it('of objects are compared by what names them', () => {
    const item = (name: string, image: string): object => ({ name, image });
    expect(
      paths(
        [item('app', '1'), item('log', '1')],
        [item('envoy', '1'), item('app', '2'), item('log', '1')],
      ),
    ).toEqual(['list[name="app"].image', 'list[name="envoy"]']);
  });

  it('of words are compared as sets where they hold other words', () => {
    expect(
      attributesOf({ list: ['b', 'c'] }, { list: ['a', 'b'] }).map(({ path, before, after }) => [
        path,
        before.kind === 'value' ? before.value : before.kind,
        after.kind === 'value' ? after.value : after.kind,
      ]),
    ).toEqual([
      ['list[0]', 'absent', 'a'],
      ['list[1]', 'c', 'absent'],
    ]);
  });

  it('in another order alone are told item by item', () => {
    expect(paths(['a', 'b'], ['b', 'a'])).toEqual(['list[0]', 'list[1]']);
  });

  it('name the attribute that forces a replacement by its place in the new list', () => {
    const [change] = attributesOf(
      { list: [{ name: 'a', size: 1 }] },
      { list: [{ name: 'b' }, { name: 'a', size: 2 }] },
      { replace_paths: [['list', 1, 'size']] },
    ).filter(({ forcesReplacement }) => forcesReplacement);
    expect(change?.path).toBe('list[name="a"].size');
  });

  it('never show what is marked sensitive in one of their items', () => {
    const changes = attributesOf(
      { list: [{ name: 'a', key: 's3cr3t-1' }] },
      { list: [{ name: 'b' }, { name: 'a', key: 's3cr3t-2' }] },
      {
        before_sensitive: { list: [{ key: true }] },
        after_sensitive: { list: [{}, { key: true }] },
      },
    );
    expect(JSON.stringify(changes)).not.toContain('s3cr3t');
    expect(changes.map(({ path }) => path)).toContain('list[name="a"].key');
  });
});
