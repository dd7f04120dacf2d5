import { z } from 'zod';
import { ApiError } from './api-error.js';
import { faultRuleSchema } from './faults.js';
import type { GithubEmulator } from './index.js';
import { jobClaimsSchema } from './oidc.js';
import { resultsJobSchema } from './artifact-service.js';
import { pullSeedSchema, repositorySeedSchema, runSeedSchema } from './seed-schema.js';
import type { HttpRequest, HttpResponse } from './server.js';

export const tokenSeedSchema = z.strictObject({
  /** Default: a random one, `ghs_…` for an app and `ghp_…` for a user. */
  token: z.string().min(1).optional(),
  login: z.string().default('github-actions[bot]'),
  /** Default: by the token, `ghp_` and `github_pat_` being a user's. */
  kind: z.enum(['app', 'user']).optional(),
  access: z.enum(['read', 'write']).default('write'),
});

export type TokenSeed = z.input<typeof tokenSeedSchema>;

type Route = (emulator: GithubEmulator, body: unknown) => HttpResponse | Promise<HttpResponse>;

const routes: Readonly<Record<string, Route>> = {
  'GET status': ({ url }) => ({ status: 200, body: { ready: true, url } }),
  'GET state': (emulator) => ({ status: 200, body: emulator.state() }),
  'GET requests': (emulator) => ({ status: 200, body: emulator.requests() }),
  'DELETE requests': (emulator) => {
    emulator.clearRequests();
    return { status: 204 };
  },
  'POST reset': (emulator) => {
    emulator.reset();
    return { status: 204 };
  },
  'POST repos': (emulator, body) => {
    emulator.seedRepository(repositorySeedSchema.parse(body));
    return { status: 204 };
  },
  'POST pulls': (emulator, body) => ({
    status: 200,
    body: { number: emulator.seedPull(pullSeedSchema.parse(body)) },
  }),
  'POST tokens': (emulator, body) => ({
    status: 200,
    body: { token: emulator.addToken(tokenSeedSchema.parse(body)) },
  }),
  'POST oidc-jobs': (emulator, body) => ({
    status: 200,
    body: {
      requestToken: emulator.registerJob(jobClaimsSchema.parse(body)),
      requestUrl: emulator.oidcRequestUrl,
    },
  }),
  'POST runs': (emulator, body) => {
    emulator.seedRun(runSeedSchema.parse(body));
    return { status: 204 };
  },
  'POST results-jobs': async (emulator, body) => ({
    status: 200,
    body: {
      runtimeToken: await emulator.registerResultsJob(resultsJobSchema.parse(body)),
      resultsUrl: emulator.url,
    },
  }),
  'POST faults': (emulator, body) => {
    const rules = z.union([z.array(faultRuleSchema), faultRuleSchema]).parse(body);
    for (const rule of Array.isArray(rules) ? rules : [rules]) emulator.addFault(rule);
    return { status: 204 };
  },
  'DELETE faults': (emulator) => {
    emulator.clearFaults();
    return { status: 204 };
  },
};

function parse(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiError(400, 'the body is no JSON');
  }
}

/** Answers a request below `/_emulator/`; what is wrong with a body is said in a 400. */
export async function control(
  emulator: GithubEmulator,
  request: HttpRequest,
): Promise<HttpResponse> {
  const name = `${request.method} ${request.url.pathname.replace('/_emulator/', '')}`;
  const route = routes[name];
  if (route === undefined) {
    return {
      status: 404,
      body: { message: `no such control: ${name}`, controls: Object.keys(routes) },
    };
  }
  try {
    return await route(emulator, parse(request.body));
  } catch (error) {
    if (error instanceof z.ZodError) {
      return { status: 400, body: { message: z.prettifyError(error), issues: error.issues } };
    }
    if (error instanceof ApiError) return { status: error.status, body: error.body() };
    const message = error instanceof Error ? error.message : String(error);
    return { status: 400, body: { message } };
  }
}
