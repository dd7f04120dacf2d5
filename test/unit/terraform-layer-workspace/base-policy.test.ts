import { policyFrom } from '../../../actions/terraform-layer/changes/base-policy.js';
import { differenceText } from '../../../actions/terraform-layer/changes/policy-difference.js';
import { loadWorkspace } from '../../../actions/terraform-layer/stacks/load-workspace.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';
import { s3Backend, type Tree } from '../../support/stacks.js';

const stacks: Tree = {
  'environments/dev/main.tf': s3Backend('dev'),
  'environments/production/main.tf': s3Backend('production'),
};
const strict =
  'environments:\n  dev: { apply: auto }\n' +
  '  production: { apply: approval, unreviewed: stop, approvals: 2, gate: reviews, after: [dev] }\n' +
  'guards: { max-destroys: 3 }\nvolatile: ["a.b"]\n';

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

/** The policy of `head`, where `base` is what `infra.yml` was; undefined: it was not there. */
async function policyOf(
  base: string | undefined,
  head: string,
  tree: Readonly<Record<string, string | undefined>> = {},
) {
  repository = await gitRepository({
    ...stacks,
    ...(base === undefined ? {} : { 'infra.yml': base }),
  });
  const sha = repository.run('rev-parse', 'HEAD');
  await repository.commit({ ...tree, 'infra.yml': head });
  const { config } = await loadWorkspace({ root: repository.root });
  const policy = await policyFrom({
    git: repository.git,
    head: config,
    directory: '.',
    bases: new Map(config.environments.map(({ name }) => [name, sha])),
  });
  const environment = (name: string) =>
    policy.config.environments.find((candidate) => candidate.name === name);
  return { ...policy, environment, sha };
}

it('keeps a change from weakening its own gate, and tells what counts after its merge', async () => {
  const { environment, config, differences } = await policyOf(
    strict,
    'environments:\n  dev: { apply: auto }\n' +
      '  production: { apply: auto, unreviewed: allow, after: [dev], region: eu-west-1 }\n' +
      'guards: { max-destroys: 100, prevent-destroy: [] }\nvolatile: ["*"]\n',
  );
  expect(environment('production')).toMatchObject({
    apply: 'approval',
    unreviewed: 'stop',
    approvals: 2,
    gate: 'reviews',
    guards: { maxDestroys: 3 },
    // Where and as whom it works comes from the change itself.
    region: 'eu-west-1',
  });
  expect(environment('production')?.guards.preventDestroy).toContain('aws_db_instance');
  expect(config.volatile).toEqual(['a.b']);
  expect(
    differences
      .filter(({ environment: name }) => name !== 'dev')
      .map(({ setting, base, head }) => [
        setting,
        ...(setting === 'prevent-destroy' ? [] : [base, head]),
      ]),
  ).toEqual([
    ['apply', 'approval', 'auto'],
    ['unreviewed', 'stop', 'allow'],
    ['gate', 'reviews', 'environment'],
    ['approvals', '2', '1'],
    ['prevent-destroy'],
    ['max-destroys', '3', '100'],
    ['volatile', 'a.b', '*'],
  ]);
  expect(differences.map(differenceText)).toContain(
    'unreviewed of production: stop → allow counts after this merge',
  );
});

it('does not let a change make its own gate stricter either: the base is what counts', async () => {
  const { environment } = await policyOf(
    'environments: { dev: { apply: auto }, production: { apply: auto, after: [dev] } }\n',
    strict,
  );
  expect(environment('production')?.apply).toBe('auto');
});

it('has nothing to tell where the gates are the same', async () => {
  const { differences, config } = await policyOf(strict, `# a comment\n${strict}`);
  expect(differences).toEqual([]);
  expect(config.environments.map(({ name }) => name)).toEqual(['dev', 'production']);
});

it('takes the defaults for a base without infra.yml', async () => {
  const { environment } = await policyOf(
    undefined,
    'environments: { dev: {}, production: { apply: auto, after: [dev] } }\n',
  );
  expect(environment('production')).toMatchObject({ apply: 'approval', unreviewed: 'stop' });
});

it('lets a new environment have its own settings', async () => {
  const { environment, differences } = await policyOf(
    strict,
    strict.replace('  production', '  test: { apply: auto }\n  production'),
    { ...stacks, 'environments/test/main.tf': s3Backend('test') },
  );
  expect(environment('test')).toMatchObject({ apply: 'auto', unreviewed: 'allow' });
  expect(differences).toEqual([]);
});

it('lets an environment that is renamed keep its gate', async () => {
  const { environment } = await policyOf(
    strict,
    'environments: { dev: { apply: auto }, live: { apply: auto } }\n',
    {
      'environments/production/main.tf': undefined,
      'environments/live/main.tf': s3Backend('production'),
    },
  );
  expect(environment('live')).toMatchObject({
    apply: 'approval',
    unreviewed: 'stop',
    approvals: 2,
  });
});

it('is approval, and a stop for what is unreviewed, where the base is not understood', async () => {
  const { environment, unreadable, sha } = await policyOf(
    'environments: [',
    'environments: { dev: { apply: auto }, production: { apply: never } }\n',
  );
  expect(environment('dev')).toMatchObject({ apply: 'approval', unreviewed: 'stop' });
  expect(environment('production')?.apply).toBe('never');
  expect(unreadable).toEqual([sha]);
});

it('refuses a base that the clone does not hold', async () => {
  repository = await gitRepository({ ...stacks, 'infra.yml': strict });
  const { config } = await loadWorkspace({ root: repository.root });
  await expect(
    policyFrom({
      git: repository.git,
      head: config,
      directory: '.',
      bases: new Map([['dev', 'a'.repeat(40)]]),
    }),
  ).rejects.toMatchObject({ problems: [{ code: 'base-missing' }] });
});
