import type { ReviewDifference, Verdict } from '../../../actions/terraform-layer/review/verdict.js';
import { compareReview, stopsApply } from '../../../actions/terraform-layer/review/compare.js';
import { emptyState } from '../../../actions/terraform-layer/review/current-state.js';
import { reviewKey } from '../../../actions/terraform-layer/review/marks.js';
import { emptyRecord, waitingRecord } from '../../../actions/terraform-layer/review/record.js';
import {
  aPlan,
  aStack,
  compared,
  entry,
  fromPull,
  review,
  testKey,
} from '../../support/plan-documents.js';

type Told = readonly [ReviewDifference['kind'], string, ...string[]];

const old = { id: 'i-1', size: 'small', tags: { team: 'a' } };
const wanted = { id: 'i-1', size: 'large', tags: { team: 'a' } };
const fresh = { size: 'large', tags: { team: 'a' } };
const made = { id: 'i-2', size: 'large', tags: { team: 'a' } };
const newId = { after_unknown: { id: true } };

const update = entry('x.a', ['update'], old, wanted);
const replacement = entry('x.a', ['delete', 'create'], old, fresh, newId);
const creation = entry('x.a', ['create'], null, fresh, newId);
const deletion = entry('x.a', ['delete'], old, null);
const removal = entry('x.a', ['forget'], old, null);
const importing = entry('x.a', ['no-op'], old, old, { importing: { id: 'i-1' } });
const moved = entry('x.b', ['no-op'], old, old, { previous_address: 'x.a' });
const unchanged = (state: unknown, address = 'x.a') => entry(address, ['no-op'], state, state);
const cleanUp = (id: string) =>
  entry('x.a', ['delete'], { ...old, id }, null, { deposed: 'ab12cd34' });

const policyUnknown = entry(
  'aws_iam_policy.p',
  ['update'],
  { id: 'p', policy: 'one' },
  { id: 'p' },
  {
    after_unknown: { policy: true },
  },
);
const policyKnown = entry(
  'aws_iam_policy.p',
  ['update'],
  { id: 'p', policy: 'one' },
  { id: 'p', policy: 'two' },
);

interface Case {
  readonly name: string;
  readonly reviewed: readonly ReturnType<typeof entry>[];
  readonly current: readonly ReturnType<typeof entry>[];
  readonly verdict: Verdict;
  readonly told?: readonly Told[];
}

