import { startGithub } from '../../../emulator/github/index.js';
import { call, sha, withGithubEmulator } from '../../support/github.js';

describe('the control API', () => {
  it('does over HTTP what the object does in the process', async () => {
    const github = await startGithub();
    try {
      const control = (method: string, name: string, body?: unknown) =>
        call(github, method, `/_emulator/${name}`, { body, token: null });
      expect((await control('GET', 'status')).body).toEqual({ ready: true, url: github.url });
      const repository = 'acme/app';
      expect((await control('POST', 'repos', { repository })).status).toBe(204);
      const pull = await control('POST', 'pulls', {
        repository,
        head: { ref: 'feature', sha: sha('2') },
        base: { ref: 'main', sha: sha('1') },
      });
      expect(pull.body).toEqual({ number: 1 });
      const { body } = await control('POST', 'tokens', { access: 'read' });
      const { token } = body as { token: string };
      expect((await call(github, 'GET', '/repos/acme/app/pulls/1', { token })).status).toBe(200);
      const job = await control('POST', 'oidc-jobs', { repository });
      expect(job.body).toMatchObject({ requestUrl: github.oidcRequestUrl });
      expect((await control('POST', 'faults', [{ status: 500 }])).status).toBe(204);
      expect((await control('DELETE', 'faults')).status).toBe(204);
      expect((await control('GET', 'state')).body).toMatchObject({
        repositories: [{ repository, branches: { main: sha('1') } }],
      });
    } finally {
      await github.close();
    }
  });

  it('logs requests by operation, control requests not among them', async () => {
    const lines: string[] = [];
    await withGithubEmulator(
      async (github) => {
        await call(github, 'GET', '/repos/acme/infra?x=1');
        await call(github, 'GET', '/nothing');
        const logged = await call(github, 'GET', '/_emulator/requests', { token: null });
        expect(logged.body).toEqual([
          { method: 'GET', path: '/repos/acme/infra?x=1', operationId: 'repos/get', status: 422 },
          { method: 'GET', path: '/nothing', operationId: null, status: 404 },
        ]);
        expect(lines).toHaveLength(2);
        github.clearRequests();
        expect(github.requests()).toEqual([]);
      },
      { log: (line) => lines.push(line) },
    );
  });

  it('forgets everything but the first token on reset', async () => {
    await withGithubEmulator(async (github) => {
      const token = github.addToken();
      github.addFault({ status: 500 });
      await call(github, 'POST', '/_emulator/reset', { token: null });
      expect((await call(github, 'GET', '/repos/acme/infra')).status).toBe(404);
      expect((await call(github, 'GET', '/meta', { token })).status).toBe(401);
      expect((await call(github, 'GET', '/meta')).status).toBe(200);
    });
  });

  it.each([
    ['repos', { repository: 'no-slash' }],
    ['repos', { repository: 'a/b', unknown: 1 }],
    ['pulls', { repository: 'acme/infra', head: { ref: 'x', sha: 'short' } }],
    ['pulls', { repository: 'acme/infra' }],
    ['faults', { status: 200 }],
    ['tokens', { access: 'admin' }],
    ['oidc-jobs', {}],
    ['repos', 'no JSON'],
  ])('refuses a wrong body for %s with 400', async (name, body) => {
    await withGithubEmulator(async (github) => {
      const answer = await call(github, 'POST', `/_emulator/${name}`, { body, token: null });
      expect(answer.status).toBe(400);
      expect(answer.body).toHaveProperty('message');
    });
  });

  it('names its controls where there is none of that name', async () => {
    await withGithubEmulator(async (github) => {
      const { status, body } = await call(github, 'GET', '/_emulator/nothing', { token: null });
      expect(status).toBe(404);
      expect((body as { controls: string[] }).controls).toContain('GET status');
    });
  });

  it('says that a port is taken', async () => {
    await withGithubEmulator(async (github) => {
      const port = Number(new URL(github.url).port);
      await expect(startGithub({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    });
  });
});
