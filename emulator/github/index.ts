import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { ApiError, notPermitted } from './api-error.js';
import { createConformance } from './conformance.js';
import type { Conformance } from './conformance.js';
import { control, tokenSeedSchema } from './control.js';
import type { TokenSeed } from './control.js';
import { Faults } from './faults.js';
import type { Fault, FaultRule } from './faults.js';
import { OidcIssuer, issuerUrl } from './oidc.js';
import type { JobClaims } from './oidc.js';
import type { OperationId } from './operation-ids.js';
import { githubOperations } from './operations/index.js';
import { RateLimit } from './rate-limit.js';
import { ArtifactService } from './artifact-service.js';
import type { ResultsJob } from './artifact-service.js';
import { seedPull } from './seed-pull.js';
import { seedRepository, seedRun } from './seed.js';
import type { PullSeed, RepositorySeed, RunSeed } from './seed-schema.js';
import { serveJson } from './server.js';
import type { HttpRequest, HttpResponse } from './server.js';
import { GithubState } from './state.js';
import { dump } from './state-dump.js';
import type { GithubDump } from './state-dump.js';

export type { FaultRule } from './faults.js';
export type { JobClaims } from './oidc.js';
export type { OperationId } from './operation-ids.js';
export type { PullSeed, RepositorySeed, RunSeed } from './seed-schema.js';
export type { ResultsJob } from './artifact-service.js';
export type { TokenSeed } from './control.js';
export type { GithubDump } from './state-dump.js';

export interface GithubOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** One line a request. */
  readonly log?: (line: string) => void;
  /** Milliseconds since the epoch; default: the machine's clock. */
  readonly now?: () => number;
}

/** One request that the API or the token issuer answered; control requests are not among them. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly operationId: OperationId | 'oidc/token' | null;
  /** 0 where the connection was reset. */
  readonly status: number;
}

/** A running GitHub: REST API and OIDC issuer. */
export interface GithubEmulator {
  /** Without a trailing slash; the value for `GITHUB_API_URL`. `<url>/api/v3` works too. */
  readonly url: string;
  /** A token of `github-actions[bot]` with write access; still valid after a reset. */
  readonly token: string;
  /** The value for `ACTIONS_ID_TOKEN_REQUEST_URL`. */
  readonly oidcRequestUrl: string;
  /** What verifies the tokens: GitHub's issuer, with this emulator's keys. */
  readonly issuer: { readonly issuerUrl: string; jwks(): JSONWebKeySet };
  /** Adds a repository, or adds to one. @throws z.ZodError */
  seedRepository(seed: RepositorySeed): void;
  /** Adds a pull request, or changes one. @returns its number. @throws z.ZodError, ApiError 404 */
  seedPull(seed: PullSeed): number;
  /** Makes a token valid. @returns it. */
  addToken(seed?: TokenSeed): string;
  /**
   * Registers a job with `id-token: write`, under a request token of its own or a given one, whose
   * former job it then replaces. @returns its `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
   */
  registerJob(claims: JobClaims, requestToken?: string): string;
  /** Adds a workflow's run, or changes one. @throws z.ZodError, ApiError 404 */
  seedRun(seed: RunSeed): void;
  /**
   * Starts a job of a run, which becomes one in progress. The artifact service is at this endpoint
   * (`ACTIONS_RESULTS_URL`). @returns its `ACTIONS_RUNTIME_TOKEN`. @throws z.ZodError
   */
  registerResultsJob(job: ResultsJob): Promise<string>;
  addFault(rule: FaultRule): void;
  clearFaults(): void;
  requests(): readonly LoggedRequest[];
  clearRequests(): void;
  /** Everything it holds, as plain data. */
  state(): GithubDump;
  /** Forgets repositories, tokens but the first, jobs, faults and requests. */
  reset(): void;
  close(): Promise<void>;
}

/** The token that every emulator knows. */
export const defaultToken = 'ghs_emulator';

