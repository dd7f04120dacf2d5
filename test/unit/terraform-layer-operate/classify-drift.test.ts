import fc from 'fast-check';
import { classifyDrift } from '../../../actions/terraform-layer/drift/classify-drift.js';
import type { DriftFindings } from '../../../actions/terraform-layer/drift/findings.js';
import { terraformFixture } from '../../support/terraform.js';

const fixture = (name: string): DriftFindings => classifyDrift(JSON.parse(terraformFixture(name)));

/** `address path: world`, or `address deleted`. */
function lines({ drifted }: DriftFindings): readonly string[] {
  return drifted.flatMap(({ address, kind, attributes }) =>
    kind === 'deleted'
      ? [`${address} deleted`]
      : attributes.map(({ path, world }) => {
          const shown = world.kind === 'value' ? JSON.stringify(world.value) : world.kind;
          return `${address} ${path}: ${shown.slice(0, 40)}`;
        }),
  );
}

describe('a refreshed plan of a world that was changed by hand', () => {
  const findings = fixture('drift.json');

  it('shows what was changed, deleted and tagged, and nothing that is in sync', () => {
    expect(lines(findings)).toEqual([
      'aws_ecs_service.app desired_count: 20',
      'aws_iam_role.app assume_role_policy → Statement[0].Principal.Service: "ec2.amazonaws.com"',
      'aws_security_group.web ingress: [{"cidr_blocks":["0.0.0.0/0"],"descripti',
      'aws_ssm_parameter.changed insecure_value: "by hand"',
      'aws_ssm_parameter.deleted deleted',
      'aws_ssm_parameter.secret value: sensitive',
      'aws_ssm_parameter.tagged tags.Added: "by hand"',
      'aws_ssm_parameter.tagged tags.Owner: "me"',
      'aws_ssm_parameter.tagged tags.Team: absent',
    ]);
  });

  it('says what an apply wrote, what is there, and what the code wants', () => {
    const service = findings.drifted.find(({ type }) => type === 'aws_ecs_service');
    expect(service?.attributes).toEqual([
      {
        path: 'desired_count',
        steps: ['desired_count'],
        state: { kind: 'value', value: 5 },
        world: { kind: 'value', value: 20 },
        code: { kind: 'value', value: 5 },
      },
    ]);
  });

  it('tells the rule that was added from the one that was there, whatever their order', () => {
    const group = findings.drifted.find(({ type }) => type === 'aws_security_group');
    expect(group?.attributes[0]).toMatchObject({
      added: [{ kind: 'value', value: { from_port: 22 } }],
      removed: [],
    });
  });

  it('keeps apart what only the code has changed', () => {
    expect(findings.pending).toEqual([
      { address: 'aws_ssm_parameter.pending', kind: 'update', attributes: ['insecure_value'] },
      { address: 'terraform_data.pending', kind: 'update', attributes: ['input'] },
    ]);
    expect(findings.pendingOutputs).toEqual(['greeting']);
  });

  it('holds no sensitive value', () => {
    expect(JSON.stringify(findings)).not.toMatch(/the-secret-of-the-code|other-secret-by-hand/);
  });
});

describe('what is no drift', () => {
  it('is a change of the code, also where the refresh has noted empty values', () => {
    const findings = fixture('pending.json');
    expect(findings.drifted).toEqual([]);
    expect(findings.pending.map(({ address }) => address)).toEqual([
      'aws_ssm_parameter.pending',
      'terraform_data.pending',
    ]);
  });

  it('is a plan without any drift', () => {
    expect(fixture('change.json').drifted).toEqual([]);
    expect(fixture('create.json').drifted).toEqual([]);
  });

  it.each([
    ['the code says the same', { size: 1 }, { size: 2 }, { size: 2, name: 'new' }, ['update']],
    ['the code takes it away', { size: 1 }, { size: 2 }, null, ['delete']],
    ['the code forgets it', { size: 1 }, { size: 2 }, null, ['forget']],
    [
      'nothing but emptiness differs',
      { tags: null },
      { tags: {} },
      { tags: { a: 'b' } },
      ['update'],
    ],
  ])('is what differs where %s', (_, state, world, code, actions) => {
    expect(lines(classifyDrift(planOf({ state, world, code, actions })))).toEqual([]);
  });
});

