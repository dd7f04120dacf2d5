import { affectedStacks } from '../../../actions/terraform-layer/graph/affected.js';
import { readInputs, type Inputs } from '../../../actions/terraform-layer/inputs.js';
import { planRun, type Observed, type RunPlan } from '../../../actions/terraform-layer/plan.js';
import type { Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import { envFrom } from '../../../actions/shared/env.js';
import { thrownCodes } from '../../support/problem-codes.js';
import { layeredTree, load, withoutHistory } from '../../support/stacks.js';

const config = `version: 1
environments:
  dev: { apply: auto }
  staging: { apply: auto, after: [dev] }
  production: { apply: approval, after: [staging] }
`;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await load({ ...layeredTree(), 'infra.yml': config });
});

function inputsOf(values: Readonly<Record<string, string>>): Inputs {
  return readInputs((name) => values[name] ?? '', envFrom({}));
}

function planOf(
  values: Readonly<Record<string, string>>,
  observed: Partial<Observed> = {},
): RunPlan {
  return planRun(inputsOf({ command: 'plan', ...values }), {
    workspace,
    affected: undefined,
    history: withoutHistory(workspace),
    declaredVariables: new Map(),
    missingVarFiles: [],
    ...observed,
  });
}

const names = (plan: RunPlan): readonly string[] =>
  plan.stages.flatMap(({ stacks }) => stacks.map(({ stack }) => stack.displayId));

describe('an environment that has not got what comes after it', () => {
  const production = { environment: 'production', layers: '*foundation*' };

  /** Each stack of production waits for the same one of staging. */
  function after(values: Readonly<Record<string, string>>, rest: Partial<Observed> = {}) {
    const unpromoted = workspace.stacks.flatMap((stack) => {
      const before = workspace.stacks.find(
        ({ environment, name }) => environment === 'staging' && name === stack.name,
      );
      return stack.environment !== 'production' || before === undefined
        ? []
        : [{ stack, before, sha: undefined }];
    });
    return thrownCodes(() =>
      planOf(values, { history: { ...withoutHistory(workspace), unpromoted }, ...rest }),
    );
  }

  it('stops it, once for each pair', () => {
    expect(after({ environment: 'production' })).toEqual(['not-promoted']);
    expect(after(production)).toEqual(['not-promoted']);
  });

  it('stops nothing where its own plan would change nothing', () => {
    expect(after(production, { earlierUpToDate: ['staging'] })).toEqual([]);
    expect(after(production, { earlierUpToDate: ['dev'] })).toEqual(['not-promoted']);
  });

  it('stops nothing that the run leaves out', () => {
    expect(after({ environment: 'dev' })).toEqual([]);
  });
});

