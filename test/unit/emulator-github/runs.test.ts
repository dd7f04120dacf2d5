import { call, sha, withGithubEmulator } from '../../support/github.js';
import { createJob, pullRequestEvent, withDirectory, withGithub } from '../../support/runner.js';

const root = '/repos/acme/infra/actions/runs';

describe('workflow runs', () => {
  it('are listed newest first, by head, event and status', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({ repository: 'mallory/infra', id: 99 });
      const common = { repository: 'acme/infra', headSha: sha('2') };
      github.seedRun({
        ...common,
        id: 11,
        event: 'pull_request',
        path: '.github/workflows/plan.yml',
        referencedWorkflows: [{ path: 'acme/actions/.github/workflows/terraform-plan.yml@v1' }],
      });
      github.seedRun({ ...common, id: 12, event: 'pull_request', headRepository: 'mallory/infra' });
      github.seedRun({ ...common, id: 13, headSha: sha('3') });
      github.seedRun({ ...common, id: 14, event: 'pull_request', status: 'in_progress' });
      const listed = await call(
        github,
        'GET',
        `${root}?head_sha=${sha('2')}&event=pull_request&status=completed`,
      );
      expect(listed.body).toMatchObject({
        total_count: 2,
        workflow_runs: [
          { id: 12, head_repository: { id: 99 }, repository: { id: 456789 } },
          {
            id: 11,
            path: '.github/workflows/plan.yml',
            run_attempt: 1,
            conclusion: 'success',
            referenced_workflows: [
              { path: 'acme/actions/.github/workflows/terraform-plan.yml@v1' },
            ],
          },
        ],
      });
      expect((await call(github, 'GET', `${root}/14`)).body).toMatchObject({
        status: 'in_progress',
        conclusion: null,
      });
      expect((await call(github, 'GET', `${root}/1`)).status).toBe(404);
    });
  });

  it('come of jobs: in progress, then completed, at the head of their pull request', async () => {
    await withGithubEmulator(async (github) => {
      await withDirectory(async (workspace) => {
        const job = await createJob(
          await withGithub(
            { githubUrl: github.url, jobWorkflowRef: 'acme/actions/.github/workflows/p.yml@v1' },
            {
              workspace,
              runId: '21',
              workflowRef: 'acme/infra/.github/workflows/plan.yml@refs/heads/main',
              event: pullRequestEvent({
                repository: 'acme/infra',
                number: 1,
                head: { ref: 'feature', sha: sha('2') },
                base: { ref: 'main', sha: sha('1') },
                mergeSha: sha('3'),
              }),
            },
          ),
        );
        const run = async () => (await call(github, 'GET', `${root}/21`)).body;
        expect(await run()).toMatchObject({
          status: 'in_progress',
          event: 'pull_request',
          head_sha: sha('2'),
          head_branch: 'feature',
          path: '.github/workflows/plan.yml',
          referenced_workflows: [{ path: 'acme/actions/.github/workflows/p.yml@v1' }],
        });
        await job.finish();
        expect(await run()).toMatchObject({ status: 'completed', conclusion: 'success' });
      });
    });
  });
});

describe('a run that goes on', () => {
  it('tells the jobs of each attempt, and who has approved what', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRun({
        ...{ repository: 'acme/infra', headSha: sha('2'), id: 21, attempt: 2 },
        status: 'in_progress',
        jobs: [
          { name: 'infra / gate production', conclusion: 'failure' },
          { name: 'infra / gate production', attempt: 2, status: 'waiting' },
        ],
        approvals: [{ environments: ['production'], state: 'rejected', user: 'ann' }],
      });
      const first = await call(github, 'GET', `${root}/21/attempts/1/jobs`);
      expect(first.body).toMatchObject({
        total_count: 1,
        jobs: [{ name: 'infra / gate production', conclusion: 'failure', run_attempt: 1 }],
      });
      const second = await call(github, 'GET', `${root}/21/attempts/2/jobs`);
      expect(second.body).toMatchObject({ jobs: [{ status: 'waiting', conclusion: null }] });
      const third = await call(github, 'GET', `${root}/21/attempts/3/jobs`);
      expect(third.status).toBe(404);
      const approvals = await call(github, 'GET', `${root}/21/approvals`);
      expect(approvals.body).toMatchObject([
        { state: 'rejected', user: { login: 'ann' }, environments: [{ name: 'production' }] },
      ]);
    });
  });

  it('keeps its jobs where it is seeded again without any', async () => {
    await withGithubEmulator(async (github) => {
      const run = { repository: 'acme/infra', headSha: sha('2'), id: 22 };
      github.seedRun({ ...run, status: 'in_progress', jobs: [{ name: 'gate' }] });
      github.seedRun({ ...run, status: 'completed' });
      const listed = await call(github, 'GET', `${root}/22/attempts/1/jobs`);
      expect(listed.body).toMatchObject({ jobs: [{ name: 'gate', conclusion: 'success' }] });
    });
  });
});
