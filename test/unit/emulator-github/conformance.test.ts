import { createConformance, readDescription } from '../../../emulator/github/conformance.js';
import type { Conformance, OperationHandlers } from '../../../emulator/github/conformance.js';
import { operationIds } from '../../../emulator/github/operation-ids.js';
import { githubOperations } from '../../../emulator/github/operations/index.js';
import { RateLimit } from '../../../emulator/github/rate-limit.js';
import { ArtifactService } from '../../../emulator/github/artifact-service.js';
import { seedPull } from '../../../emulator/github/seed-pull.js';
import { seedRepository } from '../../../emulator/github/seed.js';
import { GithubState } from '../../../emulator/github/state.js';
import { sha } from '../../support/github.js';

async function conformance(broken: Partial<OperationHandlers> = {}): Promise<Conformance> {
  const state = new GithubState(() => Date.UTC(2026, 10, 21));
  seedRepository(state, { repository: 'acme/infra', commits: [{ sha: sha('1') }] });
  seedPull(state, {
    repository: 'acme/infra',
    head: { ref: 'feature', sha: sha('2') },
    base: { ref: 'main', sha: sha('1') },
  });
  state.tokens.set('t', { login: 'github-actions[bot]', kind: 'app', access: 'write' });
  const operations = githubOperations(state, new RateLimit(() => 0), new ArtifactService(state));
  return createConformance({ ...operations, ...broken });
}

const context = { token: 't', baseUrl: 'http://localhost' };
const get = (path: string) => ({ method: 'GET', path, headers: {}, body: '' });

describe("GitHub's description", () => {
  it('holds the operations that the emulator answers, and no other', async () => {
    const description = await readDescription();
    const ids = Object.values(description.paths ?? {}).flatMap((item) =>
      Object.values(item ?? {}).flatMap((operation: unknown) =>
        typeof operation === 'object' && operation !== null && 'operationId' in operation
          ? [operation.operationId]
          : [],
      ),
    );
    expect(ids.sort()).toEqual([...operationIds].sort());
  });

  it('says what it was made from, and under which licence', async () => {
    const { info } = await readDescription();
    expect(info.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(info.description).toContain('@octokit/openapi');
    expect(info.license?.name).toBe('MIT');
  });
});

describe('createConformance', () => {
  it('names the operation of a request', async () => {
    const { match } = await conformance();
    expect(match(get('/repos/acme/infra/pulls/1?x=1'))).toBe('pulls/get');
    expect(match(get('/repos/acme/infra/compare/main...feature'))).toBe(
      'repos/compare-commits-with-basehead',
    );
    expect(match(get('/repos/acme/infra/releases'))).toBeUndefined();
    expect(match({ ...get('/repos/acme/infra/pulls/1'), method: 'PUT' })).toBeUndefined();
  });

  it('calls an answer that lacks fields a bug of the emulator, not of the caller', async () => {
    const { handle } = await conformance({
      'pulls/get': () => ({ status: 200, body: { id: 1, number: 1 } }),
    });
    await expect(handle(get('/repos/acme/infra/pulls/1'), context)).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/^emulator bug: .*pulls\/get/s) as string,
    });
  });

  it('calls an answer of a wrong type a bug of the emulator', async () => {
    const { handle } = await conformance({
      'issues/list-comments': () => ({ status: 200, body: [{ id: 'x' }] }),
    });
    await expect(handle(get('/repos/acme/infra/issues/1/comments'), context)).rejects.toMatchObject(
      { status: 500 },
    );
  });

  it("calls a status that is not in GitHub's description a bug of the emulator", async () => {
    const { handle } = await conformance({ 'pulls/get': () => ({ status: 203, body: {} }) });
    await expect(handle(get('/repos/acme/infra/pulls/1'), context)).rejects.toMatchObject({
      status: 500,
    });
  });

  it('gives handlers what the description defines only', async () => {
    const seen: unknown[] = [];
    const { handle } = await conformance({
      'issues/list-comments': ({ params, query }) => {
        seen.push({ ...params }, query);
        return { status: 200, body: [] };
      },
    });
    await handle(get('/repos/acme/in%20fra/issues/7/comments?per_page=5'), context);
    expect(seen).toEqual([{ owner: 'acme', repo: 'in fra', issue_number: '7' }, { per_page: '5' }]);
  });
});
