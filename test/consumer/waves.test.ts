import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import type { RunSeed } from '../../emulator/github/seed-schema.js';
import { pushEvent, workflowDispatchEvent } from '../../emulator/runner/index.js';
import { createRepository, type Repository } from '../../scripts/demo/git.js';
import { buildReleaseTree } from '../../scripts/release/tree.js';
import { terraformEnvironment } from '../../scripts/terraform-environment.js';
import { act } from '../../scripts/tools.js';
import { runWorkflow, type ActRun } from '../support/act.js';
import { createGithubProvider, createGithubRole } from '../support/aws-role.js';
import { describeWhere, type Requirement } from '../support/requirement.js';
import {
  createStateBucket,
  place,
  rootModule,
  stateKeys,
} from '../support/terraform-repository.js';

const tool = await act();
const requirement: Requirement =
  tool.kind === 'found' ? { met: true } : { met: false, reason: `act: ${tool.reason}` };

const slug = 'org/shop-infrastructure';
const workflowRef = 'org/infra-actions/.github/workflows/terraform-apply-waves.yml@refs/tags/v1';
const roles = 'arn:aws:iam::123456789012:role/shop-production';
const gateName = 'infra / gate production';

const infraFile = `version: 1
environments:
  production:
    apply: approval
    unreviewed: allow
    region: eu-west-1
    plan-role: ${roles}-plan
    apply-role: ${roles}-apply
`;

const caller = `name: apply
on:
  push:
  workflow_dispatch:
permissions: {}
jobs:
  infra:
    name: infra
    permissions:
      contents: read
      id-token: write
      actions: read
      pull-requests: write
    uses: org/infra-actions/.github/workflows/terraform-apply-waves.yml@v1
    with:
      environment: production
      stacks-per-runner: 1
`;

/** A stack that hands a value on from those that it reads; it fails where `needs` is no file. */
const stack = (name: string, reads: readonly string[], value: string, needs?: string): string =>
  rootModule(
    'production',
    name,
    reads,
    `resource "terraform_data" "one" {
  input = "${[value, ...reads.map((other) => `\${data.terraform_remote_state.${other}.outputs.value}`)].join('-')}"
${needs === undefined ? '' : `  provisioner "local-exec" {\n    command = "test -f '${needs}'"\n  }\n`}}
output "value" {
  value = terraform_data.one.output
}`,
  );

