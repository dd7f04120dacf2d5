import { checked, faultsOf } from '../../support/callers.js';

const job = (
  steps: string,
  permissions = '{contents: read, id-token: write}',
  on = 'push',
): string =>
  `on: ${on}
jobs:
  deploy:
    runs-on: ubuntu-24.04
    permissions: ${permissions}
    steps:
${steps}`;
const checkout = (depth: string): string =>
  `      - uses: actions/checkout@v6\n        with: {${depth}}\n`;
const layer = (inputs: string): string =>
  `      - uses: org/infra-actions/terraform-layer@v1\n        with: {${inputs}}\n`;

describe('a step', () => {
  it('that assumes a role needs a token to do it with', async () => {
    const step = (inputs: string): string =>
      `      - uses: org/infra-actions/ecs-deploy@v1\n        with: {${inputs}}\n`;
    const role = 'role-to-assume: "${{ vars.ROLE }}"';
    expect(await faultsOf(job(step(role)))).toEqual([]);
    expect(await faultsOf(job(step(role), '{contents: read}'))).toEqual([
      'problem permission-missing 7',
    ]);
    expect(await faultsOf(job(step('project: shop'), '{}'))).toEqual([]);
  });

  it('of terraform-layer takes its roles from infra.yml as well', async () => {
    const text = (command: string): string =>
      job(`${checkout('fetch-depth: 0')}${layer(`command: ${command}`)}`, '{contents: read}');
    expect(await faultsOf(text('apply'), { rolesInConfiguration: true })).toEqual([
      'problem permission-missing 9',
    ]);
    expect(await faultsOf(text('apply'), { rolesInConfiguration: false })).toEqual([]);
    expect(await faultsOf(text('graph'), { rolesInConfiguration: true })).toEqual([]);
  });

  it('with a misspelt input hears which one is meant', async () => {
    const { findings } = await checked(
      job(
        '      - uses: org/infra-actions/actions/ecr-push@v1\n        with: {repostory: shop/a}\n',
      ),
    );
    expect(findings).toMatchObject([{ code: 'input-unknown', hint: 'did you mean "repository"?' }]);
  });

  it('without a required input is a problem', async () => {
    expect(await faultsOf(job(`${checkout('')}${layer('layers: all')}`))).toEqual([
      'problem input-missing 9',
    ]);
  });

  it('of an action that is not there hears which one is meant', async () => {
    const { findings } = await checked(job('      - uses: org/infra-actions/ecs-deply@v1\n'));
    expect(findings).toMatchObject([
      { code: 'action-unknown', hint: 'did you mean "ecs-deploy"?' },
    ]);
  });
});

describe('the checkout before terraform-layer', () => {
  it.each([
    ['apply', 'push', '', ['problem checkout-too-shallow 9']],
    ['apply', 'push', 'fetch-depth: 2', ['problem checkout-too-shallow 9']],
    ['apply', 'push', 'fetch-depth: 0', []],
    ['plan', 'pull_request', '', ['problem checkout-too-shallow 9']],
    ['plan', 'pull_request', 'fetch-depth: 2', []],
    ['plan', 'pull_request', 'fetch-depth: "${{ inputs.depth }}"', []],
    // A plan of all stacks looks back at nothing.
    ['plan', 'push', '', []],
    ['check', 'pull_request', '', []],
  ])('of %s on %s with {%s}', async (command, on, depth, faults) => {
    const text = job(`${checkout(depth)}${layer(`command: ${command}`)}`, undefined, on);
    expect(await faultsOf(text)).toEqual(faults);
  });

  it('must be there', async () => {
    expect(await faultsOf(job(layer('command: plan')))).toEqual(['problem checkout-missing 7']);
  });
});
