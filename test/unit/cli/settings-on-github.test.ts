import { checkWorkflows } from '../../../cli/doctor/check-workflows.js';
import { judgeEnvironments } from '../../../cli/doctor/github/judge-environments.js';
import { judgeRepository } from '../../../cli/doctor/github/judge-repository.js';
import { observeRepository } from '../../../cli/doctor/github/observe-repository.js';
import { neededEnvironments } from '../../../cli/doctor/needed-environments.js';
import type { RepositorySeed } from '../../../emulator/github/seed-schema.js';
import { deployCaller, ownDefinitions, planCaller } from '../../support/callers.js';
import { clientOf } from '../../support/github-client.js';
import { withGithubEmulator, type GithubEmulator } from '../../support/github.js';
import { environmentConfigs } from '../../../actions/terraform-layer/config/environments.js';
import { infraSchema } from '../../../actions/terraform-layer/config/infra-schema.js';

const configured = environmentConfigs(
  infraSchema.parse({
    environments: { dev: { apply: 'auto' }, production: { apply: 'approval' } },
  }),
  [],
);

type Seed = Omit<RepositorySeed, 'repository'>;

const protectedEnvironment = {
  reviewers: ['bob'],
  preventSelfReview: true,
  canAdminsBypass: false,
  branchPolicy: 'custom' as const,
  branchPatterns: [{ name: 'main' }],
};

/** `status code`, with the environments of a repository that has these settings. */
async function faults(
  seed: Seed,
  {
    text = planCaller,
    token = (github: GithubEmulator) => github.addToken({ token: 'ghp_admin', login: 'ann' }),
    prepare = () => undefined,
  }: {
    readonly text?: string;
    readonly token?: (github: GithubEmulator) => string;
    readonly prepare?: (github: GithubEmulator) => void;
  } = {},
): Promise<readonly string[]> {
  return withGithubEmulator(async (github) => {
    github.seedRepository({ repository: 'acme/infra', roles: { ann: 'admin' }, ...seed });
    prepare(github);
    const definitions = await ownDefinitions();
    const files = [{ file: '.github/workflows/x.yml', text }];
    const usage = checkWorkflows(files, definitions, { rolesInConfiguration: true });
    const needed = neededEnvironments(
      text.includes('/terraform-plan.yml') ? configured : [],
      usage.calls,
    );
    const client = await clientOf(github, token(github));
    const observed = await observeRepository(
      client,
      needed.map(({ name }) => name),
    );
    if (observed === undefined) return ['not seen'];
    return [
      ...judgeEnvironments(needed, observed.environments, observed.defaultBranch),
      ...judgeRepository(observed, { ...usage, usesOidc: true }),
    ].map(({ status, code }) => `${status} ${code}`);
  });
}

const good: Seed = {
  environments: [
    { name: 'dev', branchPolicy: 'custom', branchPatterns: [{ name: 'main' }] },
    { name: 'production', ...protectedEnvironment },
  ],
  settings: { requiredChecks: ['infra / result'] },
};
const allGood = [
  'ok environment-fits',
  'ok environment-fits',
  'ok check-required',
  'ok actions-allowed',
  'ok subject-known',
];
const withProduction = (change: object): Seed => ({
  ...good,
  environments: [
    ...(good.environments ?? []).slice(0, 1),
    { name: 'production', ...protectedEnvironment, ...change },
  ],
});
const instead = (index: number, ...codes: readonly string[]): readonly string[] => [
  ...allGood.slice(0, index),
  ...codes,
  ...allGood.slice(index + 1),
];

describe('a repository that is set up well', () => {
  it('has nothing to be told', async () => {
    expect(await faults(good)).toEqual(allGood);
  });

  it('may require its check by a classic protection', async () => {
    const seed = { ...good, settings: { protectedByChecks: ['infra / result'] } };
    expect(await faults(seed)).toEqual(allGood);
  });
});

describe('environments', () => {
  it.each([
    [{ reviewers: [] }, ['problem gate-environment-without-reviewers']],
    [{ branchPolicy: null }, ['problem gate-environment-open-to-branches']],
    [{ branchPolicy: 'protected-branches' }, ['problem gate-environment-open-to-branches']],
    [{ branchPatterns: [{ name: 'release/*' }] }, ['problem gate-environment-open-to-branches']],
    [{ preventSelfReview: false }, ['warning environment-self-review']],
    [{ canAdminsBypass: true }, ['warning environment-admins-bypass']],
  ])('with an approval and %j', async (change, codes) => {
    expect(await faults(withProduction(change))).toEqual(instead(1, ...codes));
  });

  it('that are not there would be created without protection', async () => {
    expect(await faults({ ...good, environments: [] })).toEqual([
      'warning environment-missing',
      'problem gate-environment-missing',
      ...allGood.slice(2),
    ]);
  });

  it('without an approval are better open to the default branch alone', async () => {
    const environments = [{ name: 'dev' }, { name: 'production', ...protectedEnvironment }];
    expect(await faults({ ...good, environments })).toEqual(
      instead(0, 'warning environment-open-to-branches'),
    );
  });

  it('of a service are those that it is deployed to', async () => {
    const environments = [{ name: 'dev' }, { name: 'production', ...protectedEnvironment }];
    expect(await faults({ environments }, { text: deployCaller })).toEqual([
      'warning environment-open-to-branches',
      'warning environment-missing',
      'ok environment-fits',
      'ok actions-allowed',
      'ok subject-known',
    ]);
  });

  it('of forks must have reviewers', async () => {
    const text = `on: workflow_dispatch
jobs:
  fork:
    permissions: {contents: read, id-token: write, actions: read, pull-requests: read}
    uses: org/infra-actions/.github/workflows/terraform-plan-fork.yml@v1
`;
    const of = async (environments: NonNullable<Seed['environments']>) =>
      (await faults({ environments }, { text }))[0];
    expect(await of([])).toBe('problem environment-missing');
    expect(await of([{ name: 'plan-fork' }])).toBe('problem gate-environment-without-reviewers');
    expect(await of([{ name: 'plan-fork', ...protectedEnvironment }])).toBe('ok environment-fits');
  });
});

