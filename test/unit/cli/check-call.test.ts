import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import {
  applyCaller,
  checked,
  deployCaller,
  faultsOf,
  ownDefinitions,
  planCaller,
} from '../../support/callers.js';
import { checkCall } from '../../../cli/doctor/check-call.js';
import { parseWorkflowFile } from '../../../cli/workflows/caller.js';
import { parseCalledWorkflow } from '../../../cli/workflows/definitions.js';
import { readYaml } from '../../../cli/workflows/yaml-places.js';

const repository = path.join(import.meta.dirname, '../../..');

describe('a caller', () => {
  it.each(globSync('examples/*/.github/workflows/*.yml', { cwd: repository, dot: true }))(
    'of the examples is fine: %s',
    async (file) => {
      const text = await readFile(path.join(repository, file), 'utf8');
      expect(await faultsOf(text)).toEqual([]);
    },
  );

  it.each([
    ['terraform-plan', planCaller],
    ['terraform-apply', applyCaller],
    ['deploy-service', deployCaller],
  ])('of %s.yml that gives all it needs is fine', async (_name, text) => {
    const { findings, calls } = await checked(text);
    expect(findings.map(({ status, code }) => [status, code])).toEqual([['ok', 'use-fits']]);
    expect(calls).toHaveLength(1);
  });

  it('of a workflow that is not there hears which one is meant', async () => {
    const { findings } = await checked(
      planCaller.replace('terraform-plan.yml', 'terraform-pln.yml'),
    );
    expect(findings).toMatchObject([
      { status: 'problem', code: 'workflow-unknown', hint: 'did you mean "terraform-plan"?' },
    ]);
  });

  it('of a branch without bundles is a problem', async () => {
    expect(await faultsOf(planCaller.replace('@v1', '@main'))).toEqual([
      'problem ref-without-bundles 12',
    ]);
  });

  it('is left alone where it has nothing to do with us, and told where nobody has', async () => {
    expect(await faultsOf('on: push\njobs: {}\n')).toEqual(['warning nothing-used -']);
  });

  it('that is no workflow is told with its place', async () => {
    expect(await faultsOf(`${planCaller}   bad: [\n`)).toEqual(['problem workflow-unreadable 13']);
    expect(await faultsOf('on: push\nuses: org/infra-actions/x\n')).toEqual([
      'problem workflow-unreadable -',
    ]);
  });
});

describe('permissions', () => {
  it.each(['contents: read', 'id-token: write', 'pull-requests: write'])(
    'that lack %s are a problem, at the job',
    async (line) => {
      const text = planCaller.replace(`      ${line}\n`, '');
      expect(await faultsOf(text)).toEqual(['problem permission-missing 8']);
    },
  );

  it('name every scope that is missing, and what would be enough', async () => {
    const { findings } = await checked(
      planCaller
        .replace('pull-requests: write', 'pull-requests: read')
        .replace('id-token: write', 'actions: read'),
    );
    expect(findings).toMatchObject([
      {
        message: expect.stringMatching(
          /"id-token: none", "pull-requests: read".*"id-token: write", "pull-requests: write"/,
        ) as string,
        hint: expect.stringContaining(
          '"contents: read", "id-token: write", "pull-requests: write"',
        ) as string,
      },
    ]);
  });

  it('of the workflow count where the job has none', async () => {
    const job =
      '    permissions:\n      contents: read\n      id-token: write\n      pull-requests: write\n';
    const without = planCaller.replace(job, '');
    expect(await faultsOf(without)).toEqual(['problem permission-missing 7']);
    expect(await faultsOf(without.replace('permissions: {}', 'permissions: write-all'))).toEqual(
      [],
    );
    expect(await faultsOf(without.replace('permissions: {}', 'permissions: read-all'))).toEqual([
      'problem permission-missing 7',
    ]);
  });

  it('that nobody names are at most what a restricted repository gives', async () => {
    const bare = planCaller
      .replace(/permissions: \{\}\n/, '')
      .replace(/ {4}permissions:\n( {6}.*\n)+/, '');
    expect(bare).not.toContain('permissions');
    expect(await faultsOf(bare)).toEqual(['problem permission-missing 6']);
  });
});

describe('inputs', () => {
  it('that are required are told, and those that are unknown with the nearest', async () => {
    const { findings } = await checked(
      deployCaller.replace('service: service-a', 'servce: service-a'),
    );
    expect(findings.map(({ code, at, hint }) => [code, at?.line, hint])).toEqual([
      ['input-missing', 12, 'add "service" below "with"'],
      ['input-unknown', 14, 'did you mean "service"?'],
    ]);
  });

  it.each([
    ['timeout-minutes: 30', []],
    ['timeout-minutes: "30"', ['problem input-of-wrong-type 16']],
    ['timeout-minutes: ${{ inputs.minutes }}', []],
    ['skip-if-exists: true', []],
    ['skip-if-exists: "yes"', ['problem input-of-wrong-type 16']],
    ['keep-revisions: 5', []],
    ['keep-revisions: [5]', ['problem input-of-wrong-type 16']],
  ])('%s', async (line, faults) => {
    expect(await faultsOf(`${deployCaller}      ${line}\n`)).toEqual(faults);
  });
});