/** `GITHUB_API_URL` of GitHub Enterprise Server ends in this. */
const enterprisePrefix = '/api/v3';

/** GraphQL of github.com, and of GitHub Enterprise Server. */
const graphqlPaths = ['/graphql', '/api/graphql'];

function bearer(request: HttpRequest): string | undefined {
  const value = request.headers['authorization'];
  return typeof value === 'string' ? /^(?:bearer|token)\s+(\S+)$/i.exec(value)?.[1] : undefined;
}

/**
 * Starts an emulated GitHub. Requests and answers are both held to GitHub's OpenAPI description:
 * a request that does not conform is refused with 422, an answer of the emulator's own that does
 * not is a 500 that says "emulator bug".
 *
 * @throws Error when the port is taken.
 */
export async function startGithub(options: GithubOptions = {}): Promise<GithubEmulator> {
  const now = options.now ?? Date.now;
  const state = new GithubState(now);
  const rateLimit = new RateLimit(now);
  const faults = new Faults(now);
  const oidc = await OidcIssuer.create(now);
  const artifacts = new ArtifactService(state);
  const conformance = await createConformance(githubOperations(state, rateLimit, artifacts));
  const requests: LoggedRequest[] = [];

  const server = await serveJson(
    { host: options.host ?? '127.0.0.1', port: options.port ?? 0 },
    async (request) => {
      if (request.url.pathname.startsWith('/_emulator/')) return control(emulator, request);
      if (request.url.pathname.startsWith('/.well-known/')) return wellKnown(request);
      const part = artifacts.serves(request.url);
      if (part !== undefined) {
        return withFault(faults.take(part), () =>
          Promise.resolve(artifacts.answer(request, server.url)),
        );
      }
      if (graphqlPaths.includes(request.url.pathname)) return viewer(request);
      const { operationId, outcome } = await answer(request);
      const status = outcome === 'connection-reset' ? 0 : outcome.status;
      const path = request.url.pathname + request.url.search;
      requests.push({ method: request.method, path, operationId, status });
      options.log?.(`github ${request.method} ${path} -> ${status}`);
      return outcome;
    },
  );
  const oidcRequestUrl = `${server.url}/token?api-version=2.0`;

  const wellKnown = (request: HttpRequest): HttpResponse => {
    if (request.url.pathname === '/.well-known/jwks') return { status: 200, body: oidc.jwks() };
    if (request.url.pathname === '/.well-known/openid-configuration') {
      return { status: 200, body: oidc.configuration(server.url) };
    }
    return { status: 404, body: { message: 'Not Found' } };
  };

  const answer = async (
    request: HttpRequest,
  ): Promise<{
    readonly operationId: LoggedRequest['operationId'];
    readonly outcome: HttpResponse | 'connection-reset';
  }> => {
    const isToken = request.url.pathname === '/token' && request.method === 'GET';
    const operationId = isToken ? 'oidc/token' : conformance.match(incoming(request));
    const fault = operationId === undefined ? undefined : faults.take(operationId);
    const work = () => (isToken ? issue(request) : api(request, conformance));
    return { operationId: operationId ?? null, outcome: await withFault(fault, work) };
  };

  const withFault = async (
    fault: Fault | undefined,
    work: () => Promise<HttpResponse>,
  ): Promise<HttpResponse | 'connection-reset'> => {
    if (fault === undefined) return work();
    await delay(fault.delayMilliseconds);
    const outcome = fault.when === 'after' || fault.effect === undefined ? await work() : undefined;
    if (fault.effect === 'connection-reset') return 'connection-reset';
    if (fault.effect !== undefined) return rejected(fault.effect);
    return outcome ?? work();
  };

  const rejected = (error: ApiError): HttpResponse => ({
    status: error.status,
    body: error.body(),
    headers: error.headers,
  });

  const issue = async (request: HttpRequest): Promise<HttpResponse> => {
    try {
      const audience = request.url.searchParams.get('audience') ?? undefined;
      const value = await oidc.token(bearer(request) ?? '', audience);
      return { status: 200, body: { count: value.length, value } };
    } catch (error) {
      if (error instanceof ApiError) return rejected(error);
      throw error;
    }
  };

  /** Who asks, and whether they may: GitHub answers that before it looks at the request. */
  const authorise = (request: HttpRequest): string => {
    const given = bearer(request);
    if (given === undefined) throw new ApiError(401, 'Requires authentication');
    const token = state.tokens.get(given);
    if (token === undefined) throw new ApiError(401, 'Bad credentials');
    const reads = request.method === 'GET' || graphqlPaths.includes(request.url.pathname);
    if (token.access === 'read' && !reads) throw notPermitted();
    return given;
  };

  const viewer = (request: HttpRequest): HttpResponse => {
    try {
      const login = state.tokens.get(authorise(request))?.login;
      const { query } = z.object({ query: z.string() }).parse(JSON.parse(request.body));
      return query.replaceAll(/\s+/g, '') === '{viewer{login}}'
        ? { status: 200, body: { data: { viewer: { login } } } }
        : { status: 200, body: { errors: [{ message: 'the emulator knows only the viewer' }] } };
    } catch (error) {
      if (error instanceof ApiError) return rejected(error);
      throw error;
    }
  };

  const api = async (request: HttpRequest, checked: Conformance): Promise<HttpResponse> => {
    let headers: Record<string, string> = {
      'x-github-request-id': randomUUID(),
      'x-github-media-type': 'github.v3; format=json',
    };
    try {
      const token = authorise(request);
      rateLimit.count(token);
      headers = { ...headers, ...rateLimit.headers(token) };
      const prefix = request.url.pathname.startsWith(`${enterprisePrefix}/`)
        ? enterprisePrefix
        : '';
      const outcome = await checked.handle(incoming(request), {
        token,
        baseUrl: server.url + prefix,
      });
      return { ...outcome, headers: { ...headers, ...outcome.headers } };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 500) options.log?.(error.message);
      const response = rejected(error);
      return { ...response, headers: { ...headers, ...response.headers } };
    }
  };

  const emulator: GithubEmulator = {
    url: server.url,
    token: defaultToken,
    oidcRequestUrl,
    issuer: { issuerUrl, jwks: () => oidc.jwks() },
    seedRepository: (seed) => {
      seedRepository(state, seed);
    },
    seedPull: (seed) => seedPull(state, seed).number,
    seedRun: (seed) => {
      seedRun(state, seed);
    },
    registerResultsJob: (job) => artifacts.registerJob(job),
    addToken: (seed = {}) => {
      const { token: given, login, kind: givenKind, access } = tokenSeedSchema.parse(seed);
      const kind = givenKind ?? (/^(ghp|github_pat)_/.test(given ?? '') ? 'user' : 'app');
      const prefix = kind === 'app' ? 'ghs' : 'ghp';
      const token = given ?? `${prefix}_${randomBytes(18).toString('hex')}`;
      state.tokens.set(token, { login, kind, access });
      return token;
    },
    registerJob: (claims, requestToken) => oidc.registerJob(claims, requestToken),
    addFault: (rule) => faults.add(rule),
    clearFaults: () => faults.clear(),
    requests: () => [...requests],
    clearRequests: () => {
      requests.length = 0;
    },
    state: () => dump(state),
    reset: () => {
      state.clear();
      oidc.clear();
      artifacts.clear();
      faults.clear();
      rateLimit.clear();
      requests.length = 0;
      emulator.addToken({ token: defaultToken });
    },
    close: () => server.close(),
  };
  emulator.reset();
  return emulator;
}

function incoming(request: HttpRequest) {
  const path = request.url.pathname + request.url.search;
  return {
    method: request.method,
    path: path.startsWith(`${enterprisePrefix}/`) ? path.slice(enterprisePrefix.length) : path,
    headers: request.headers,
    body: request.body,
  };
}
