import { withHandedOutputs } from '../../../actions/terraform-layer/report/handed-outputs.js';
import {
  appliedOutputValues,
  plannedOutputValues,
} from '../../../actions/terraform-layer/review/output-values.js';
import {
  planDocument,
  sensitiveValues,
} from '../../../actions/terraform-layer/review/plan-document.js';
import { readPlannedOutputs } from '../../../actions/terraform-layer/terraform/planned-state.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import { anOutcome } from '../../support/terraform.js';
import { aPlan, entry } from '../../support/plan-documents.js';
import { runPlanOf, stacksOf } from '../../support/terraform-report.js';

const output = (change: Readonly<Record<string, unknown>>) => ({
  ...{ actions: ['create'], before: null, after_unknown: false },
  ...{ before_sensitive: false, after_sensitive: false },
  ...change,
});

const plan = aPlan(
  [
    entry(
      'x.a',
      ['create'],
      null,
      { password: 'hunter22' },
      { after_sensitive: { password: true } },
    ),
  ],
  {
    output_changes: {
      url: output({ actions: ['no-op'], before: 'https://x', after: 'https://x' }),
      id: output({ after_unknown: true }),
      token: output({ after: 'abcdefgh', after_sensitive: true }),
      copy: output({ after: ['the hunter22'] }),
      huge: output({ after: 'x'.repeat(5000) }),
    },
    planned_values: {
      outputs: Object.fromEntries(
        ['url', 'id', 'token', 'copy', 'huge'].map((name) => [name, { type: 'string' }]),
      ),
    },
  },
);

const secretsWith = (also: readonly unknown[]) => sensitiveValues(planDocument(plan), { also });

describe('values of outputs', () => {
  it('of a plan are those that are known, small, and hold nothing sensitive', () => {
    const planned = readPlannedOutputs(plan);
    expect([...plannedOutputValues(planned, secretsWith([]))]).toEqual([['url', 'https://x']]);
    expect(plannedOutputValues(planned, secretsWith(['https://x'])).size).toBe(0);
  });

  it('of an apply are those that it tells, without copies of what its plan calls sensitive', () => {
    const told = new Map([
      ['url', { sensitive: false, value: 'https://x' }],
      ['token', { sensitive: true }],
      ['copy', { sensitive: false, value: { deep: 'hunter22' } }],
      ['none', { sensitive: false, value: undefined }],
    ]);
    expect([...appliedOutputValues(told, secretsWith([]))]).toEqual([['url', 'https://x']]);
  });

  it('have an end, however many there are', () => {
    const many = new Map(
      Array.from({ length: 100 }, (_, index) => [
        `o${index}`,
        { sensitive: false, value: 'x'.repeat(3000) },
      ]),
    );
    expect(appliedOutputValues(many, secretsWith([])).size).toBe(6);
  });
});

describe('what other steps are handed', () => {
  it('is public by the code, and has nothing in it that the log masks', async () => {
    const [stack] = stacksOf(await runPlanOf('apply'));
    if (stack === undefined) throw new Error('no stack');
    const secrets = createSecrets(() => undefined);
    secrets.add('masked-one');
    const outputValues = new Map([
      ['url', 'https://x'],
      ['hidden', 'y'],
      ['masked', 'has masked-one in it'],
    ]);
    const [handed] = await withHandedOutputs(
      [anOutcome(stack, { status: 'applied' }, { outputValues })],
      {
        of: () => Promise.resolve(new Set(['url', 'masked'])),
        readBy: () => Promise.resolve(() => false),
      },
      secrets,
    );
    expect([...(handed?.outputValues ?? [])]).toEqual([['url', 'https://x']]);
  });
});
