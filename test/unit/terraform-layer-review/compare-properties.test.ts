import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { compareReview } from '../../../actions/terraform-layer/review/compare.js';
import { emptyRecord } from '../../../actions/terraform-layer/review/record.js';
import {
  aPlan,
  aStack,
  compared,
  entry,
  fromPull,
  review,
  testKey,
  type PlanDocumentText,
  type ResourceDocument,
} from '../../support/plan-documents.js';

/** A value, and the same with some places unknown, as `after` and `after_unknown` show it. */
type Json = string | number | boolean | Json[] | { [key: string]: Json };

const name = fc.constantFrom('name', 'size', 'tags', 'rule', 'a b', 'x.y', '0', 'constructor');

const value: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.string({ maxLength: 6 }),
    fc.integer({ min: -5, max: 5 }),
    fc.boolean(),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(name, tie('json'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).json;

const attributes = fc.dictionary(name, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true });

const actions: fc.Arbitrary<readonly string[]> = fc.constantFrom(
  ['create'],
  ['update'],
  ['delete'],
  ['forget'],
  ['delete', 'create'],
  ['create', 'delete'],
  ['no-op'],
);

const identity = fc.integer({ min: 1, max: 9 }).map((id) => `id-${id}`);

function resource(address: string): fc.Arbitrary<ResourceDocument> {
  return fc
    .record({
      ...{ actions, before: attributes, after: attributes, id: identity },
      deposed: fc.boolean(),
      facet: fc.constantFrom('import', 'move', 'both'),
    })
    .map(({ actions: does, before, after, id, deposed, facet }) => {
      const left = { ...before, id };
      if (does[0] === 'no-op') {
        return entry(address, does, left, left, {
          ...(facet === 'move' ? {} : { importing: { id } }),
          ...(facet === 'import' ? {} : { previous_address: `${address}_before` }),
        });
      }
      if (does.includes('create')) {
        const unknown = { after_unknown: { id: true } };
        return entry(address, does, does.length > 1 ? left : null, after, unknown);
      }
      if (does[0] === 'update') return entry(address, does, left, { ...after, id });
      return entry(address, does, left, null, deposed ? { deposed: 'ab12cd34' } : {});
    });
}

const plan: fc.Arbitrary<PlanDocumentText> = fc
  .integer({ min: 1, max: 5 })
  .chain((count) =>
    fc.tuple(...Array.from({ length: count }, (_, index) => resource(`x_type.r${index}`))),
  )
  .map((resources) => aPlan(resources));

const key = fc.constantFrom(testKey, undefined);

/** The same with the members of every object in another order. */
function turned(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(turned);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .reverse()
      .map(([member, inner]) => [member, turned(inner)]),
  );
}

function withResources(
  document: PlanDocumentText,
  change: (all: readonly ResourceDocument[]) => readonly ResourceDocument[],
): PlanDocumentText {
  return { ...document, resource_changes: change(document.resource_changes) };
}

/** Whether a plan that changes something is found to be what another one was. */
const same = (reviewed: unknown, current: unknown): boolean =>
  compared(reviewed, current, { key: testKey }).verdict === 'equivalent';