const cases: readonly Case[] = [
  { name: 'an update', reviewed: [update], current: [update], verdict: 'equivalent' },
  { name: 'an import', reviewed: [importing], current: [importing], verdict: 'equivalent' },
  { name: 'a move', reviewed: [moved], current: [moved], verdict: 'equivalent' },
  { name: 'a removal', reviewed: [removal], current: [removal], verdict: 'equivalent' },
  {
    name: 'a deposed object',
    reviewed: [cleanUp('i-0')],
    current: [cleanUp('i-0')],
    verdict: 'equivalent',
  },
  {
    name: 'a tainted resource',
    reviewed: [entry('x.a', ['delete', 'create'], wanted, fresh, newId)],
    current: [entry('x.a', ['delete', 'create'], wanted, fresh, newId)],
    verdict: 'equivalent',
  },
  {
    name: 'an import that is not planned any more, the object being in the state',
    reviewed: [importing],
    current: [unchanged(old)],
    verdict: 'less',
    told: [['done', 'x.a']],
  },
  {
    name: 'an import of another object',
    reviewed: [importing],
    current: [entry('x.a', ['no-op'], made, made, { importing: { id: 'i-2' } })],
    verdict: 'different',
    told: [['values', 'x.a', 'id', '(import id)']],
  },
  {
    name: 'an import that was not reviewed',
    reviewed: [update],
    current: [update, entry('x.c', ['no-op'], old, old, { importing: { id: 'i-1' } })],
    verdict: 'more',
    told: [['added', 'x.c']],
  },
  {
    name: 'a move that is done',
    reviewed: [moved],
    current: [unchanged(old, 'x.b')],
    verdict: 'less',
    told: [['done', 'x.b']],
  },
  {
    name: 'a move from elsewhere',
    reviewed: [moved],
    current: [entry('x.b', ['no-op'], old, old, { previous_address: 'x.other' })],
    verdict: 'different',
    told: [['action', 'x.b']],
  },
  {
    name: 'a move with an update of which the move is done',
    reviewed: [entry('x.b', ['update'], old, wanted, { previous_address: 'x.a' })],
    current: [entry('x.b', ['update'], old, wanted)],
    verdict: 'less',
    told: [['done', 'x.b']],
  },
  {
    name: 'a removal that is done',
    reviewed: [removal],
    current: [],
    verdict: 'less',
    told: [['done', 'x.a']],
  },
  {
    name: 'a removal that is now a deletion',
    reviewed: [removal],
    current: [deletion],
    verdict: 'different',
    told: [['action', 'x.a']],
  },
  {
    name: 'a replacement that is now an update',
    reviewed: [replacement],
    current: [update],
    verdict: 'less',
    told: [['done', 'x.a']],
  },
  {
    name: 'a replacement that is now an update to other values',
    reviewed: [replacement],
    current: [entry('x.a', ['update'], old, { ...wanted, size: 'huge' })],
    verdict: 'different',
    told: [
      ['values', 'x.a', 'size'],
      ['done', 'x.a'],
    ],
  },
  {
    name: 'a replacement of which the deletion is done',
    reviewed: [replacement],
    current: [creation],
    verdict: 'less',
    told: [['done', 'x.a']],
  },
  {
    name: 'a replacement that is done',
    reviewed: [replacement],
    current: [unchanged(made)],
    verdict: 'less',
    told: [['done', 'x.a']],
  },
  {
    name: 'a replacement that is not planned any more, the object being the old one',
    reviewed: [entry('x.a', ['delete', 'create'], wanted, fresh, newId)],
    current: [unchanged(wanted)],
    verdict: 'different',
    told: [['missing', 'x.a', 'id']],
  },
  {
    name: 'a replacement of which the old object is left to delete',
    reviewed: [entry('x.a', ['create', 'delete'], old, fresh, newId)],
    current: [unchanged(made), cleanUp('i-1')],
    verdict: 'less',
    told: [
      ['done', 'x.a'],
      ['done', 'x.a'],
    ],
  },
  {
    name: 'the deletion of a deposed object that no review replaced',
    reviewed: [entry('x.a', ['create', 'delete'], old, fresh, newId)],
    current: [unchanged(made), cleanUp('i-9')],
    verdict: 'different',
    told: [
      ['added', 'x.a'],
      ['done', 'x.a'],
    ],
  },
  {
    name: 'an update that is now a replacement',
    reviewed: [update],
    current: [replacement],
    verdict: 'different',
    told: [['action', 'x.a']],
  },
  {
    name: 'a creation that is now a replacement, since its apply was cut off',
    reviewed: [creation],
    current: [entry('x.a', ['delete', 'create'], made, fresh, newId)],
    verdict: 'different',
    told: [['action', 'x.a']],
  },
  {
    name: 'a replacement in another order',
    reviewed: [entry('x.a', ['create', 'delete'], old, fresh, newId)],
    current: [replacement],
    verdict: 'different',
    told: [['action', 'x.a']],
  },
  {
    name: 'a new deletion',
    reviewed: [update],
    current: [update, entry('x.z', ['delete'], old, null)],
    verdict: 'different',
    told: [['added', 'x.z']],
  },
  {
    name: 'a deletion of another object at the same address',
    reviewed: [deletion],
    current: [entry('x.a', ['delete'], made, null)],
    verdict: 'different',
    told: [['values', 'x.a', 'id']],
  },
  {
    name: 'a deletion of an object that has changed otherwise',
    reviewed: [deletion],
    current: [entry('x.a', ['delete'], { ...old, size: 'huge' }, null)],
    verdict: 'equivalent',
  },
  {
    name: 'a creation that is done',
    reviewed: [creation, entry('x.b', ['create'], null, fresh, newId)],
    current: [unchanged(made), entry('x.b', ['create'], null, fresh, newId)],
    verdict: 'less',
    told: [['done', 'x.a']],
  },
  {
    name: 'a creation that is not planned any more, and not done',
    reviewed: [creation],
    current: [],
    verdict: 'different',
    told: [['missing', 'x.a']],
  },
  {
    name: 'a creation that somebody did otherwise',
    reviewed: [creation],
    current: [unchanged({ ...made, size: 'huge' })],
    verdict: 'different',
    told: [['missing', 'x.a', 'size']],
  },
  {
    name: 'an update that is done in part',
    reviewed: [entry('x.a', ['update'], old, { ...wanted, tags: { team: 'b' } })],
    current: [
      entry('x.a', ['update'], { ...old, tags: { team: 'b' } }, { ...wanted, tags: { team: 'b' } }),
    ],
    verdict: 'less',
    told: [['done', 'x.a', 'tags.team']],
  },
  {
    name: 'an update of what somebody has changed in the meantime',
    reviewed: [update],
    current: [entry('x.a', ['update'], { ...old, size: 'tiny' }, wanted)],
    verdict: 'different',
    told: [['values', 'x.a', 'size']],
  },
  {
    name: 'an update that also sets back what somebody has changed in the meantime',
    reviewed: [update],
    current: [entry('x.a', ['update'], { ...old, tags: { team: 'z' } }, wanted)],
    verdict: 'different',
    told: [['values', 'x.a', 'tags.team']],
  },
  {
    name: 'a value that was not known at review',
    reviewed: [
      entry(
        'x.a',
        ['update'],
        old,
        { id: 'i-1', size: 'large' },
        { after_unknown: { tags: true } },
      ),
    ],
    current: [entry('x.a', ['update'], old, { ...wanted, tags: { team: 'b', more: 'c' } })],
    verdict: 'equivalent',
  },
  {
    name: 'a value that was not known at review and comes out as it was',
    reviewed: [
      entry(
        'x.a',
        ['update'],
        old,
        { id: 'i-1', size: 'large' },
        { after_unknown: { tags: true } },
      ),
    ],
    current: [update],
    verdict: 'equivalent',
  },
  {
    name: 'a value that was known at review and is not any more',
    reviewed: [update],
    current: [
      entry(
        'x.a',
        ['update'],
        old,
        { id: 'i-1', tags: { team: 'a' } },
        { after_unknown: { size: true } },
      ),
    ],
    verdict: 'different',
    told: [['values', 'x.a', 'size']],
  },
  {
    name: 'a policy that was not known at review',
    reviewed: [policyUnknown],
    current: [policyKnown],
    verdict: 'different',
    told: [['now-known', 'aws_iam_policy.p', 'policy']],
  },
  {
    name: 'a policy that is still not known',
    reviewed: [policyUnknown],
    current: [policyUnknown],
    verdict: 'equivalent',
  },
  {
    name: 'a data source that is read',
    reviewed: [update],
    current: [update, entry('data.x.d', ['read'], null, {}, { mode: 'data' })],
    verdict: 'equivalent',
  },
];