// network ← left ← left-app, network ← right ← right-app
describeWhere(requirement, 'an environment that is shared out over runners', () => {
  let directory: string;
  let emulator: Emulator;
  let repository: Repository;
  let marker: string;
  let runs = 0;

  /** What GitHub knows of the gate by the time that the first leg begins. */
  type Gate = Pick<RunSeed, 'jobs' | 'approvals'>;
  const approved: Gate = {
    jobs: [{ name: gateName }],
    approvals: [{ environments: ['production'], user: 'platform-lead' }],
  };

  /** How often the legs of the last run took a role. */
  let rolesTaken = 0;

  async function run(gate: Gate, started: 'by-push' | 'by-hand' = 'by-push'): Promise<ActRun> {
    runs += 1;
    const calls = (): number => emulator.calls()['sts.AssumeRoleWithWebIdentity'] ?? 0;
    let beforeLegs: number | undefined;
    const sha = repository.git('rev-parse', 'HEAD');
    const event =
      started === 'by-push'
        ? pushEvent({ repository: slug, after: sha })
        : workflowDispatchEvent({ repository: slug, sha });
    const { github } = emulator;
    const claims = { repository: slug, sha, ref: event.ref, eventName: event.name };
    const requestToken = github.registerJob(claims);
    const listed = {
      ...{ repository: slug, id: 100 + runs, name: 'apply', event: event.name },
      ...{ path: '.github/workflows/apply.yml', headSha: sha },
      referencedWorkflows: [{ path: workflowRef }],
    };
    github.seedRun({ ...listed, status: 'in_progress' });
    const result = await runWorkflow({
      act: tool.kind === 'found' ? tool.path : '',
      repository: repository.directory,
      workflow: '.github/workflows/apply.yml',
      event,
      actions: { 'org/infra-actions@v1': join(directory, 'release-tree') },
      directory: join(directory, `run-${runs}`),
      token: github.token,
      env: {
        ...(await jobEnvironment()),
        GITHUB_API_URL: emulator.githubUrl,
        GITHUB_RUN_ID: String(listed.id),
        ACTIONS_ID_TOKEN_REQUEST_URL: github.oidcRequestUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
        ACTIONS_RESULTS_URL: emulator.githubUrl,
        ACTIONS_RUNTIME_TOKEN: await github.registerResultsJob(listed),
      },
      onJob: ({ id }) => {
        const job = id.split('/').at(-1) ?? '';
        const isLeg = job.startsWith('wave-') || job === 'rest';
        github.registerJob(
          {
            ...{ ...claims, jobWorkflowRef: workflowRef },
            ...(isLeg ? { environment: 'production-waves' } : {}),
            ...(job === 'gate' ? { environment: 'production' } : {}),
          },
          requestToken,
        );
        if (!isLeg) return;
        beforeLegs ??= calls();
        github.seedRun({ ...listed, ...gate, status: 'in_progress' });
      },
    });
    rolesTaken = calls() - (beforeLegs ?? calls());
    return result;
  }

  async function jobEnvironment(): Promise<Record<string, string>> {
    const cli = await terraformEnvironment();
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...endpoint } = emulator.nodeEnvironment();
    const file = 'TF_CLI_CONFIG_FILE' in cli ? cli.TF_CLI_CONFIG_FILE : undefined;
    const cliConfig = file ?? process.env['TF_CLI_CONFIG_FILE'];
    return {
      ...endpoint,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...(cliConfig === undefined ? {} : { TF_CLI_CONFIG_FILE: cliConfig }),
      CHECKPOINT_DISABLE: '1',
    };
  }

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const file = join(repository.directory, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  /** Each job that ran, with the layer of its leg, and how it ended; those of a wave in no order. */
  const jobsOf = ({ jobs }: ActRun): readonly string[] =>
    jobs
      .map(({ id, matrix, conclusion }) =>
        [id.split('/').at(-1), /layers\/([^/]+)/.exec(matrix['title'] ?? '')?.[1], conclusion]
          .filter((part) => part !== undefined)
          .join(' '),
      )
      .sort();

  /** Status of each stack in the legs of a run. */
  const statuses = ({ jobs }: ActRun): Record<string, string> =>
    Object.fromEntries(
      jobs
        .filter(({ id }) => id.split('/').at(-1) !== 'plan')
        .flatMap(({ outputs }) => JSON.parse(outputs['stacks'] ?? '[]') as readonly StackRow[])
        .map(({ directory: of, status }) => [of.split('/')[1] ?? of, status] as const),
    );

  /** What the last job tells of all legs. */
  const resultOf = ({ jobs }: ActRun): string =>
    jobs.find(({ id }) => id.split('/').at(-1) === 'result')?.summary ?? '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'waves-'));
    marker = join(directory, 'right-may-run');
    await buildReleaseTree(join(directory, 'release-tree'));
    await withoutDeploymentKey(
      join(directory, 'release-tree/.github/workflows/terraform-apply-waves.yml'),
    );
    emulator = await startEmulator({ directory: join(directory, 'emulator') });
    await createStateBucket(emulator);
    await createGithubProvider(emulator);
    const issuer = 'token.actions.githubusercontent.com';
    await createGithubRole(emulator, 'shop-production-plan', {
      StringEquals: { [`${issuer}:sub`]: `repo:${slug}:ref:refs/heads/main` },
    });
    await createGithubRole(emulator, 'shop-production-apply', {
      StringEquals: {
        [`${issuer}:sub`]: `repo:${slug}:environment:production-waves`,
        [`${issuer}:ref`]: 'refs/heads/main',
        [`${issuer}:job_workflow_ref`]: workflowRef,
      },
    });
    const main = { branchPolicy: 'custom' as const, branchPatterns: [{ name: 'main' }] };
    emulator.github.seedRepository({
      repository: slug,
      environments: [
        { name: 'production', reviewers: ['platform-lead'], ...main },
        { name: 'production-waves', ...main },
      ],
    });
    repository = await createRepository(join(directory, 'infra'), slug);
    repository.git('remote', 'add', 'origin', `https://github.com/${slug}`);
    await write({
      '.gitignore': '.terraform/\n.terraform.lock.hcl\n',
      'infra.yml': infraFile,
      '.github/workflows/apply.yml': caller,
      [place('network', 'production')]: stack('network', [], 'one'),
      [place('left', 'production')]: stack('left', ['network'], 'left'),
      [place('right', 'production')]: stack('right', ['network'], 'right', marker),
      [place('left-app', 'production')]: stack('left-app', ['left'], 'app'),
      [place('right-app', 'production')]: stack('right-app', ['right'], 'app'),
    });
    const sha = repository.commit('Start');
    emulator.github.seedRepository({
      ...{ repository: slug, commits: [{ sha, message: 'Start' }], branches: { main: sha } },
    });
  });

  afterAll(async () => {
    await emulator.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('no leg begins where GitHub shows no gate that has passed', async () => {
    const result = await run({});
    expect(result.exitCode).toBe(1);
    expect(jobsOf(result)).toEqual([
      ...[
        'gate success',
        'plan success',
        'rest failure',
        'result failure',
        'wave-1 network failure',
      ],
      ...['wave-2 left failure', 'wave-2 right failure'],
      ...['wave-3 left-app failure', 'wave-3 right-app failure'],
    ]);
    expect(statuses(result)).toEqual({});
    expect(rolesTaken).toBe(0);
  });

  it('nor where the job passed and nobody has approved its environment', async () => {
    const result = await run({ jobs: [{ name: gateName }] });
    expect(result.exitCode).toBe(1);
    expect(statuses(result)).toEqual({});
    expect(rolesTaken).toBeGreaterThan(0);
    expect(await stateKeys(emulator)).toEqual([]);
  });

  it('a leg that fails stops only what depends on it', async () => {
    const result = await run(approved);
    expect(jobsOf(result)).toEqual([
      ...[
        'gate success',
        'plan success',
        'rest success',
        'result failure',
        'wave-1 network success',
      ],
      ...['wave-2 left success', 'wave-2 right failure'],
      ...['wave-3 left-app success', 'wave-3 right-app failure'],
    ]);
    expect(statuses(result)).toEqual({
      ...{ network: 'applied', left: 'applied', right: 'failed' },
      ...{ 'left-app': 'applied', 'right-app': 'not-started' },
    });
    expect(resultOf(result)).toContain('`right-app/production`');
  });

  it('the next run of that commit goes on where it stopped', async () => {
    await writeFile(marker, '');
    const result = await run(approved, 'by-hand');
    expect(result.exitCode).toBe(0);
    expect(jobsOf(result)).toEqual([
      ...['gate success', 'plan success', 'rest success', 'result success'],
      ...['wave-1 right success', 'wave-2 right-app success'],
    ]);
    expect(statuses(result)).toEqual({ right: 'applied', 'right-app': 'applied' });
  });

  it('nobody is asked where nothing is left to apply', async () => {
    const result = await run({}, 'by-hand');
    expect({ jobs: jobsOf(result), exitCode: result.exitCode }).toEqual({
      jobs: ['plan success', 'result success'],
      exitCode: 0,
    });
  });

  it('readers of what is applied have legs too, and the pull request is told once of all', async () => {
    await write({ [place('network', 'production')]: stack('network', [], 'two') });
    const parent = repository.git('rev-parse', 'HEAD');
    const sha = repository.commit('Change the network');
    emulator.github.seedRepository({
      ...{ repository: slug, branches: { main: sha } },
      commits: [{ sha, parents: [parent], message: 'Change the network' }],
    });
    const head = { ref: 'network', sha: parent };
    const base = { ref: 'main', sha: parent };
    emulator.github.seedPull({ repository: slug, number: 7, title: 'Network', head, base });
    emulator.github.seedPull({ repository: slug, number: 7, merged: { sha } });
    const result = await run(approved);
    expect(result.exitCode).toBe(0);
    const [told, ...more] = emulator.github
      .state()
      .repositories.flatMap(({ comments }) => comments)
      .filter(({ issueNumber }) => issueNumber === 7);
    expect(more).toEqual([]);
    for (const name of ['network', 'left', 'right', 'left-app', 'right-app']) {
      expect(told?.body).toContain(`\`${name}/production\``);
    }
    expect(statuses(result)).toEqual({
      ...{ network: 'applied', left: 'applied', right: 'applied' },
      ...{ 'left-app': 'applied', 'right-app': 'applied' },
    });
  });
});

/** act 0.2.89 takes `deployment` for no key of an environment (nektos/act#6086). */
async function withoutDeploymentKey(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const stripped = text.replaceAll(/^ +deployment: false\n/gm, '');
  if (stripped === text) throw new Error(`${file} says nothing of deployments`);
  await writeFile(file, stripped);
}

interface StackRow {
  readonly directory: string;
  readonly status: string;
}