describe('whatever a plan does', () => {
  it('is what it was, in any order of resources and members', () => {
    fc.assert(
      fc.property(plan, key, (document, by) => {
        const other = turned(withResources(document, (resources) => [...resources].reverse()));
        const summary = compared(document, other, { key: by });
        expect(summary).toMatchObject({ verdict: 'equivalent', differences: [] });
        expect(review(other, { key: by }).record).toEqual(review(document, { key: by }).record);
      }),
    );
  });

  it('is noticed to do more', () => {
    fc.assert(
      fc.property(plan, resource('x_type.more'), (document, more) => {
        const larger = withResources(document, (resources) => [...resources, more]);
        const summary = compared(document, larger, { key: testKey });
        expect(['more', 'different']).toContain(summary.verdict);
        expect(summary.differences).toMatchObject([{ address: 'x_type.more', kind: 'added' }]);
      }),
    );
  });

  it('is noticed to do less, and something is missing unless it is proven done', () => {
    fc.assert(
      fc.property(plan, fc.nat(), (document, which) => {
        const index = which % document.resource_changes.length;
        const dropped = document.resource_changes[index];
        const smaller = withResources(document, (all) => all.filter((_, at) => at !== index));
        const summary = compared(document, smaller, { key: testKey });
        const goes = dropped?.change.after === null;
        expect(summary.verdict).toBe(goes ? 'less' : 'different');
        expect(summary.differences).toMatchObject([
          { address: dropped?.address, kind: goes ? 'done' : 'missing' },
        ]);
      }),
    );
  });

  it('is noticed to do something else to a resource', () => {
    fc.assert(
      fc.property(plan, fc.nat(), fc.nat(), (document, which, how) => {
        const index = which % document.resource_changes.length;
        const other = withResources(document, (all) =>
          all.map((each, at) => (at === index ? altered(each, how % 3) : each)),
        );
        expect(same(document, other)).toBe(false);
      }),
    );
  });

  it('is the same where the values are, of whatever shape, and only there', () => {
    const maybe = fc.option(value);
    // Near values: the same with a part of it taken away or emptied.
    const near = (json: Json | null): readonly (Json | null)[] => {
      if (typeof json !== 'object' || json === null) return [null, [], {}];
      if (Array.isArray(json)) return [null, [], {}, json.slice(1), [...json, []], [...json, {}]];
      return [null, [], {}, ...Object.keys(json).map((each) => ({ ...json, [each]: [] }))];
    };
    fc.assert(
      fc.property(maybe, maybe, maybe, fc.nat(), fc.boolean(), (before, one, two, pick, isNear) => {
        const all = near(one);
        const other = isNear ? (all[pick % all.length] ?? null) : two;
        const plans = [one, other].map((after) =>
          aPlan([entry('x.a', ['update'], { id: 'i', v: before }, { id: 'i', v: after })]),
        );
        const equal = canonicalize(one) === canonicalize(other);
        expect(same(plans[0], plans[1])).toBe(equal);
        expect(same(plans[1], plans[0])).toBe(equal);
      }),
      { numRuns: 500 },
    );
  });

  it('is told apart the same way from both sides', () => {
    fc.assert(
      fc.property(plan, plan, (one, two) => {
        // Without unknown values, and with all identities kept, being the same is mutual.
        const known = (document: PlanDocumentText) =>
          withResources(document, (all) =>
            all
              .filter(({ change }) => change.actions.length === 1)
              .map((each) => ({ ...each, change: { ...each.change, after_unknown: {} } })),
          );
        const [left, right] = [known(one), known(two)];
        expect(same(left, right)).toBe(same(right, left));
      }),
    );
  });

  it('is `more` from one side where it is less from the other, or different', () => {
    fc.assert(
      fc.property(plan, resource('x_type.more'), (document, more) => {
        const larger = withResources(document, (resources) => [...resources, more]);
        expect(['less', 'different']).toContain(compared(larger, document).verdict);
        expect(['more', 'different']).toContain(compared(document, larger).verdict);
      }),
    );
  });

  it('is never more than nothing where it is empty', () => {
    fc.assert(
      fc.property(plan, (document) => {
        const { record, state } = review(document);
        const policy = { unreviewed: 'stop' } as const;
        const summary = compareReview({
          ...{ reviewed: [fromPull(1, record)], current: emptyRecord(aStack), state, policy },
        });
        expect(summary.verdict).toBe('less');
      }),
    );
  });
});

/** The same resource with its actions (0), its new value (1), or its old one (2) changed. */
function altered(resource: ResourceDocument, how: number): ResourceDocument {
  const { change } = resource;
  const { before, after } = change;
  const other = (next: Partial<typeof change>): ResourceDocument => ({
    ...resource,
    change: { ...change, ...next },
  });
  if (how === 0) {
    const action = change.actions[0] === 'update' ? ['delete', 'create'] : ['update'];
    return other({ actions: action, before: before ?? { id: 'id-1' }, after: after ?? {} });
  }
  const keeps = after === null || change.actions[0] === 'no-op';
  if (keeps || (how === 2 && before !== null)) {
    return other({ before: { ...Object(before), id: 'another' } });
  }
  return other({ after: { ...Object(after), another: 'value' } });
}

