import { pullRequestEvent } from '../../emulator/runner/index.js';
import type { ActRun } from '../support/act.js';
import { actRequirement, legs } from '../support/consumer-runs.js';
import { callerOf, openConsumer, type Consumer } from '../support/consumer.js';
import { describeWhere } from '../support/requirement.js';

const commands = {
  'setup-command': 'echo ready > set-up.txt',
  'lint-command': 'grep -q ready set-up.txt && test ! -e lint.fails',
  'test-command': 'grep -q ready set-up.txt && test ! -e test.fails',
};

describeWhere(actRequirement, 'code-quality.yml, on the pull request of a fork', () => {
  let consumer: Consumer;
  let repositories = 0;

  beforeAll(async () => {
    consumer = await openConsumer();
  });
  afterAll(() => consumer.stop());

  /** Checks a repository with these files. */
  async function check(
    inputs: Readonly<Record<string, string | boolean>>,
    files: Readonly<Record<string, string>> = {},
  ): Promise<ActRun> {
    repositories += 1;
    const repository = await consumer.repository(`org/service-${repositories}`, {
      'README.md': 'A service that spells well.\n',
      '.github/workflows/quality.yml': callerOf('code-quality', {
        on: { pull_request: null },
        permissions: { contents: 'read' },
        inputs,
      }),
      ...files,
    });
    const sha = repository.git('rev-parse', 'HEAD');
    return consumer.run(
      repository,
      'quality.yml',
      pullRequestEvent({
        ...{ repository: repository.slug, number: 7, base: { ref: 'main', sha } },
        head: { ref: 'topic', sha, repository: 'somebody/service' },
      }),
    );
  }

  it('passes where lint, spelling and tests do', async () => {
    const result = await check(commands);
    expect({ legs: [...legs(result)].sort(), exitCode: result.exitCode }).toEqual({
      legs: ['lint success', 'result success', 'spelling success', 'test success'],
      exitCode: 0,
    });
  });

  it('runs what was asked for alone', async () => {
    const result = await check({ spelling: false, 'lint-command': 'true' });
    expect(legs(result)).toEqual(['lint success', 'result success']);
  });

  it.each([
    ['lint', { 'lint.fails': '' }],
    ['test', { 'test.fails': '' }],
    ['spelling', { 'NOTES.md': 'This is teh text.\n' }],
  ])('fails with the one result where %s does', async (name, files) => {
    const result = await check(commands, files);
    expect(result.exitCode).toBe(1);
    expect(legs(result)).toEqual(expect.arrayContaining([`${name} failure`, 'result failure']));
    expect(legs(result).filter((leg) => leg.endsWith('failure'))).toHaveLength(2);
  });

  it('lets a command of the repository take the place of codespell', async () => {
    const spelling = { 'spelling-command': 'test "$(cat NOTES.md)" = "This is teh text."' };
    const result = await check(spelling, { 'NOTES.md': 'This is teh text.\n' });
    expect(legs(result)).toEqual(['spelling success', 'result success']);
  });

  it.each([
    ['FROM scratch\nCOPY server /server\n', 'success'],
    ['FROM scratch\nMAINTAINER me\n', 'failure'],
  ])('lints a Dockerfile: %j is a %s', async (dockerfile, outcome) => {
    const result = await check(
      { spelling: false, dockerfiles: 'Dockerfile' },
      { Dockerfile: dockerfile },
    );
    expect(legs(result)).toEqual([`dockerfile ${outcome}`, `result ${outcome}`]);
  });

  it.each([
    ['terraform {\n  backend "local" {}\n}\n', 'success'],
    ['terraform {\n  backend "local" {\n}\n', 'failure'],
  ])('judges Terraform stacks without any access: %j is a %s', async (main, outcome) => {
    const result = await check(
      { spelling: false, terraform: true },
      {
        'infra.yml':
          'version: 1\nproject: shop\nenvironments:\n  dev: {}\nstacks:\n  - path: stacks/{stack}/{environment}\n',
        'stacks/network/dev/main.tf': main,
      },
    );
    expect(legs(result)).toEqual([`terraform ${outcome}`, `result ${outcome}`]);
  });

  it('refuses a caller that asks for nothing, which would pass for ever', async () => {
    const result = await check({ spelling: false });
    expect(legs(result)).toEqual(['result failure']);
    expect(result.exitCode).toBe(1);
  });
});
