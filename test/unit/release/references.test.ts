import {
  isRewritten,
  rewriteReferences,
  type ReferenceTarget,
} from '../../../scripts/release/references.js';

const target: ReferenceTarget = {
  repository: 'acme/platform-actions',
  tag: 'v1.4.0',
  bundlesCommit: 'a'.repeat(40),
};
const rewrite = (file: string, line: string): string => rewriteReferences(file, line, target).text;
const codes = (file: string, line: string): readonly string[] =>
  rewriteReferences(file, line, target).problems.map(({ code }) => code);
const workflow = '.github/workflows/deploy-service.yml';

describe('the references of a release', () => {
  it('pin the actions in a workflow of this repository to the commit with the bundles', () => {
    expect(rewrite(workflow, '        uses: org/infra-actions/ecs-deploy@v1')).toBe(
      `        uses: acme/platform-actions/ecs-deploy@${'a'.repeat(40)} # v1.4.0`,
    );
  });

  it.each([
    [
      'README.md',
      'uses: org/infra-actions/.github/workflows/terraform-plan.yml@v1',
      'uses: acme/platform-actions/.github/workflows/terraform-plan.yml@v1.4.0',
    ],
    [
      'actions/ecr-push/README.md',
      '- uses: org/infra-actions/ecr-push@v1',
      '- uses: acme/platform-actions/ecr-push@v1.4.0',
    ],
    [
      'examples/service-a/.github/workflows/deploy.yml',
      'uses: org/infra-actions/.github/workflows/deploy-service.yml@v1',
      'uses: acme/platform-actions/.github/workflows/deploy-service.yml@v1.4.0',
    ],
    [
      'terraform/modules/vpc/README.md',
      'source = "git::https://github.com/org/infra-actions.git//terraform/modules/vpc?ref=v1"',
      'source = "git::https://github.com/acme/platform-actions.git//terraform/modules/vpc?ref=v1.4.0"',
    ],
    [
      'examples/layered-monorepo/infra.yml',
      '$schema=https://raw.githubusercontent.com/org/infra-actions/v1/docs/infra.schema.json',
      '$schema=https://raw.githubusercontent.com/acme/platform-actions/v1.4.0/docs/infra.schema.json',
    ],
    ['.github/zizmor.yml', 'org/infra-actions/*: ref-pin', 'acme/platform-actions/*: ref-pin'],
    [
      'docs/guides/a.md',
      'see `org/infra-actions/...@v1`, or org/infra-actions.',
      'see `acme/platform-actions/...@v1.4.0`, or acme/platform-actions.',
    ],
    [
      'examples/layered-monorepo/modules/README.md',
      'github.com/org/infra-actions.git//terraform/modules/vpc?ref=v1.2.3',
      'github.com/acme/platform-actions.git//terraform/modules/vpc?ref=v1.2.3',
    ],
  ])('name the owner and the tag in %s', (file, before, after) => {
    expect(rewrite(file, before)).toBe(after);
  });

  it('leave other repositories alone', () => {
    for (const line of [
      'uses: actions/checkout@v4',
      'uses: my-org/infra-actions/x@v1',
      'org/infra-actions-fork/x@v1',
    ]) {
      expect(rewrite(workflow, line)).toBe(line);
    }
  });

  it('are told with file, line, and what they became', () => {
    const { changes } = rewriteReferences(
      workflow,
      'steps:\n  - uses: org/infra-actions/ecr-push@v1\n',
      target,
    );
    expect(changes).toEqual([
      {
        file: workflow,
        line: 2,
        before: '- uses: org/infra-actions/ecr-push@v1',
        after: `- uses: acme/platform-actions/ecr-push@${'a'.repeat(40)} # v1.4.0`,
      },
    ]);
  });

  it('are refused where no commit can pin them', () => {
    expect(codes(workflow, 'uses: org/infra-actions/ecr-push@main')).toEqual([
      'reference-not-pinnable',
    ]);
    expect(codes(workflow, 'uses: org/infra-actions/ecr-push@v1.2.3')).toEqual([
      'reference-not-pinnable',
    ]);
    expect(codes(workflow, 'uses: org/infra-actions/.github/workflows/x.yml@v1')).toEqual([
      'reference-not-pinnable',
    ]);
    expect(codes(workflow, 'uses: org/infra-actions/ecr-push@v1')).toEqual([]);
  });

  it.each([
    [true, '.github/workflows/terraform-plan.yml'],
    [true, 'docs/reference/terraform-plan.md'],
    [true, 'examples/service-a/README.md'],
    [false, 'docs/adr/0002-release-tree.md'],
    [false, 'CHANGELOG.md'],
    [false, 'CONTRIBUTING.md'],
    [false, '.changeset/first.md'],
    [false, 'actions/ecs-deploy/commands/continue/pause.ts'],
    [false, 'actions/ecr-push/action.yml'],
    [false, 'test/consumer/workflows.test.ts'],
  ])('are rewritten: %s, in %s', (expected, file) => {
    expect(isRewritten(file)).toBe(expected);
  });
});
