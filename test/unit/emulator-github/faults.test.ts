import { call, withGithubEmulator } from '../../support/github.js';

const issues = '/repos/acme/infra/issues';
const create = { body: { title: 'T' } };

describe('fault rules', () => {
  it('hit their operation, as often as they say', async () => {
    await withGithubEmulator(async (github) => {
      github.addFault({ operation: 'issues/create', status: 502, times: 2 });
      expect((await call(github, 'GET', issues)).status).toBe(200);
      const statuses = [];
      while (statuses.length < 3) {
        statuses.push((await call(github, 'POST', issues, create)).status);
      }
      expect(statuses).toEqual([502, 502, 201]);
      expect(github.state().repositories[0]?.issues).toHaveLength(1);
    });
  });

  it('hit every operation where they name none, but not the token issuer', async () => {
    await withGithubEmulator(async (github) => {
      github.addFault({ status: 503 });
      expect((await fetch(github.oidcRequestUrl)).status).toBe(401);
      expect((await call(github, 'GET', issues)).status).toBe(503);
    });
  });

  it('give the secondary rate limit with retry-after, as GitHub words it', async () => {
    await withGithubEmulator(async (github) => {
      github.addFault({ kind: 'secondary-rate-limit', retryAfterSeconds: 7 });
      const { status, headers, body } = await call(github, 'POST', issues, create);
      expect([status, headers.get('retry-after')]).toEqual([403, '7']);
      expect((body as { message: string }).message).toMatch(/secondary rate limit/);
    });
  });

  it('give the primary rate limit with nothing remaining, and when it ends', async () => {
    const now = Date.UTC(2026, 10, 21);
    await withGithubEmulator(
      async (github) => {
        github.addFault({ kind: 'rate-limit', retryAfterSeconds: 30, status: 429 });
        const { status, headers } = await call(github, 'GET', issues);
        expect(status).toBe(429);
        expect(headers.get('x-ratelimit-remaining')).toBe('0');
        expect(headers.get('x-ratelimit-reset')).toBe(String(now / 1000 + 30));
      },
      { now: () => now },
    );
  });

  it('hang up, before or after the operation took effect', async () => {
    await withGithubEmulator(async (github) => {
      github.addFault({ kind: 'connection-reset' });
      await expect(call(github, 'POST', issues, create)).rejects.toThrow();
      expect(github.state().repositories[0]?.issues).toHaveLength(0);
      github.addFault({ kind: 'connection-reset', when: 'after' });
      await expect(call(github, 'POST', issues, create)).rejects.toThrow();
      expect(github.state().repositories[0]?.issues).toHaveLength(1);
      expect(github.requests().map(({ status }) => status)).toEqual([0, 0]);
    });
  });

  it('delay an answer that is otherwise right', async () => {
    await withGithubEmulator(async (github) => {
      github.addFault({ kind: 'delay', delayMilliseconds: 60 });
      const startedAt = performance.now();
      expect((await call(github, 'GET', issues)).status).toBe(200);
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
    });
  });

  it('hit the token issuer where they name it', async () => {
    await withGithubEmulator(async (github) => {
      github.addFault({ operation: 'oidc/token', status: 500 });
      expect((await fetch(github.oidcRequestUrl)).status).toBe(500);
    });
  });

  it('end when they are cleared', async () => {
    await withGithubEmulator(async (github) => {
      github.addFault({ status: 500, times: 9 });
      github.clearFaults();
      expect((await call(github, 'GET', issues)).status).toBe(200);
    });
  });
});
