import { call, sha, withGithubEmulator } from '../../support/github.js';

const root = '/repos/acme/infra';

describe('deployments', () => {
  it('have statuses, and a success makes the older one of its environment inactive', async () => {
    await withGithubEmulator(async (github) => {
      const ids: number[] = [];
      for (const run of [1, 2]) {
        const { status, body } = await call(github, 'POST', `${root}/deployments`, {
          body: { ref: 'main', environment: 'dev', required_contexts: [], payload: { run } },
        });
        expect(status).toBe(201);
        expect(body).toMatchObject({ sha: sha('1'), environment: 'dev', payload: { run } });
        const { id } = body as { id: number };
        ids.push(id);
        const answer = await call(github, 'POST', `${root}/deployments/${id}/statuses`, {
          body: { state: 'success', log_url: 'https://example.com/log' },
        });
        expect(answer).toMatchObject({ status: 201, body: { state: 'success' } });
      }
      const states = async (id: number | undefined) =>
        (
          (await call(github, 'GET', `${root}/deployments/${String(id)}/statuses`)).body as {
            state: string;
          }[]
        ).map(({ state }) => state);
      expect(await states(ids[0])).toEqual(['inactive', 'success']);
      expect(await states(ids[1])).toEqual(['success']);
      const listed = await call(github, 'GET', `${root}/deployments?environment=dev`);
      expect(listed.body).toMatchObject([{ id: ids[1] }, { id: ids[0] }]);
      expect((await call(github, 'GET', `${root}/deployments?environment=prod`)).body).toEqual([]);
    });
  });

  it('of a ref that is not there, or to a state that is none, are 422', async () => {
    await withGithubEmulator(async (github) => {
      const refused = await call(github, 'POST', `${root}/deployments`, { body: { ref: 'none' } });
      expect(refused.status).toBe(422);
      const { body } = await call(github, 'POST', `${root}/deployments`, { body: { ref: 'main' } });
      const { id } = body as { id: number };
      const path = `${root}/deployments/${id}/statuses`;
      expect((await call(github, 'POST', path, { body: { state: 'fine' } })).status).toBe(422);
    });
  });
});

describe('environments', () => {
  it('show their gates; a missing one is 404', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({
        repository: 'acme/infra',
        environments: [
          { name: 'dev' },
          {
            name: 'production',
            reviewers: ['alice'],
            preventSelfReview: true,
            waitTimerMinutes: 5,
            branchPolicy: 'protected-branches',
          },
        ],
      });
      expect((await call(github, 'GET', `${root}/environments/production`)).body).toMatchObject({
        name: 'production',
        protection_rules: [
          { type: 'wait_timer', wait_timer: 5 },
          {
            type: 'required_reviewers',
            prevent_self_review: true,
            reviewers: [{ type: 'User', reviewer: { login: 'alice' } }],
          },
          { type: 'branch_policy' },
        ],
        deployment_branch_policy: { protected_branches: true, custom_branch_policies: false },
      });
      expect((await call(github, 'GET', `${root}/environments/dev`)).body).toMatchObject({
        protection_rules: [],
        deployment_branch_policy: null,
      });
      expect((await call(github, 'GET', `${root}/environments/none`)).status).toBe(404);
    });
  });
});

describe('check runs and artifacts', () => {
  it('completes a check run that names its conclusion', async () => {
    await withGithubEmulator(async (github) => {
      const { status, body } = await call(github, 'POST', `${root}/check-runs`, {
        body: {
          name: 'infra / result',
          head_sha: sha('1'),
          conclusion: 'failure',
          output: { title: 'T', summary: 'S' },
        },
      });
      expect(status).toBe(201);
      expect(body).toMatchObject({ status: 'completed', conclusion: 'failure' });
    });
  });

  it('lists the artifacts of a run by name', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({
        repository: 'acme/infra',
        artifacts: [
          { runId: 5, name: 'record-1', digest: 'sha256:aa' },
          { runId: 5, name: 'other' },
          { runId: 6, name: 'record-1' },
        ],
      });
      const { body } = await call(github, 'GET', `${root}/actions/runs/5/artifacts?name=record-1`);
      expect(body).toMatchObject({
        total_count: 1,
        artifacts: [{ name: 'record-1', digest: 'sha256:aa', workflow_run: { id: 5 } }],
      });
    });
  });
});
