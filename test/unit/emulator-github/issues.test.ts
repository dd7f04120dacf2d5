import { call, withGithubEmulator } from '../../support/github.js';

const issues = '/repos/acme/infra/issues';

describe('issues and comments', () => {
  it('creates, reads, changes and deletes a comment of the bot', async () => {
    await withGithubEmulator(async (github) => {
      await call(github, 'POST', issues, { body: { title: 'T' } });
      const created = await call(github, 'POST', `${issues}/1/comments`, { body: { body: 'one' } });
      expect(created).toMatchObject({
        status: 201,
        body: {
          body: 'one',
          user: { login: 'github-actions[bot]', type: 'Bot' },
          performed_via_github_app: { slug: 'github-actions' },
        },
      });
      const { id } = created.body as { id: number };
      const changed = await call(github, 'PATCH', `${issues}/comments/${id}`, {
        body: { body: 'two' },
      });
      expect(changed).toMatchObject({ status: 200, body: { id, body: 'two' } });
      expect(await call(github, 'GET', `${issues}/1/comments`)).toMatchObject({
        body: [{ id, body: 'two' }],
      });
      expect((await call(github, 'DELETE', `${issues}/comments/${id}`)).status).toBe(204);
      expect((await call(github, 'GET', `${issues}/comments/${id}`)).status).toBe(404);
    });
  });

  it.each([
    ['no body at all', undefined],
    ['a body without the field', { text: 'x' }],
    ['a field of a wrong type', { body: 1 }],
    ['blank text', { body: ' ' }],
    ['text over 65,536 characters', { body: 'x'.repeat(65_537) }],
  ])('refuses a comment with %s with 422', async (_what, body) => {
    await withGithubEmulator(async (github) => {
      await call(github, 'POST', issues, { body: { title: 'T' } });
      const answer = await call(github, 'POST', `${issues}/1/comments`, { body });
      expect(answer.status).toBe(422);
      expect(github.state().repositories[0]?.comments).toEqual([]);
    });
  });

  it('counts characters, not bytes or halves of them', async () => {
    await withGithubEmulator(async (github) => {
      await call(github, 'POST', issues, { body: { title: 'T' } });
      const body = '🚀'.repeat(65_536);
      expect((await call(github, 'POST', `${issues}/1/comments`, { body: { body } })).status).toBe(
        201,
      );
    });
  });

  it('refuses a body that is no JSON with 400', async () => {
    await withGithubEmulator(async (github) => {
      expect((await call(github, 'POST', issues, { body: '{"title":' })).status).toBe(400);
      expect((await call(github, 'POST', issues, { body: '[]' })).status).toBe(400);
    });
  });

  it('refuses a query parameter that the operation does not have', async () => {
    await withGithubEmulator(async (github) => {
      await call(github, 'POST', issues, { body: { title: 'T' } });
      expect((await call(github, 'GET', `${issues}/1/comments?sort=created`)).status).toBe(422);
    });
  });

  it('gives an unknown repository, issue or path 404', async () => {
    await withGithubEmulator(async (github) => {
      for (const path of ['/repos/acme/none/issues/1', `${issues}/9`, '/no/such/thing']) {
        expect((await call(github, 'GET', path)).status).toBe(404);
      }
    });
  });

  it('closes, labels and lists issues', async () => {
    await withGithubEmulator(async (github) => {
      await call(github, 'POST', issues, { body: { title: 'A', labels: ['drift'] } });
      await call(github, 'POST', issues, { body: { title: 'B', body: 'text' } });
      await call(github, 'POST', `${issues}/2/labels`, { body: { labels: ['drift', 'dev'] } });
      const closed = await call(github, 'PATCH', `${issues}/1`, { body: { state: 'closed' } });
      expect(closed.body).toMatchObject({ state: 'closed', state_reason: 'completed' });
      const titles = async (query: string) =>
        ((await call(github, 'GET', `${issues}?${query}`)).body as { title: string }[]).map(
          ({ title }) => title,
        );
      expect(await titles('')).toEqual(['B']);
      expect(await titles('state=all&labels=drift&direction=asc')).toEqual(['A', 'B']);
      expect(await titles('labels=drift,prod')).toEqual([]);
    });
  });
});

describe('pagination', () => {
  it('gives pages, and links to the others that can be followed', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({
        repository: 'acme/infra',
        issues: [{ number: 1, title: 'T' }],
        comments: Array.from({ length: 7 }, (_, index) => ({
          issueNumber: 1,
          body: String(index),
        })),
      });
      const bodies: string[] = [];
      let path: string | undefined = `${issues}/1/comments?per_page=3`;
      while (path !== undefined) {
        const { body, headers } = await call(github, 'GET', path);
        bodies.push(...(body as { body: string }[]).map((comment) => comment.body));
        const next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
        path = next?.replace(github.url, '');
      }
      expect(bodies).toEqual(['0', '1', '2', '3', '4', '5', '6']);
      const last = await call(github, 'GET', `${issues}/1/comments?per_page=3&page=3`);
      expect(last.headers.get('link')).toMatch(/rel="prev".*rel="first"/);
      expect(last.headers.get('link')).not.toContain('rel="next"');
    });
  });

  it('gives no links where one page is all, and no more than 100 a page', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({
        repository: 'acme/infra',
        issues: Array.from({ length: 105 }, (_, index) => ({ title: String(index) })),
      });
      const { body, headers } = await call(github, 'GET', `${issues}?per_page=200`);
      expect(body).toHaveLength(100);
      expect(headers.get('link')).toContain('rel="next"');
      const all = await call(github, 'GET', `${issues}?labels=none`);
      expect(all.headers.get('link')).toBeNull();
    });
  });
});