describe('a plan held against its review', () => {
  it.each(cases)('$name: $verdict', ({ reviewed, current, verdict, told = [] }) => {
    const summary = compared(aPlan(reviewed), aPlan(current), { key: testKey });
    expect(
      summary.differences.map(({ kind, address, attributes }) => [kind, address, ...attributes]),
    ).toEqual(told);
    expect(summary.verdict).toBe(verdict);
  });

  it('takes a deletion as done where the resource is gone, from the prior state too', () => {
    const gone = aPlan([]);
    const there = aPlan([], {
      prior_state: {
        values: {
          root_module: {
            child_modules: [
              { resources: [{ address: 'x.a', mode: 'managed', type: 'x', values: old }] },
            ],
          },
        },
      },
    });
    expect(compared(aPlan([deletion]), gone)).toMatchObject({ verdict: 'less' });
    expect(compared(aPlan([deletion]), there)).toMatchObject({ verdict: 'different' });
  });

  it('lets a policy be known only now where unreviewed changes are allowed', () => {
    const plans = [aPlan([policyUnknown]), aPlan([policyKnown])] as const;
    expect(compared(...plans, { unreviewed: 'allow' }).verdict).toBe('equivalent');
  });

  it('compares sensitive values with a key, and says that it does not without one', () => {
    const marks = { before_sensitive: { size: true }, after_sensitive: { size: true } };
    const one = aPlan([entry('x.a', ['update'], old, { ...old, size: 'secret-one' }, marks)]);
    const two = aPlan([entry('x.a', ['update'], old, { ...old, size: 'secret-two' }, marks)]);
    const keyed = compared(one, two, { key: testKey });
    expect(keyed.verdict).toBe('different');
    expect(keyed.differences[0]?.attributes).toEqual(['size']);
    expect(compared(one, one, { key: testKey })).toMatchObject({
      verdict: 'equivalent',
      notes: [],
    });
    const bare = compared(one, two);
    expect(bare.verdict).toBe('equivalent');
    expect(bare.notes).toHaveLength(1);
  });

  it('compares outputs like attributes', () => {
    const output = (after: string, before: string | null = null) => ({
      output_changes: { url: { actions: [before === null ? 'create' : 'update'], before, after } },
    });
    const same = { output_changes: { url: { actions: ['no-op'], before: 'b', after: 'b' } } };
    const one = aPlan([], output('a'));
    expect(compared(one, one).verdict).toBe('equivalent');
    expect(compared(one, aPlan([], output('b')))).toMatchObject({
      verdict: 'different',
      differences: [{ address: 'output.url', kind: 'values' }],
    });
    expect(compared(aPlan([]), one).verdict).toBe('more');
    expect(compared(aPlan([], output('b', 'a')), aPlan([], same)).verdict).toBe('less');
    expect(compared(aPlan([], output('c', 'a')), aPlan([], same)).verdict).toBe('different');
  });

  it('compares the actions that changes set off', () => {
    const invoking = (event: string, values: unknown, marks: unknown = {}) =>
      aPlan([update], {
        action_invocations: [
          {
            ...{ address: 'action.x_run.r', type: 'x_run', name: 'r', provider_name: 'x' },
            ...{ config_values: values, config_sensitive: marks, config_unknown: {} },
            lifecycle_action_trigger: {
              ...{ triggering_resource_address: 'x.a', action_trigger_event: event },
              ...{ action_trigger_block_index: 0, actions_list_index: 0, on_failure: 'fail' },
            },
          },
        ],
      });
    const one = invoking('after_update', { command: 'one' });
    expect(compared(one, one).verdict).toBe('equivalent');
    expect(compared(one, invoking('after_update', { command: 'two' }))).toMatchObject({
      verdict: 'different',
      differences: [{ kind: 'values', attributes: ['command'] }],
    });
    expect(compared(one, invoking('before_update', { command: 'one' })).verdict).toBe('different');
    expect(compared(aPlan([update]), one).verdict).toBe('more');
    expect(compared(one, aPlan([update])).verdict).toBe('different');
    const secret = invoking('after_update', { command: 'one-secret' }, { command: true });
    expect(review(secret).record.changes[0]?.leaves).toEqual([['command', '-', '*']]);
  });

  it('does not compare the time of the plan', () => {
    const at = (time: string) =>
      aPlan([entry('x.a', ['create'], null, { input: time, text: `made ${time}` })], {
        timestamp: time,
      });
    const times = [at('2026-01-01T00:00:00Z'), at('2026-02-02T00:00:00Z')] as const;
    expect(compared(...times).verdict).toBe('equivalent');
    const literal = aPlan([
      entry('x.a', ['create'], null, { input: '2026-01-01T00:00:00Z', text: 'made' }),
    ]);
    expect(compared(times[0], literal).verdict).toBe('different');
  });

  it('does not compare what is volatile now, whatever the review left out', () => {
    const at = (time: string) => aPlan([entry('x.a', ['update'], old, { ...old, size: time })]);
    const [one, two] = [at('t1'), at('t2')];
    const options = { volatile: ['x.*.size'] };
    expect(compared(one, two, options).verdict).toBe('equivalent');
    const weak = review(one, options);
    const now = review(two);
    const summary = compareReview({
      reviewed: [fromPull(1, weak.record)],
      current: now.record,
      state: now.state,
      policy: { unreviewed: 'stop' },
    });
    expect(summary).toMatchObject({
      verdict: 'different',
      differences: [{ kind: 'values', attributes: ['size'] }],
    });
  });
});

