import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetchHttp } from '../../../actions/ecs-deploy/http.js';
import {
  judgeAnswer,
  smokeCheck,
  type SmokeCheck,
} from '../../../actions/ecs-deploy/rollout/smoke-check.js';
import { deployWorld } from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';

const check: SmokeCheck = {
  url: 'https://shop.example/health?token=t0p-secret',
  statuses: [
    { from: 200, to: 204 },
    { from: 301, to: 301 },
  ],
  body: undefined,
  timeoutSeconds: 1,
  attempts: 3,
};

describe('an answer', () => {
  it.each([
    [200, true],
    [204, true],
    [301, true],
    [205, false],
    [302, false],
    [500, false],
  ])('of status %i is good: %s', (status, good) => {
    expect(judgeAnswer(check, { status, body: '' }) === undefined).toBe(good);
  });

  it.each([
    [{ kind: 'contains', text: 'ok' } as const, 'all ok', true],
    [{ kind: 'contains', text: 'ok' } as const, 'all fine', false],
    [{ kind: 'matches', pattern: /"status":\s*"up"/ } as const, '{"status": "up"}', true],
    [{ kind: 'matches', pattern: /^up$/i } as const, 'down', false],
  ])('must have the body: %j', (body, text, good) => {
    expect(judgeAnswer({ ...check, body }, { status: 200, body: text }) === undefined).toBe(good);
  });
});

describe('the check', () => {
  it('asks again after a pause, and says what was wrong, without the query', async () => {
    const world = deployWorld(await ecsFixture());
    const beganMs = world.fixture.clock.now();
    const result = await smokeCheck(world.ports, check);
    expect(result).toMatchObject({
      outcome: 'failed',
      attempts: 3,
      url: 'https://shop.example/health',
      problem: expect.stringContaining('did not answer') as string,
    });
    expect(world.fixture.clock.now() - beganMs).toBe(10_000);
    expect(JSON.stringify(world.log)).not.toContain('t0p-secret');
  });

  it('ends with the job', async () => {
    const world = deployWorld(await ecsFixture());
    world.whileSleeping(() => world.controller.abort(new Error('SIGINT')));
    expect(await smokeCheck(world.ports, check)).toMatchObject({
      outcome: 'cancelled',
      attempts: 1,
    });
  });
});

describe('the request itself', () => {
  let server: Server;
  let url: string;
  const { signal } = new AbortController();

  beforeAll(async () => {
    server = createServer((request, response) => {
      switch (request.url) {
        case '/moved':
          response.writeHead(302, { location: '/' }).end();
          break;
        case '/silent':
          break;
        case '/endless': {
          const write = (): void => {
            while (!response.destroyed && response.write('x'.repeat(65_536)));
          };
          response.on('drain', write);
          write();
          break;
        }
        default:
          response.end('ready');
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('gives status and body, and follows no redirect', async () => {
    expect(await fetchHttp.get(url, { timeoutSeconds: 5, signal })).toEqual({
      status: 200,
      body: 'ready',
    });
    expect(await fetchHttp.get(`${url}/moved`, { timeoutSeconds: 5, signal })).toMatchObject({
      status: 302,
    });
  });

  it('gives up after its time, and on an answer without end after a megabyte', async () => {
    await expect(fetchHttp.get(`${url}/silent`, { timeoutSeconds: 0.2, signal })).rejects.toThrow();
    const { body } = await fetchHttp.get(`${url}/endless`, { timeoutSeconds: 5, signal });
    expect(body.length).toBeGreaterThanOrEqual(1_000_000);
    expect(body.length).toBeLessThan(1_200_000);
  });
});
