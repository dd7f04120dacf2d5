import { getOctokit } from '@actions/github';
import { call, withGithubEmulator } from '../../support/github.js';

const repository = '/repos/acme/infra';

describe('tokens', () => {
  it('are required, and must be known', async () => {
    await withGithubEmulator(async (github) => {
      for (const token of [null, 'ghs_other']) {
        expect((await call(github, 'GET', repository, { token })).status).toBe(401);
      }
    });
  });

  it('that may only read get 403 for a write, worded as GitHub does', async () => {
    await withGithubEmulator(async (github) => {
      const token = github.addToken({ access: 'read' });
      expect((await call(github, 'GET', repository, { token })).status).toBe(200);
      const refused = await call(github, 'POST', `${repository}/issues`, {
        token,
        body: { title: 'T' },
      });
      expect(refused).toMatchObject({
        status: 403,
        body: { message: 'Resource not accessible by integration' },
      });
      expect(github.state().repositories[0]?.issues).toEqual([]);
    });
  });

  it('of an app have no user; those of a person have', async () => {
    await withGithubEmulator(async (github) => {
      expect((await call(github, 'GET', '/user')).status).toBe(403);
      const token = github.addToken({ token: 'ghp_1', login: 'alice' });
      expect((await call(github, 'GET', '/user', { token })).body).toMatchObject({
        login: 'alice',
        type: 'User',
      });
    });
  });

  it('of another app write under its name', async () => {
    await withGithubEmulator(async (github) => {
      const token = github.addToken({ login: 'acme-infra[bot]' });
      const { body } = await call(github, 'POST', `${repository}/issues`, {
        token,
        body: { title: 'T' },
      });
      expect(body).toMatchObject({ user: { login: 'acme-infra[bot]', type: 'Bot' } });
    });
  });
});

describe('clients', () => {
  it('octokit works against it, pagination included', async () => {
    await withGithubEmulator(async (github) => {
      const octokit = getOctokit(github.token, { baseUrl: github.url });
      const target = { owner: 'acme', repo: 'infra' };
      const issue = await octokit.rest.issues.create({ ...target, title: 'T' });
      for (const body of ['1', '2', '3']) {
        const issue_number = issue.data.number;
        await octokit.rest.issues.createComment({ ...target, issue_number, body });
      }
      const comments = await octokit.paginate(octokit.rest.issues.listComments, {
        ...target,
        issue_number: issue.data.number,
        per_page: 2,
      });
      expect(comments.map(({ body }) => body)).toEqual(['1', '2', '3']);
    });
  });

  it('may use the base path of GitHub Enterprise Server', async () => {
    await withGithubEmulator(async (github) => {
      const { status, body } = await call(github, 'GET', `/api/v3${repository}`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ url: `${github.url}/api/v3${repository}` });
    });
  });
});

describe('rate limits', () => {
  it('are reported with every answer, and by themselves', async () => {
    await withGithubEmulator(async (github) => {
      const first = await call(github, 'GET', repository);
      const second = await call(github, 'GET', repository);
      const remaining = (answer: typeof first) =>
        Number(answer.headers.get('x-ratelimit-remaining'));
      expect(remaining(first) - remaining(second)).toBe(1);
      expect((await call(github, 'GET', '/rate_limit')).body).toMatchObject({
        rate: { limit: 1000, used: 3 },
      });
    });
  });
});