describe('rules of the default branch', () => {
  it('that do not require the check let changes in that no plan has shown', async () => {
    const seed = { ...good, settings: { requiredChecks: ['lint'] } };
    expect(await faults(seed)).toEqual(instead(2, 'warning check-not-required'));
  });

  it('go by the name of the calling job', async () => {
    const text = planCaller.replace('    uses:', '    name: Terraform\n    uses:');
    const settings = { requiredChecks: ['Terraform / result'] };
    expect(await faults({ ...good, settings }, { text })).toContain('ok check-required');
  });

  it('with a merge queue need a plan of the queue', async () => {
    const settings = { requiredChecks: ['infra / result'], mergeQueue: true };
    expect(await faults({ ...good, settings })).toEqual(allGood);
    const text = planCaller.replace('  merge_group:\n', '');
    expect(await faults({ ...good, settings }, { text })).toContain(
      'problem merge-queue-without-plan',
    );
  });
});

describe('what Actions may run', () => {
  const withPolicy = (actions: NonNullable<NonNullable<Seed['settings']>['actions']>): Seed => ({
    ...good,
    settings: { requiredChecks: ['infra / result'], actions },
  });

  it.each([
    [{ enabled: false }, 'problem actions-disabled'],
    // The workflow is of the organisation; the checkout that it uses is not.
    [{ allowed: 'local_only' as const }, 'problem actions-not-allowed'],
    [{ allowed: 'selected' as const }, 'problem actions-not-allowed'],
    [
      { allowed: 'selected' as const, patternsAllowed: ['org/infra-actions/*'] },
      'ok actions-allowed',
    ],
    [{ allowed: 'selected' as const, patternsAllowed: ['ORG/*'] }, 'ok actions-allowed'],
    [
      { allowed: 'selected' as const, patternsAllowed: ['org/infra-actions@*'] },
      'problem actions-not-allowed',
    ],
    [
      { allowed: 'selected' as const, patternsAllowed: ['org/*', '!org/infra-actions/*'] },
      'problem actions-not-allowed',
    ],
    [
      {
        allowed: 'selected' as const,
        githubOwnedAllowed: false,
        patternsAllowed: ['org/infra-actions/*'],
      },
      'problem actions-not-allowed',
    ],
  ])('with %j', async (actions, code) => {
    expect(await faults(withPolicy(actions))).toEqual(instead(3, code));
  });

  it('pinned by SHA is asked of actions, not of reusable workflows', async () => {
    expect(await faults(withPolicy({ shaPinningRequired: true }))).toEqual(allGood);
    const step = (ref: string): string =>
      `on: push\njobs:\n  a:\n    permissions: {id-token: write}\n    steps:\n      - uses: org/infra-actions/ecs-deploy@${ref}\n`;
    const seed = withPolicy({ shaPinningRequired: true });
    expect(await faults(seed, { text: step('v1') })).toContain('problem action-not-pinned');
    expect(await faults(seed, { text: step('a'.repeat(40)) })).toContain('ok actions-allowed');
  });
});

describe("the token's subject", () => {
  it.each([
    [['repo', 'context'], 'ok subject-known'],
    [['repository_owner', 'environment'], 'warning subject-customised'],
  ])('made of %j', async (subjectClaimKeys, code) => {
    const settings = { requiredChecks: ['infra / result'], subjectClaimKeys };
    expect(await faults({ ...good, settings })).toEqual(instead(4, code));
  });
});

describe('what the token may not see', () => {
  it('is not taken for good: GITHUB_TOKEN sees no policy', async () => {
    expect(await faults(good, { token: ({ token }) => token })).toEqual(
      instead(3, 'not-checked setting-not-seen'),
    );
  });

  it('is neither taken for missing', async () => {
    const prepare = (github: GithubEmulator): void => {
      for (const operation of [
        'repos/get-all-environments',
        'repos/get-branch',
        'actions/get-custom-oidc-sub-claim-for-repo',
      ] as const) {
        github.addFault({ operation, status: 404, times: 9 });
      }
    };
    expect(await faults(good, { prepare })).toEqual([
      'not-checked environment-not-seen',
      'not-checked environment-not-seen',
      'not-checked setting-not-seen',
      'ok actions-allowed',
      'not-checked setting-not-seen',
    ]);
  });

  it('may be the repository itself', async () => {
    const prepare = (github: GithubEmulator): void =>
      github.addFault({ operation: 'repos/get', status: 404, times: 9 });
    expect(await faults(good, { prepare })).toEqual(['not seen']);
    expect(await faults(good, { token: () => 'ghp_unknown' })).toEqual(['not seen']);
  });
});
