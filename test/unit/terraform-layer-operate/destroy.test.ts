import { envFrom } from '../../../actions/shared/env.js';
import { destroyGuard } from '../../../actions/terraform-layer/destroy/guard.js';
import { readInputs } from '../../../actions/terraform-layer/inputs.js';
import { planRun, type RunPlan } from '../../../actions/terraform-layer/plan.js';
import type { Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import { thrownCodes } from '../../support/problem-codes.js';
import {
  layeredTree,
  load,
  s3Backend,
  s3RemoteState,
  withoutHistory,
} from '../../support/stacks.js';
import { aResource, changesOf } from '../../support/terraform.js';

const config = `version: 1
environments:
  global: { shared: true }
  dev: { apply: auto }
  production: { apply: never, after: [dev] }
`;

let workspace: Workspace;
beforeAll(async () => {
  const place = 'layers/00-global/environments/global';
  const reader = 'layers/03-reader/environments/dev';
  workspace = await load({
    ...layeredTree(['dev', 'production']),
    [`${place}/main.tf`]: s3Backend('global.tfstate'),
    [`${reader}/main.tf`]:
      s3Backend('dev/reader.tfstate') + s3RemoteState('global', 'global.tfstate'),
    'infra.yml': config,
  });
});

function planOf(values: Readonly<Record<string, string>>): RunPlan {
  const all = { command: 'destroy', environment: 'dev', confirm: 'dev', ...values };
  return planRun(
    readInputs((name) => Object.entries(all).find(([key]) => key === name)?.[1] ?? '', envFrom({})),
    {
      workspace,
      affected: undefined,
      history: withoutHistory(workspace),
      declaredVariables: new Map(),
      missingVarFiles: [],
    },
  );
}

describe('a destroy', () => {
  it('begins with what nobody reads, and waits for the readers', () => {
    const plan = planOf({});
    const [stage] = plan.stages;
    const names = new Map(workspace.stacks.map(({ id, displayId }) => [id, displayId]));
    const after = Object.fromEntries(
      (stage?.stacks ?? []).map(({ stack, after: ids }) => [
        stack.displayId,
        ids.map((id) => names.get(id)).sort(),
      ]),
    );
    expect(after).toEqual({
      '01-foundation/dev': ['02-platform/dev'],
      '02-platform/dev': ['service-a/dev', 'service-b/dev'],
      '03-reader/dev': [],
      'service-a/dev': [],
      'service-b/dev': ['service-a/dev'],
    });
    const [waves] = plan.waves;
    expect(waves?.stacks.at(-1)).toEqual(['layers/01-foundation/environments/dev']);
  });

  it('keeps that order where a stack between is left out', () => {
    const plan = planOf({ layers: 'service-*, 01-foundation, 02-platform' });
    expect(plan.stages[0]?.stacks.map(({ stack }) => stack.displayId)).toEqual([
      'service-a/dev',
      'service-b/dev',
      '02-platform/dev',
      '01-foundation/dev',
    ]);
  });

  it.each([
    ['no environment is named', { environment: '' }, ['destroy-needs-one-environment']],
    ['two are named', { environment: 'dev, global' }, ['destroy-needs-one-environment']],
    ['it is not confirmed', { confirm: '' }, ['confirm-missing']],
    ['another name is typed', { confirm: 'Dev' }, ['confirm-mismatch']],
    ['the environment is unknown', { environment: 'dve' }, ['environment-unknown']],
    [
      'the environment is never applied',
      { environment: 'production', confirm: 'production' },
      ['environment-never-applied'],
    ],
    [
      'others read what would go',
      { layers: '02-platform' },
      ['destroyed-stack-is-read', 'destroyed-stack-is-read'],
    ],
    [
      'another environment reads it',
      { environment: 'global', confirm: 'global' },
      ['destroyed-stack-is-read'],
    ],
    [
      'several things are wrong',
      { layers: '01-foundation', confirm: 'x' },
      ['confirm-mismatch', 'destroyed-stack-is-read'],
    ],
  ])('is refused where %s', (_, values, codes) => {
    const wanted = [...new Set(codes)];
    expect([...new Set(thrownCodes(() => planOf(values)))]).toEqual(wanted);
  });

  it('needs no confirmation to be looked at', () => {
    expect(thrownCodes(() => planOf({ confirm: '', 'dry-run': 'true' }))).toEqual([]);
    expect(thrownCodes(() => planOf({ confirm: 'other', 'dry-run': 'true' }))).toEqual([
      'confirm-mismatch',
    ]);
  });
});

describe('the guard of a destroy', () => {
  const changes = changesOf(
    aResource('destroy', 'aws_db_instance.main["a"]'),
    aResource('destroy', 'aws_sqs_queue.jobs'),
    aResource('update', 'aws_db_instance.kept'),
  );
  const guards = { preventDestroy: ['aws_db_*', 'aws_s3_bucket'] };

  it('names what is protected', () => {
    expect(destroyGuard(changes, guards, [])).toMatchObject([
      { kind: 'guard', guard: 'prevent-destroy', addresses: ['aws_db_instance.main["a"]'] },
    ]);
  });

  it.each(['aws_db_instance', 'aws_db_instance.main["a"]', 'aws_db_*'])(
    'is opened by %s',
    (glob) => {
      expect(destroyGuard(changes, guards, [glob])).toEqual([]);
    },
  );

  it('is not opened by the name of something else', () => {
    expect(destroyGuard(changes, guards, ['aws_sqs_queue'])).toHaveLength(1);
  });

  it.each(['*', '**', '?'])('is not opened by %s, which names nothing', (glob) => {
    expect(destroyGuard(changes, guards, [glob])).toHaveLength(1);
  });

  it('counts nothing: that everything goes is what was confirmed', () => {
    const many = changesOf(
      ...Array.from({ length: 50 }, (_, index) =>
        aResource('destroy', `aws_sqs_queue.q[${index}]`),
      ),
    );
    expect(destroyGuard(many, guards, [])).toEqual([]);
  });
});
