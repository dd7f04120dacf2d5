import fc from 'fast-check';
import { OperationError } from '../../../actions/shared/errors.js';
import { diffAttributes } from '../../../actions/terraform-layer/review/attribute-diff.js';
import { shortCounts } from '../../../actions/terraform-layer/review/changes.js';
import { readPlan } from '../../../actions/terraform-layer/review/plan-json.js';
import { sideOf } from '../../../actions/terraform-layer/review/side.js';
import { terraformFixture } from '../../support/terraform.js';

const create = readPlan(JSON.parse(terraformFixture('create.json')));
const change = readPlan(JSON.parse(terraformFixture('change.json')));

function resource(address: string): (typeof change.resources)[number] {
  const found = change.resources.find((candidate) => candidate.address === address);
  if (found === undefined) throw new Error(address);
  return found;
}

describe("a plan in Terraform's JSON", () => {
  it('is counted by what happens', () => {
    expect(create.counts).toMatchObject({ add: 10, change: 0, replace: 0, destroy: 0 });
    expect(change.counts).toEqual({
      add: 1,
      change: 3,
      replace: 1,
      destroy: 2,
      import: 1,
      move: 1,
      forget: 1,
    });
    expect(shortCounts(change)).toBe('+1 ~3 -/+1 -2 1 imported 1 moved 1 forgotten');
  });

  it('begins with what goes away', () => {
    expect(change.resources.slice(0, 4).map(({ kind }) => kind)).toEqual([
      'destroy',
      'destroy',
      'replace',
      'forget',
    ]);
  });

  it('keeps imports, moves and removals, which Terraform does not call changes', () => {
    expect(resource('terraform_data.imported')).toMatchObject({ kind: 'import', imported: true });
    expect(resource('terraform_data.moved_to')).toMatchObject({
      kind: 'move',
      previousAddress: 'terraform_data.moving_from',
    });
    expect(resource('terraform_data.forgotten').kind).toBe('forget');
  });

  it('leaves out what does not change', () => {
    expect(change.resources.map(({ address }) => address)).not.toContain('terraform_data.kept');
  });

  it('names the attribute that forces a replacement', () => {
    const forcing = resource('terraform_data.replaced').attributes.filter(
      ({ forcesReplacement }) => forcesReplacement,
    );
    expect(forcing).toEqual([
      {
        path: 'triggers_replace[0]',
        before: { kind: 'value', value: 'one' },
        after: { kind: 'value', value: 'two' },
        forcesReplacement: true,
      },
    ]);
  });

  it("says why something is destroyed in Terraform's own words", () => {
    expect(resource('terraform_data.keyed["b|c"]').reason).toBe('delete_because_each_key');
  });

  it('compares JSON inside a string by key', () => {
    expect(resource('terraform_data.policy').attributes[0]).toMatchObject({
      path: 'input → Statement[0].Action',
      before: { value: 's3:Getone' },
      after: { value: 's3:Gettwo' },
    });
  });

  it('shows that a sensitive value changes, and never the value, nor a copy without its mark', () => {
    expect(resource('terraform_data.updated').attributes).toContainEqual({
      path: 'input.password',
      before: { kind: 'sensitive' },
      after: { kind: 'sensitive' },
      forcesReplacement: false,
    });
    expect(change.outputs).toContainEqual({
      name: 'password',
      action: 'update',
      before: { kind: 'sensitive' },
      after: { kind: 'sensitive' },
    });
    expect(JSON.stringify([create, change])).not.toContain('hunter2');
  });

  it('tells outputs that come, change and go', () => {
    expect(change.outputs.map(({ name, action }) => [name, action])).toEqual([
      ['name', 'update'],
      ['new', 'create'],
      ['old', 'delete'],
      ['password', 'update'],
    ]);
  });

  it('takes a value that is known after apply for one', () => {
    expect(change.outputs[1]?.after).toEqual({ kind: 'unknown' });
  });

  it('leaves out data sources', () => {
    const plan = {
      resource_changes: [
        {
          address: 'data.aws_ami.x',
          mode: 'data',
          type: 'aws_ami',
          change: { actions: ['read'], before: null, after: {} },
        },
      ],
    };
    expect(readPlan(plan).resources).toEqual([]);
  });

  it('is refused in another format', () => {
    expect(() => readPlan({ resource_changes: 'none' })).toThrow(OperationError);
  });
});

describe('a difference of attributes', () => {
  it('is none between a value and itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(diffAttributes(sideOf(value), sideOf(structuredClone(value)))).toEqual([]);
      }),
    );
  });

  it('is found wherever two values differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
        const same = JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
        fc.pre(!same);
        expect(diffAttributes(sideOf(left), sideOf(right)).length).toBeGreaterThan(0);
      }),
    );
  });

  it('never shows what either side marks sensitive', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (other, before) => {
        const secret = { value: { deep: ['s3cr3t-value'] }, sensitive: true, unknown: false };
        const plain = sideOf({ deep: [other] });
        const changes = before ? diffAttributes(secret, plain) : diffAttributes(plain, secret);
        expect(JSON.stringify(changes)).not.toContain('s3cr3t');
        expect(changes).toHaveLength(1);
      }),
    );
  });

  it('hides a mark deep inside a value that is shown whole', () => {
    const after = {
      value: { list: [{ user: 'u', password: 's3cr3t' }] },
      sensitive: { list: [{ password: true }] },
      unknown: { list: [{ arn: true }] },
    };
    expect(diffAttributes(sideOf({}), after)).toEqual([
      {
        path: 'list',
        before: { kind: 'absent' },
        after: {
          kind: 'value',
          value: [{ user: 'u', password: '(sensitive)', arn: '(known after apply)' }],
        },
        forcesReplacement: false,
      },
    ]);
  });

  it('follows keys that every object has by nature', () => {
    const changes = diffAttributes(
      sideOf({}),
      sideOf(JSON.parse('{"__proto__": 1, "constructor": 2}')),
    );
    expect(changes.map(({ path }) => path)).toEqual(['__proto__', 'constructor']);
  });
});

/** Absent and null are the same to Terraform. */
function sorted(value: unknown): unknown {
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) {
    try {
      return sorted(JSON.parse(value));
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) {
    const items = value.map(sorted);
    while (items.at(-1) === null) items.pop();
    return items;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
  return Object.is(value, -0) ? 0 : value;
}
