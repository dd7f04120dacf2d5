import { classifyDrift } from '../../../actions/terraform-layer/drift/classify-drift.js';
import { hookText, sensitiveValuesOf } from '../../../actions/terraform-layer/policy/hook-text.js';
import { planDocument } from '../../../actions/terraform-layer/review/plan-document.js';
import { hiddenOutputs } from '../../../actions/terraform-layer/review/upstream-outputs.js';
import { applyStack } from '../../../actions/terraform-layer/schedule/apply-stack.js';
import type { PlannedStack } from '../../../actions/terraform-layer/schedule/hooks.js';
import { planStack } from '../../../actions/terraform-layer/schedule/plan-stack.js';
import { aPlan, entry } from '../../support/plan-documents.js';
import { portsOf, stackNamed } from '../../support/schedule.js';
import { layeredTree, load } from '../../support/stacks.js';
import { fakeTerraform, succeeded } from '../../support/terraform.js';

const secret = 'hunter2-hunter2';
const network = 'data.terraform_remote_state.network';

/** A stack copies what it reads of another, and of a workspace of HCP Terraform. */
const plan = aPlan(
  [
    entry(
      'terraform_data.copy',
      ['update'],
      { input: `old ${secret}`, flag: 'true', count: 1, vpc: 'vpc-12345678' },
      { input: `new ${secret}`, flag: 'false', count: 2, vpc: 'vpc-87654321' },
    ),
  ],
  {
    resource_drift: [
      entry('terraform_data.copy', ['update'], { input: 'x' }, { input: `old ${secret}` }),
    ],
    output_changes: {
      handed: { actions: ['create'], before: null, after: secret, after_unknown: false },
    },
    planned_values: { outputs: { handed: { sensitive: false, type: 'string', value: secret } } },
    prior_state: {
      values: {
        root_module: {
          child_modules: [
            {
              resources: [
                {
                  ...{ address: network, mode: 'data', type: 'terraform_remote_state' },
                  values: {
                    outputs: { vpc: 'vpc-12345678', key: { name: secret }, on: 'true', n: 1 },
                  },
                },
                {
                  ...{ address: 'data.tfe_outputs.hcp', mode: 'data', type: 'tfe_outputs' },
                  values: {
                    values: { open: 'vpc-12345678', token: 'token-token' },
                    nonsensitive_values: { open: 'vpc-12345678' },
                  },
                },
              ],
            },
          ],
        },
      },
    },
  },
);

const isPublic = (address: string, output: string): boolean =>
  address === network && output === 'vpc';

describe('outputs of other stacks that may be sensitive', () => {
  it('are all that are not known to be public, and are no mere words', () => {
    expect(hiddenOutputs(planDocument(plan), isPublic)).toEqual([
      { name: secret },
      1,
      'token-token',
    ]);
  });

  it('are no defaults that the reader itself gives', () => {
    const resource = {
      ...{ address: network, mode: 'data', type: 'terraform_remote_state' },
      values: {
        defaults: { size: 'by default', key: 'none' },
        outputs: { size: 'by default', key: secret },
      },
    };
    const prior_state = { values: { root_module: { resources: [resource] } } };
    expect(hiddenOutputs(planDocument(aPlan([], { prior_state })), () => false)).toEqual([secret]);
  });

  it('are in nothing that a plan or an apply tells, and known to their judges', async () => {
    const workspace = await load(layeredTree(['dev']));
    const stack = stackNamed(workspace, '01-foundation/dev');
    for (const run of [planStack, applyStack]) {
      const judged: PlannedStack[] = [];
      const outcome = await run(
        stack,
        portsOf(
          workspace,
          fakeTerraform({
            plan: () => Promise.resolve({ ...succeeded, hasChanges: true }),
            show: () => Promise.resolve(plan),
            apply: (_, { onEvent }) => {
              const outputs = new Map([['handed', { sensitive: false, value: secret }]]);
              onEvent?.({ kind: 'outputs', text: '', outputs });
              return Promise.resolve(succeeded);
            },
          }),
          {
            publicOutputsOf: ({ id }) => Promise.resolve(id === stack.id ? isPublic : () => true),
            hooks: {
              judge: (planned) => {
                judged.push(planned);
                return Promise.resolve({ reasons: [] });
              },
            },
          },
        ),
      );
      expect(JSON.stringify([outcome, [...(outcome.outputValues ?? [])]])).not.toContain('hunter2');
      expect(judged[0]?.alsoSensitive).toContainEqual({ name: secret });
      // What is public, or too short to be a secret, stays to be read.
      const shown = JSON.stringify(outcome.changes);
      for (const text of ['vpc-12345678', '"true"', 'false']) expect(shown).toContain(text);
    }
  });

  it('are in no drift issue', () => {
    const hidden = hiddenOutputs(planDocument(plan), isPublic);
    const findings = classifyDrift(plan, hidden);
    expect(findings.drifted).toHaveLength(1);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  it('are in no words of a policy command', () => {
    const hidden = hiddenOutputs(planDocument(plan), isPublic);
    const text = hookText(`input is ${secret}`, sensitiveValuesOf(plan, hidden));
    expect(text).toBe('input is (sensitive)');
  });
});