describe('one attribute', () => {
  it.each([
    ['changed', { size: 1 }, { size: 2 }, { size: 1 }, ['x.y size: 2']],
    ['changed in the world and in the code', { a: 1 }, { a: 2 }, { a: 3 }, ['x.y a: 2']],
    ['added to a map', { m: {} }, { m: { k: 'v' } }, { m: {} }, ['x.y m.k: "v"']],
    ['removed', { m: { k: 'v' } }, { m: {} }, { m: { k: 'v' } }, ['x.y m.k: absent']],
    [
      'inside the only block',
      { rule: [{ days: 1, on: true }] },
      { rule: [{ days: 9, on: true }] },
      { rule: [{ days: 1, on: true }] },
      ['x.y rule[0].days: 9'],
    ],
    [
      'of tags is told once',
      { tags: { a: 'b' }, tags_all: { a: 'b' } },
      { tags: { a: 'c' }, tags_all: { a: 'c' } },
      { tags: { a: 'b' }, tags_all: { a: 'b' } },
      ['x.y tags.a: "c"'],
    ],
  ])('that was %s', (_, state, world, code, expected) => {
    expect(lines(classifyDrift(planOf({ state, world, code })))).toEqual(expected);
  });

  it('that follows from another one is left out, and the last one is not', () => {
    const state = { value: 'a', version: 1 };
    const world = { value: 'b', version: 2 };
    const both = planOf({ state, world, code: { value: 'a' }, unknown: { version: true } });
    expect(lines(classifyDrift(both))).toEqual(['x.y value: "b"']);
    const unknownOnly = planOf({
      state: { version: 1 },
      world: { version: 2 },
      code: {},
      unknown: { version: true },
    });
    expect(lines(classifyDrift(unknownOnly))).toEqual(['x.y version: 2']);
  });

  it('is hidden where one side marks it, and where its text is a secret elsewhere', () => {
    const secret = 'correct horse battery';
    const findings = classifyDrift({
      ...planOf({
        state: { password: secret, copy: `before ${secret}`, list: [{ p: 'x1' }, { p: 'x2' }] },
        world: { password: 'other', copy: 'now', list: [{ p: 'q1' }, { p: 'x2' }, { p: 'z9' }] },
        code: { password: secret, copy: `before ${secret}`, list: [{ p: 'x1' }, { p: 'x2' }] },
        sensitive: { password: true, list: [{ p: true }, { p: true }, { p: true }] },
      }),
    });
    expect(JSON.stringify(findings)).not.toMatch(/correct horse|q1|z9/);
    expect(findings.drifted[0]?.attributes.map(({ path }) => path)).toEqual([
      'copy',
      'list',
      'password',
    ]);
  });

  it('of a replaced resource counts too', () => {
    const plan = planOf({
      state: { az: 'a' },
      world: { az: 'b' },
      code: { az: 'a' },
      actions: ['delete', 'create'],
    });
    expect(lines(classifyDrift(plan))).toEqual(['x.y az: "b"']);
  });
});

describe('any values', () => {
  const value = fc.dictionary(fc.constantFrom('a', 'b', 'tags'), fc.jsonValue({ maxDepth: 3 }));

  it('are no drift where the world is as it was, or as the code wants it', () => {
    fc.assert(
      fc.property(value, value, (state, code) => {
        expect(lines(classifyDrift(planOf({ state, world: state, code })))).toEqual([]);
        expect(lines(classifyDrift(planOf({ state, world: code, code })))).toEqual([]);
      }),
    );
  });

  it('are drift where one that the code knows was changed, and only there', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: 1 }), (state, size) => {
        const world = { ...state, size: size + 1 };
        const own = { ...state, size };
        expect(lines(classifyDrift(planOf({ state: own, world, code: own })))).toEqual([
          `x.y size: ${size + 1}`,
        ]);
      }),
    );
  });
});

it('does not take what is no plan', () => {
  expect(() => classifyDrift({ resource_drift: 'x' })).toThrow(
    expect.objectContaining({ code: 'plan-unreadable' }) as Error,
  );
});

function planOf({
  state,
  world,
  code,
  actions = ['update'],
  unknown = {},
  sensitive = {},
}: {
  readonly state: unknown;
  readonly world: unknown;
  readonly code: unknown;
  readonly actions?: readonly string[];
  readonly unknown?: unknown;
  readonly sensitive?: unknown;
}): Readonly<Record<string, unknown>> {
  const resource = { address: 'x.y', mode: 'managed', type: 'x' };
  const marks = { before_sensitive: sensitive, after_sensitive: sensitive };
  return {
    resource_drift: [
      { ...resource, change: { actions: ['update'], before: state, after: world, ...marks } },
    ],
    resource_changes: [
      {
        ...resource,
        change: { actions, before: world, after: code, after_unknown: unknown, ...marks },
      },
    ],
  };
}