describe('several reviews of a stack', () => {
  const a = entry('x.a', ['create'], null, { size: 'one' });
  const b = entry('x.b', ['create'], null, { size: 'two' });

  it('cover together what each of them saw alone', () => {
    const summary = compared([aPlan([a]), aPlan([b])], aPlan([a, b]));
    expect(summary.verdict).toBe('equivalent');
    expect(summary.sources.map(({ pullNumber }) => pullNumber)).toEqual([1, 2]);
  });

  it('cover two attributes of one resource', () => {
    const base = { id: 'i', one: '1', two: '2' };
    const [one, two, both] = [
      { ...base, one: 'x' },
      { ...base, two: 'x' },
      { ...base, one: 'x', two: 'x' },
    ].map((after) => aPlan([entry('x.a', ['update'], base, after)]));
    expect(compared([one, two], both).verdict).toBe('equivalent');
    expect(compared([one], both).verdict).toBe('different');
  });

  it('end with the latest where that was planned on top of the earlier ones', () => {
    const summary = compared([aPlan([a]), aPlan([b])], aPlan([b]));
    expect(summary.verdict).toBe('equivalent');
    expect(summary.sources.map(({ pullNumber }) => pullNumber)).toEqual([2]);
  });

  it('let the later one decide on the same resource', () => {
    const later = entry('x.a', ['create'], null, { size: 'other' });
    expect(compared([aPlan([a]), aPlan([later])], aPlan([later])).verdict).toBe('equivalent');
    expect(compared([aPlan([a]), aPlan([later])], aPlan([a])).verdict).toBe('different');
  });
});