describe('what was not known at review', () => {
  const known = fc.record({ fixed: value, open: value, other: value });

  it('may be anything, and nothing else may', () => {
    fc.assert(
      fc.property(attributes, known, known, (before, then, now) => {
        const left = { ...before, id: 'id-1' };
        const unknown = { after_unknown: { open: true } };
        const reviewed = aPlan([
          entry('x.a', ['update'], left, { id: 'id-1', fixed: then.fixed }, unknown),
        ]);
        const plans = (after: Record<string, Json>) =>
          aPlan([entry('x.a', ['update'], left, { id: 'id-1', ...after })]);
        expect(same(reviewed, plans({ fixed: then.fixed, open: now.open }))).toBe(true);
        const changed = canonicalize(then.fixed) !== canonicalize(now.fixed);
        fc.pre(changed);
        const different = compared(reviewed, plans({ fixed: now.fixed, open: now.open }));
        expect(different.verdict).not.toBe('equivalent');
        expect(different.differences.flatMap(({ attributes: paths }) => paths).join()).toContain(
          'fixed',
        );
      }),
    );
  });

  it('stays unknown only where it was', () => {
    fc.assert(
      fc.property(known, (after) => {
        const left = { id: 'id-1' };
        const reviewed = aPlan([entry('x.a', ['update'], left, { id: 'id-1', ...after })]);
        const { open: _, ...rest } = after;
        const current = aPlan([
          entry(
            'x.a',
            ['update'],
            left,
            { id: 'id-1', ...rest },
            { after_unknown: { open: true } },
          ),
        ]);
        expect(same(reviewed, current)).toBe(false);
        expect(same(current, reviewed)).toBe(true);
      }),
    );
  });
});

describe('a record', () => {
  // Long enough that it cannot stand in a record by chance, as a part of a digest.
  const secret = fc.string({ minLength: 24, maxLength: 40, unit: 'grapheme-ascii' });

  it('holds no value in clear, with a key or without, marked as sensitive or not', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(secret, { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        key,
        (texts, marked, by) => {
          const [a = '', b = '', c = '', d = '', e = '', f = ''] = texts;
          const marks = marked ? { before_sensitive: { p: true }, after_sensitive: true } : {};
          const document = aPlan(
            [
              entry('x.a', ['update'], { id: a, p: b }, { id: a, p: c, q: [d, { r: e }] }, marks),
              entry('x.b', ['delete', 'create'], { id: b, p: c }, { p: d, deep: [[e]] }),
              entry('x.c', ['no-op'], { id: f }, { id: f }, { importing: { id: f } }),
              entry('x.d', ['delete'], { id: e, p: f }, null),
            ],
            {
              output_changes: { url: { actions: ['update'], before: a, after: f } },
              variables: { v: { value: d } },
              timestamp: '2026-01-01T00:00:00Z',
            },
          );
          const text = JSON.stringify(review(document, { key: by }).record);
          for (const each of texts) {
            expect(text).not.toContain(each);
            expect(text).not.toContain(JSON.stringify(each).slice(1, -1));
          }
        },
      ),
    );
  });

  it('does not compare what a provider has copied from a sensitive value, without a key', () => {
    fc.assert(
      fc.property(secret, (text) => {
        const { record } = review(
          aPlan([
            entry('x.a', ['create'], null, { p: text }, { after_sensitive: { p: true } }),
            entry('x.b', ['create'], null, { one: text, two: `copy of ${text}`, other: 'o' }),
          ]),
        );
        const marks = record.changes.flatMap(({ leaves }) => leaves.map(([, , after]) => after));
        expect(marks.filter((mark) => mark === '*')).toHaveLength(3);
      }),
    );
  });

  it('holds no sensitive text that a provider has copied into a name', () => {
    fc.assert(
      fc.property(secret, key, (text, by) => {
        const before = { id: 'i', p: text, output: { [text]: 1, other: 2 } };
        const document = aPlan([
          entry(
            'x.a',
            ['update'],
            before,
            { ...before, output: { [text]: 2 } },
            {
              ...{ before_sensitive: { p: true }, after_sensitive: { p: true } },
            },
          ),
        ]);
        const { record } = review(document, { key: by });
        expect(JSON.stringify(record)).not.toContain(JSON.stringify(text).slice(1, -1));
        expect(record.changes[0]?.leaves.map(([path]) => path)).toEqual(['output']);
      }),
    );
  });

  it('shows no two equal values as equal', () => {
    fc.assert(
      fc.property(secret, key, (text, by) => {
        const { record } = review(
          aPlan([
            entry('x.a', ['create'], null, { one: text, two: text }),
            entry('x.b', ['create'], null, { one: text }),
          ]),
          { key: by },
        );
        const marks = record.changes.flatMap(({ leaves }) => leaves.map(([, , after]) => after));
        expect(new Set(marks).size).toBe(3);
      }),
    );
  });
});