describe('what a run covers', () => {
  it('is every stack of every environment, in promotion order', () => {
    const plan = planOf({});
    expect(plan.stages.map(({ environment }) => environment)).toEqual([
      'dev',
      'staging',
      'production',
    ]);
    expect(names(plan)).toHaveLength(12);
  });

  it('needs no order for a plan', () => {
    const stages = planOf({}).stages;
    expect(
      stages.every(
        ({ after, stacks }) => after.length + stacks.flatMap((s) => s.after).length === 0,
      ),
    ).toBe(true);
  });

  it('is ordered for an apply: stacks by what they read, environments by promotion', () => {
    const plan = planOf({ command: 'apply', environment: 'dev, staging' });
    const [dev, staging] = plan.stages;
    expect(staging?.after).toEqual(['dev']);
    const serviceA = dev?.stacks.find(({ stack }) => stack.name === 'service-a');
    expect(serviceA?.after).toHaveLength(2);
  });

  it('keeps promotion order where an environment between is not part of it', () => {
    const plan = planOf({ command: 'apply', environment: 'dev, production' });
    expect(plan.stages.at(-1)?.after).toEqual(['dev']);
  });

  it('leaves out of an apply what needs approval, unless it is named', () => {
    const plan = planOf({ command: 'apply' });
    expect(plan.environments.map(({ name }) => name)).toEqual(['dev', 'staging']);
    expect(plan.leftOut).toEqual([{ environment: 'production', why: 'needs-approval' }]);
    expect(planOf({ command: 'apply', environment: 'production' }).leftOut).toEqual([]);
  });

  it('is chosen by globs over layers, names and ids', () => {
    expect(names(planOf({ layers: '0[12]-*', environment: 'dev' }))).toEqual([
      '01-foundation/dev',
      '02-platform/dev',
    ]);
    expect(names(planOf({ layers: 'service-*', environment: 'dev' }))).toHaveLength(2);
    expect(names(planOf({ layers: 'service-a/staging' }))).toEqual(['service-a/staging']);
  });

  it('keeps the order of two stacks when the one between them is left out', () => {
    const plan = planOf({ command: 'apply', environment: 'dev', layers: '01-*, service-b' });
    const serviceB = plan.stages[0]?.stacks.find(({ stack }) => stack.name === 'service-b');
    expect(serviceB?.after).toEqual(['layers/01-foundation/environments/dev']);
  });

  it('is what a change touches, and what reads that', () => {
    const file = 'layers/02-platform/environments/dev/main.tf';
    const plan = planOf(
      { layers: 'changed' },
      { affected: affectedStacks({ workspace, changedFiles: [file] }) },
    );
    expect(names(plan)).toEqual(['02-platform/dev', 'service-b/dev', 'service-a/dev']);
    expect([...plan.reasons.values()].map(({ kind }) => kind)).toEqual([
      'affected',
      'dependent',
      'dependent',
    ]);
  });

  it('is told wave by wave', () => {
    expect(planOf({ environment: 'dev' }).waves[0]?.stacks.map((wave) => wave.length)).toEqual([
      1, 1, 1, 1,
    ]);
  });
});

describe('problems of a run', () => {
  it('are all told at once', () => {
    const codes = thrownCodes(() =>
      planOf(
        { environment: 'dev, prodution', layers: 'service-a, nothing-*', vars: 'unknown=1' },
        { missingVarFiles: ['x.tfvars'] },
      ),
    );
    expect(codes).toEqual([
      'environment-unknown',
      'layers-match-nothing',
      'variable-undeclared',
      'var-file-missing',
    ]);
  });

  it('name the environments that there are', () => {
    expect(() => planOf({ environment: 'prodution' })).toThrow(
      /dev, staging, production.*did you mean "production"/,
    );
  });

  it('are none for a variable that one stack declares', () => {
    const declared = new Map([['layers/01-foundation/environments/dev', new Set(['v'])]]);
    expect(thrownCodes(() => planOf({ vars: 'v=1' }, { declaredVariables: declared }))).toEqual([]);
  });

  it('keep an environment that is never applied from being applied', async () => {
    const other = await load({
      ...layeredTree(['dev']),
      'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: never }\n',
    });
    const apply = { command: 'apply', environment: 'dev' };
    expect(thrownCodes(() => planOf(apply, { workspace: other }))).toEqual([
      'environment-never-applied',
    ]);
  });
});

describe('a stack that is gone and has a state', () => {
  const lost = (severity: 'error' | 'warning'): Partial<Observed> => {
    const [from] = workspace.stacks;
    if (from === undefined) throw new Error('there is no stack');
    const problem = { code: 'deleted-stack-has-state', message: 'gone' };
    const finding = { severity, problem, fate: { kind: 'gone', from } } as const;
    return { history: { ...withoutHistory(workspace), findings: [finding] } };
  };

  it('stops an apply before anything is changed, and is shown by a plan', () => {
    expect(thrownCodes(() => planOf({ command: 'apply' }, lost('error')))).toEqual([
      'deleted-stack-has-state',
    ]);
    expect(planOf({ command: 'plan' }, lost('error')).findings).toHaveLength(1);
    expect(planOf({ command: 'apply' }, lost('warning')).findings).toHaveLength(1);
  });
});
