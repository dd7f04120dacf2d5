import { layerRuns } from '../support/layer-runs.js';
import { place, rootModule, stateKeys, writeRepository } from '../support/terraform-repository.js';

const layers = layerRuns({ environment: 'dev' });
const { run } = layers;

/** Denies every resource whose input says "public"; reads the plan as conftest and checkov do. */
const policy = `
import { readFileSync } from 'node:fs';
const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const denied = plan.resource_changes.filter(({ change }) => change.after.input === 'public');
for (const { address } of denied) console.log('DENY ' + address + ' in ' + process.env.INFRA_STACK);
process.exitCode = denied.length;
`;

const stack = (name: string, input: string): string =>
  rootModule('dev', name, [], `resource "terraform_data" "x" {\n  input = "${input}"\n}`);

function repository(): Promise<string> {
  return writeRepository(layers.emulator, {
    'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: auto }\n',
    'policies/deny.mjs': policy,
    [place('01-good', 'dev')]: stack('good', 'private'),
    [place('02-bad', 'dev')]: stack('bad', 'public'),
  });
}

const policyCommand = `"${process.execPath}" policies/deny.mjs`;

describe('a policy', () => {
  it('fails the check of a plan that it denies, with its words in the summary', async () => {
    const { step, leftBehind } = await run(await repository(), 'plan', {
      'policy-command': policyCommand,
    });
    expect(step.conclusion).toBe('failure');
    expect(step.summary).toContain('DENY terraform_data.x in 02-bad/dev');
    expect(step.summary).not.toContain('in 01-good/dev');
    expect(leftBehind).toEqual([]);
  });

  it('keeps an apply from what it denies, and from nothing else', async () => {
    const { step, statuses } = await run(await repository(), 'apply', {
      'policy-command': policyCommand,
    });
    expect(step.conclusion).toBe('failure');
    expect(statuses).toEqual({ '01-good/dev': 'applied', '02-bad/dev': 'stopped' });
    expect(await stateKeys(layers.emulator)).toEqual(
      expect.arrayContaining(['dev/good.tfstate']) as unknown,
    );
    expect(await stateKeys(layers.emulator)).not.toContain('dev/bad.tfstate');
  });
});

describe('a cost command', () => {
  it('is shown, and decides nothing', async () => {
    const { step, statuses } = await run(await repository(), 'plan', {
      'cost-command': "sh -c 'echo 42 USD a month; exit 1'",
    });
    expect(step.conclusion).toBe('success');
    expect(statuses).toEqual({ '01-good/dev': 'changes', '02-bad/dev': 'changes' });
    expect(step.summary).toContain('42 USD a month');
  });
});