describe('reviews that say little', () => {
  const now = review(aPlan([update]));
  const compare = (
    reviewed: Parameters<typeof compareReview>[0]['reviewed'],
    current: Parameters<typeof compareReview>[0]['current'] = now.record,
  ) => compareReview({ reviewed, current, state: emptyState, policy: { unreviewed: 'stop' } });

  it('make a plan unreviewed where there is none, or none that planned the stack', () => {
    expect(compare([]).verdict).toBe('unreviewed');
    const waiting = compare([fromPull(1, waitingRecord(aStack, ['layers/00']))]);
    expect(waiting.verdict).toBe('unreviewed');
    expect(waiting.notes).toHaveLength(1);
  });

  it('make it unreviewed where the digests have another key', () => {
    const others = [testKey, reviewKey(new Uint8Array(32).fill(8))];
    const records = others.map((key, index) =>
      fromPull(index, review(aPlan([update]), { key }).record),
    );
    expect(compare(records)).toMatchObject({ verdict: 'unreviewed', differences: [] });
  });

  it('approve nothing where nothing was to be changed', () => {
    const nothing = fromPull(1, emptyRecord(aStack));
    const creates = review(aPlan([creation]));
    expect(compare([nothing], creates.record).verdict).toBe('more');
    expect(compare([nothing], review(aPlan([deletion])).record).verdict).toBe('different');
    expect(compare([nothing], emptyRecord(aStack)).verdict).toBe('equivalent');
  });

  it('are no reason to stop a plan that changes nothing', () => {
    const reviewed = fromPull(1, now.record);
    expect(compare([reviewed], emptyRecord(aStack)).verdict).toBe('less');
  });

  it('stop an apply only where the environment says so', () => {
    const verdicts = ['equivalent', 'less', 'more', 'different', 'unreviewed'] as const;
    expect(verdicts.filter((verdict) => stopsApply(verdict, 'stop'))).toEqual([
      'more',
      'different',
      'unreviewed',
    ]);
    expect(verdicts.filter((verdict) => stopsApply(verdict, 'allow'))).toEqual([]);
  });

  it('name another version of Terraform', () => {
    const newer = review({ ...aPlan([update]), terraform_version: '1.12.0' });
    const summary = compare([fromPull(4, now.record)], newer.record);
    expect(summary).toMatchObject({ verdict: 'equivalent' });
    expect(summary.notes).toHaveLength(1);
  });
});

describe('outputs of other stacks', () => {
  const upstream = (url: string, other: string) => ({
    relevant_attributes: [
      { resource: 'data.terraform_remote_state.a', attribute: ['outputs', 'url'] },
    ],
    prior_state: {
      values: {
        root_module: {
          resources: [
            {
              address: 'data.terraform_remote_state.a',
              mode: 'data',
              type: 'terraform_remote_state',
              values: { outputs: { url, other } },
            },
          ],
        },
      },
    },
  });
  const one = aPlan([update], upstream('u1', 'o1'));
  const two = aPlan([update], upstream('u2', 'o1'));
  const unread = aPlan([update], upstream('u1', 'o2'));

  it('are named where they are not what they were at review', () => {
    expect(compared(one, two, { key: testKey })).toMatchObject({
      verdict: 'different',
      differences: [
        { address: 'data.terraform_remote_state.a', kind: 'upstream', attributes: ['url'] },
      ],
    });
    expect(compared(one, unread, { key: testKey }).verdict).toBe('equivalent');
  });

  it('are not compared without a key, unless they are known to be public', () => {
    expect(compared(one, two).verdict).toBe('equivalent');
    expect(compared(one, two, { isPublicOutput: () => true }).verdict).toBe('different');
  });

  it('match anything where they were not known at review', () => {
    const late = aPlan(
      [
        update,
        entry(
          'data.terraform_remote_state.a',
          ['read'],
          null,
          {},
          {
            mode: 'data',
            type: 'terraform_remote_state',
            after_unknown: { outputs: true },
          },
        ),
      ],
      { relevant_attributes: upstream('', '').relevant_attributes },
    );
    expect(compared(late, two, { key: testKey }).verdict).toBe('equivalent');
    expect(compared(two, late, { key: testKey }).verdict).toBe('different');
  });
});
