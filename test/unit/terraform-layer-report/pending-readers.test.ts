import { report } from '../../../actions/terraform-layer/report.js';
import { s3Backend, s3RemoteState } from '../../support/stacks.js';
import { runPlanOf, stacksOf } from '../../support/terraform-report.js';
import { anOutcome } from '../../support/terraform.js';

const tree = {
  'environments/global/main.tf': s3Backend('global'),
  'environments/dev/main.tf': `${s3Backend('dev')}${s3RemoteState('up', 'global')}
output "x" {
  value = data.terraform_remote_state.up.outputs.network
}
`,
  'environments/production/main.tf': `${s3Backend('production')}${s3RemoteState('up', 'global')}
output "x" {
  value = data.terraform_remote_state.up.outputs.zone
}
`,
};
const context = { runUrl: undefined, commit: undefined };

/** The report of an apply of the shared environment, which changed some outputs. */
async function afterChange(changedOutputs: readonly string[], also: readonly string[] = []) {
  const plan = await runPlanOf('apply', tree, 'global, dev, production');
  const outcomes = stacksOf(plan)
    .filter(({ environment }) => environment === 'global' || also.includes(environment))
    .map((stack) =>
      stack.environment === 'global'
        ? anOutcome(stack, { status: 'applied' }, { changedOutputs })
        : anOutcome(stack, { status: 'applied' }),
    );
  return report(plan, outcomes, context);
}

describe('what reads outputs that an apply changed', () => {
  it('is named in the summary, the log and an output, with the outputs that it uses', async () => {
    const { summary, comment, outputs, annotations } = await afterChange(['network', 'other']);
    for (const page of [summary, comment]) {
      expect(page).toContain('`dev` reads outputs of `global` that changed (`network`)');
      expect(page).not.toContain('`production` reads');
    }
    expect(JSON.parse(outputs['pending-readers'] ?? '')).toEqual([
      {
        ...{ id: 'environments/dev', environment: 'dev' },
        ...{ upstream: 'environments/global', outputs: ['network'] },
      },
    ]);
    expect(annotations.map(({ severity }) => severity)).toEqual(['notice']);
  });

  it('is not named where it took part in the run', async () => {
    const { summary, outputs, annotations } = await afterChange(['network'], ['dev']);
    expect(summary).not.toContain('reads outputs of');
    expect(outputs['pending-readers']).toBe('[]');
    expect(annotations).toEqual([]);
  });

  it('is not named where nothing changed that it uses', async () => {
    expect((await afterChange(['other'])).outputs['pending-readers']).toBe('[]');
  });
});
