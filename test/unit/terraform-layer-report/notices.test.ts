import { OperationError } from '../../../actions/shared/errors.js';
import {
  applyEnding,
  approvals,
  breaking,
  causeOfStacks,
  concluding,
  ending,
  isNotified,
} from '../../../actions/terraform-layer/notices.js';
import type { RunPlan } from '../../../actions/terraform-layer/plan.js';
import type { StackEnd, StackOutcome } from '../../../actions/terraform-layer/schedule/outcome.js';
import { runPlanOf, stacksOf } from '../../support/terraform-report.js';
import { aResource, anOutcome, changesOf } from '../../support/terraform.js';

const about = { command: 'apply', environments: ['dev'], workingDirectory: '.' } as const;
const failed: StackEnd = { status: 'failed', step: 'apply', lock: undefined };
const notStarted: StackEnd = {
  status: 'not-started',
  why: { kind: 'upstream-failed', stacks: [] },
};

let plan: RunPlan;
beforeAll(async () => {
  plan = await runPlanOf('plan');
});

function outcomesOf(
  end: (environment: string, index: number) => StackEnd,
): readonly StackOutcome[] {
  return stacksOf(plan).map((stack, index) =>
    anOutcome(stack, end(stack.environment, index), {
      changes: changesOf(aResource('create', 'a.b'), aResource('destroy', 'c.d')),
    }),
  );
}

describe('a plan before an apply', () => {
  const environments = (production: Partial<RunPlan['environments'][number]>) =>
    plan.environments.map((one) => (one.name === 'production' ? { ...one, ...production } : one));

  it('tells of each environment that somebody is to approve, with what would change', () => {
    const outcomes = outcomesOf(() => ({ status: 'changes' }));
    const next = environments({ apply: 'approval', gate: 'environment' });
    const [notice, ...more] = approvals(next, outcomes, '.');
    expect(more).toEqual([]);
    const count = outcomes.filter(({ stack }) => stack.environment === 'production').length;
    expect(notice).toMatchObject({
      kind: 'waiting-for-approval',
      subject: 'Terraform apply of production',
      sentence: `${count} stacks, +${count} -${count}, after dev`,
    });
  });

  it.each([
    { apply: 'auto', gate: 'environment' },
    { apply: 'approval', gate: 'reviews' },
    { apply: 'approval', gate: 'dispatch' },
  ] as const)('says nothing of one that waits for nobody: %j', (production) => {
    const outcomes = outcomesOf(() => ({ status: 'changes' }));
    expect(approvals(environments(production), outcomes, '.')).toEqual([]);
  });
});

describe('the end of an apply', () => {
  const going = { cancelled: false };

  it('that went well says what was done', () => {
    const outcomes = outcomesOf(() => ({ status: 'applied' }));
    const notice = applyEnding(about, { kind: 'applied' }, outcomes, going);
    expect(notice).toMatchObject({ kind: 'done', subject: 'Terraform apply of dev' });
    expect(notice).toHaveProperty('sentence', expect.stringContaining(`${outcomes.length} added`));
  });

  it('of which the rest is the next wave says what to do', () => {
    const outcomes = outcomesOf(() => ({ status: 'applied' }));
    const notice = applyEnding(about, { kind: 'next-wave' }, outcomes, going);
    expect(notice).toHaveProperty('sentence', expect.stringContaining('apply-again'));
  });

  it('that was cancelled is told as that', () => {
    const notice = applyEnding(about, { kind: 'failed' }, [], { cancelled: true });
    expect(notice.kind).toBe('cancelled');
  });

  it('that failed names the first stack with its error, not one that never started', () => {
    const outcomes = outcomesOf((_environment, index) => (index === 1 ? failed : notStarted)).map(
      (outcome) =>
        outcome.end === failed
          ? {
              ...outcome,
              diagnostics: [
                { severity: 'warning' as const, summary: 'Deprecated', detail: '' },
                {
                  ...{ severity: 'error' as const, summary: 'creating S3 Bucket: taken' },
                  ...{ detail: '', address: 'aws_s3_bucket.logs' },
                },
              ],
            }
          : outcome,
    );
    const id = outcomes[1]?.stack.displayId ?? '';
    expect(applyEnding(about, { kind: 'failed' }, outcomes, going)).toMatchObject({
      kind: 'failed',
      cause: `${id} failed in apply: creating S3 Bucket: taken (aws_s3_bucket.logs) (and ${outcomes.length - 1} stacks more)`,
    });
  });

  it.each([
    [{ kind: 'review' }, 'reviewed'],
    [{ kind: 'policy' }, 'policy'],
    [{ kind: 'guard', guard: 'max-destroys', addresses: ['a.b'], hint: '' }, 'a.b'],
  ] as const)('that was stopped says by what: %j', (reason, word) => {
    const outcomes = outcomesOf(() => ({ status: 'stopped', reasons: [reason] }));
    expect(causeOfStacks(outcomes)).toContain(word);
  });

  it('that broke off says why, and one that came too late is superseded', () => {
    const thrown = new OperationError('aws-role-denied', 'AWS says no\nwith a token that says …');
    expect(breaking(about, thrown, going)).toMatchObject({ kind: 'failed', cause: 'AWS says no' });
    const late = { cancelled: false, superseded: true };
    expect(breaking(about, thrown, late).kind).toBe('superseded');
    const stacks = new OperationError('stacks-failed', 'Failed: a, b', {
      details: { cause: 'a failed in plan: no such thing' },
    });
    expect(breaking(about, stacks, going)).toHaveProperty(
      'cause',
      'a failed in plan: no such thing',
    );
  });
});

describe('a drift check', () => {
  const drift = { ...about, command: 'drift' } as const;

  it('tells of drift with the stacks by name, and of nothing else', () => {
    const outcomes = outcomesOf(() => ({ status: 'changes' }));
    expect(ending(drift, outcomes)).toBeUndefined();
    const found = outcomes.map((outcome, index) => ({
      ...outcome,
      drift: {
        drifted:
          index === 0
            ? [{ address: 'a.b', type: 'a', kind: 'changed' as const, attributes: [] }]
            : [],
        pending: [],
        pendingOutputs: [],
      },
    }));
    expect(ending(drift, found)).toMatchObject({
      kind: 'drift-found',
      sentence: `1 resource in 1 stack: ${found[0]?.stack.displayId ?? ''}`,
    });
  });
});

it.each([
  ['apply', {}, true],
  ['drift', {}, true],
  ['destroy', {}, true],
  ['plan', {}, false],
  ['plan', { proveGates: true }, true],
  ['apply', { dryRun: true }, false],
  ['state', {}, false],
] as const)('whether a failing %s %j is told: %s', (command, rest, told) => {
  expect(isNotified({ command, dryRun: false, proveGates: false, ...rest })).toBe(told);
});

describe('an apply that many runners shared', () => {
  const about = { environments: ['production'], workingDirectory: '.' };
  const stack = { id: '01-foundation/production', status: 'applied', detail: '+1' };

  it('is done where all of it was applied', () => {
    const notice = concluding(about, { end: 'applied', stacks: [stack], pulls: [7], missing: 0 });
    expect(notice).toMatchObject({ kind: 'done', pullNumbers: [7] });
  });

  it('has failed where a leg left nothing, or not all was applied', () => {
    for (const end of ['failed', 'stopped'] as const) {
      const notice = concluding(about, { end, stacks: [stack], pulls: [], missing: 1 });
      expect(notice.kind).toBe('failed');
    }
  });
});