describe('secrets', () => {
  it('that the workflow does not have are told; inherited ones are not looked at', async () => {
    const { findings } = await checked(
      `${planCaller}    secrets:\n      module-token: \${{ secrets.T }}\n`,
    );
    expect(findings).toMatchObject([
      { code: 'secret-unknown', at: { line: 14 }, hint: 'did you mean "modules-token"?' },
    ]);
    expect(await faultsOf(`${planCaller}    secrets: inherit\n`)).toEqual([]);
  });

  it('that are required must be given', () => {
    const called = parseCalledWorkflow(
      'x',
      'on: {workflow_call: {secrets: {token: {required: true}}}}\npermissions: {}\njobs: {}\n',
    );
    const read = readYaml('c.yml', 'on: push\njobs: {a: {uses: x}}\n');
    const file = read.ok ? parseWorkflowFile(read.yaml) : undefined;
    const [job] = file?.jobs ?? [];
    if (called === undefined || file === undefined || job === undefined) throw new Error('fixture');
    expect(checkCall(file, job, called).map(({ code }) => code)).toEqual(['secret-missing']);
    const inheriting = { ...job, secrets: 'inherit' as const };
    expect(checkCall(file, inheriting, called)).toEqual([]);
  });
});

describe('keys', () => {
  it.each(['environment: production', 'timeout-minutes: 5', 'runs-on: x'])(
    'that a job with "uses" may not have, such as %s, are a problem',
    async (line) => {
      expect(await faultsOf(`${planCaller}    ${line}\n`)).toEqual(['problem key-not-allowed 13']);
    },
  );
});

describe('concurrency', () => {
  it.each([
    // The very group of the called job, in the spelling of another case.
    ['infra-PRODUCTION-.', 'problem concurrency-deadlock 7'],
    ['infra-${{ github.ref }}', 'warning concurrency-deadlock 7'],
    // Another one, which an approval would hold all the same.
    ['apply', 'warning concurrency-around-approval 7'],
    ['${{ github.ref }}', 'warning concurrency-around-approval 7'],
  ])('around an apply: %s', async (group, fault) => {
    const text = applyCaller.replace('jobs:\n', `concurrency: ${group}\njobs:\n`);
    expect(await faultsOf(text)).toEqual([fault]);
  });

  it('is compared with what the called job makes of its inputs and of the name', async () => {
    const group = (name: string): string =>
      `${deployCaller}    concurrency:\n      group: ${name}\n`;
    expect(await faultsOf(group('deploy-shop-service-a-dev'))).toEqual([
      'problem concurrency-deadlock 16',
    ]);
    expect(await faultsOf(group('deploy-shop-service-b-dev'))).toEqual([
      'warning concurrency-around-approval 16',
    ]);
    expect(await faultsOf(group('${{ github.workflow }}-shop-service-a-dev'))).toEqual([
      'problem concurrency-deadlock 16',
    ]);
  });

  it('of a plan may be any that is not its own', async () => {
    const with_ = (group: string): string =>
      planCaller.replace(
        'jobs:\n',
        `concurrency: {group: "${group}", cancel-in-progress: true}\njobs:\n`,
      );
    expect(await faultsOf(with_('plan-${{ github.ref }}'))).toEqual([]);
    expect(await faultsOf(with_('infra-plan-7-.--changed'))).toEqual([
      'problem concurrency-deadlock 6',
    ]);
  });
});

describe('definitions', () => {
  it('are the files of this repository', async () => {
    const { workflows, actions } = await ownDefinitions();
    expect([...workflows.keys()]).toEqual(
      expect.arrayContaining(['terraform-plan', 'deploy-service']),
    );
    expect(workflows.has('ci')).toBe(false);
    expect([...actions.keys()]).toEqual(['ecr-push', 'ecs-deploy', 'terraform-layer']);
    expect(workflows.get('terraform-plan')?.permissions).toEqual({
      contents: 'read',
      'id-token': 'write',
      'pull-requests': 'write',
    });
  });

  it('ask of a caller the most that any job asks for', () => {
    const called = parseCalledWorkflow(
      'x',
      [
        'on: {workflow_call: }',
        'permissions: {contents: read}',
        'jobs:',
        '  a: {permissions: {pull-requests: read, contents: none}}',
        '  b: {permissions: {pull-requests: write}}',
        '  c: {}',
      ].join('\n'),
    );
    expect(called?.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
  });
});
