import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as ajvFormats from 'ajv-formats';
import { OpenAPIBackend } from 'openapi-backend';
import type { Context, Document } from 'openapi-backend';
import { ApiError } from './api-error.js';
import { operationIds } from './operation-ids.js';
import type { OperationId } from './operation-ids.js';

/** One request to an operation, already known to conform to GitHub's description. */
export interface OperationRequest {
  readonly operationId: OperationId;
  /** Path parameters, as text. */
  readonly params: Readonly<Record<string, string>>;
  /** Query parameters; the last one wins where one is given twice. */
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** The token's owner. */
  readonly token: string;
  /** Address of this endpoint without a trailing slash, for the links in answers. */
  readonly baseUrl: string;
}

export interface OperationResponse {
  readonly status: number;
  /** Absent for 204. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type OperationHandler = (request: OperationRequest) => OperationResponse;
export type OperationHandlers = Readonly<Record<OperationId, OperationHandler>>;

/** A request as it came in over HTTP. */
export interface IncomingRequest {
  readonly method: string;
  /** Path with query, without host. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Raw text; empty where there is none. */
  readonly body: string;
}

/** Routes requests to handlers, and holds both sides to GitHub's description. */
export interface Conformance {
  /** The operation that a request names, or undefined where GitHub's description has none. */
  readonly match: (request: IncomingRequest) => OperationId | undefined;
  /**
   * Validates, runs the handler, and validates what it gave.
   *
   * @throws ApiError 400 for a body that is no JSON, 422 for a request that does not conform, 500
   * for an answer of the emulator's own that does not: that one is a bug of the emulator.
   */
  readonly handle: (
    request: IncomingRequest,
    context: { readonly token: string; readonly baseUrl: string },
  ) => Promise<OperationResponse>;
}

const descriptionPath = path.join(import.meta.dirname, 'openapi.json');

/** GitHub's description of the operations that the emulator answers (`openapi.json`). */
export async function readDescription(): Promise<Document> {
  return JSON.parse(await readFile(descriptionPath, 'utf8')) as Document;
}

function asOperationId(id: string | undefined): OperationId {
  const known = operationIds.find((operationId) => operationId === id);
  if (known === undefined) throw new ApiError(500, `emulator bug: operation ${String(id)}`);
  return known;
}

function lastOf(query: Context['request']['query']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query as Record<string, unknown>).map(([name, value]) => [
      name,
      String(Array.isArray(value) ? value.at(-1) : value),
    ]),
  );
}

function describeErrors(errors: Context['validation']['errors']): string {
  return (errors ?? [])
    .map(
      (error) => `${error.instancePath === '' ? '/' : error.instancePath} ${error.message ?? ''}`,
    )
    .join('; ');
}

function parseBody(text: string): Record<string, unknown> {
  if (text === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>;
    }
  } catch {
    // Answered below, as a body that parses to something else is.
  }
  throw new ApiError(400, 'Problems parsing JSON');
}

/** What an operation gets beyond what the router knows. */
interface Scope extends Pick<OperationRequest, 'baseUrl' | 'body' | 'token'> {
  readonly handlers: OperationHandlers;
}

/**
 * Builds the router and validators over GitHub's description. Unknown query parameters are refused
 * too: GitHub ignores them, and the caller would not learn of its mistake.
 */
async function buildApi(): Promise<OpenAPIBackend> {
  const api = new OpenAPIBackend({
    definition: await readDescription(),
    quick: true,
    customizeAjv: (ajv) => {
      ajvFormats.default.default(ajv);
      return ajv;
    },
  });
  for (const operationId of operationIds) {
    api.register(operationId, (context: Context, { handlers, ...scope }: Scope) =>
      handlers[operationId]({
        operationId,
        params: context.request.params as Record<string, string>,
        query: lastOf(context.request.query),
        ...scope,
      }),
    );
  }
  api.register('validationFail', (context: Context) => {
    throw new ApiError(422, `Invalid request.\n\n${describeErrors(context.validation.errors)}`);
  });
  api.register('notFound', () => {
    throw new ApiError(404, 'Not Found');
  });
  return api.init();
}

let sharedApi: Promise<OpenAPIBackend> | undefined;

/** Holds both sides of `handlers` to GitHub's description. */
export async function createConformance(handlers: OperationHandlers): Promise<Conformance> {
  // Compiling a validator takes up to 100 ms, so all emulators of a process share them.
  sharedApi ??= buildApi();
  const api = await sharedApi;

  const match = (request: IncomingRequest): OperationId | undefined => {
    try {
      const operation = api.matchOperation({ ...request, headers: { ...request.headers } });
      return operation === undefined ? undefined : asOperationId(operation.operationId);
    } catch {
      return undefined;
    }
  };

  return {
    match,
    handle: async (request, context) => {
      const operationId = match(request);
      if (operationId === undefined) throw new ApiError(404, 'Not Found');
      const hasBody = request.body !== '';
      const body = parseBody(request.body);
      const response = (await api.handleRequest(
        {
          method: request.method,
          path: request.path,
          headers: {
            ...request.headers,
            ...(hasBody ? { 'content-type': 'application/json' } : {}),
          },
          ...(hasBody ? { body } : {}),
        },
        { ...context, body, handlers } satisfies Scope,
      )) as OperationResponse;
      const declared = api.getOperation(operationId)?.responses ?? {};
      if (!(String(response.status) in declared)) {
        throw new ApiError(
          500,
          `emulator bug: ${operationId} answered ${response.status}, which GitHub's description does not have`,
        );
      }
      if (response.body !== undefined) {
        const { errors } = api.validateResponse(response.body, operationId, response.status);
        if (errors !== null && errors !== undefined && errors.length > 0) {
          throw new ApiError(
            500,
            `emulator bug: the answer of ${operationId} does not conform to GitHub's description: ${describeErrors(errors)}`,
          );
        }
      }
      return response;
    },
  };
}
