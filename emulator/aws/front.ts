import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AwsError } from '../aws-error.js';
import { answerControl, answerError, jsonAnswer, queryAnswer } from './answer.js';
import { accountHeader } from './backends/caller-headers.js';
import type { Backend } from './backends/process.js';
import type { Answer, Call, Guard, Handler } from './call.js';
import type { Calls } from './calls.js';
import { authenticate } from './credentials.js';
import type { BufferedAnswer } from './faulted-answer.js';
import { applyFault, sendAnswer } from './faulted-answer.js';
import type { Faults } from './faults.js';
import type { Identity, RequestHead } from './identify.js';
import { identify } from './identify.js';
import { endToEnd, forwardStream } from './proxy.js';
import type { RestOperations } from './rest-operations.js';
import type { Sessions } from './sts/sessions.js';
import { requestTarget } from './target.js';

/** Serves requests that are not calls of AWS: control, registry, layer downloads. */
export interface Site {
  serves(head: RequestHead): boolean;
  serve(head: RequestHead, request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface FrontOptions {
  readonly region: string;
  readonly sites: readonly Site[];
  /** Each may refuse a call. */
  readonly guards: readonly Guard[];
  /** Asked in order; the first that handles a call answers it. */
  readonly handlers: readonly Handler[];
  readonly backendFor: (service: string) => Backend;
  readonly rest: RestOperations;
  readonly sessions: Sessions;
  readonly calls: Calls;
  readonly faults: Faults;
  readonly log: (line: string) => void;
}

/** The one HTTP endpoint of all services. */
export interface Front {
  /** Listens on 127.0.0.1 and gives the port; `port` 0 takes a free one. */
  listen(port: number): Promise<number>;
  stop(): Promise<void>;
}

/** Creates the endpoint: tells what is asked, counts it, fails it by rule, and has it answered. */
export function createFront(options: FrontOptions): Front {
  const server = createServer((request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      options.log(`${request.method ?? ''} ${request.url ?? ''}: ${String(error)}`);
      if (!response.headersSent) answerControl(response, 500, { message: String(error) });
      else response.destroy();
    });
  });
  // Terraform keeps connections open between calls; a shorter time races with its next request.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  return {
    listen: (port) => listen(server, port),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  options: FrontOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = requestTarget(request);
  const head: RequestHead = {
    method: request.method ?? 'GET',
    path: target.path,
    query: target.query,
    headers: request.headers,
    form: undefined,
  };
  const site = options.sites.find((candidate) => candidate.serves(head));
  if (site) {
    await site.serve(head, request, response);
    return;
  }

  const isForm = /^application\/x-www-form-urlencoded/i.test(request.headers['content-type'] ?? '');
  let body = isForm ? await readBody(request) : undefined;
  const full = { ...head, form: body ? new URLSearchParams(body.toString('utf8')) : undefined };
  const identity = identify(full, options.region, options.rest);
  options.calls.record(identity.service, identity.operation);
  const fault = options.faults.next(identity.service, identity.operation, identity.protocol);
  const refuse = (error: AwsError): void => answerError(response, identity, error);
  if (fault?.when === 'before') {
    await applyFault(fault, { request, response, refuse });
    return;
  }

  try {
    const caller = authenticate(identity, options.sessions);
    for (const guard of options.guards) guard.check(identity, full, caller);
    const backend = options.backendFor(identity.service);
    const headers = { ...endToEnd(request.headers), ...accountHeader(caller.account) };
    const handler = options.handlers.find((candidate) => candidate.handles(identity));
    if (!handler && !fault) {
      const path = target.raw;
      await forwardStream(backend, request, response, { path, headers, ...(body && { body }) });
      return;
    }
    body ??= await readBody(request);
    const call: Call = {
      identity,
      head: full,
      caller,
      body,
      forward: (changes) =>
        backend.send({
          method: changes?.method ?? head.method,
          path: changes?.path ?? target.raw,
          headers: { ...(headers as Record<string, string>), ...changes?.headers },
          body: changes?.body ?? body ?? Buffer.alloc(0),
        }),
    };
    const forwarded = async (): Promise<Answer> => ({
      kind: 'response',
      response: await call.forward(),
    });
    const answer = buffered(identity, await (handler?.answer(call) ?? forwarded()), head.method);
    if (fault) await applyFault(fault, { request, response, refuse, answer });
    else sendAnswer(response, answer);
  } catch (error) {
    // The caller gave up, or has a part of an answer that cannot be completed.
    if (response.destroyed || response.headersSent) {
      response.destroy();
      return;
    }
    if (!(error instanceof AwsError)) {
      options.log(`${identity.service}.${identity.operation} failed: ${describe(error)}`);
    }
    if (fault) await applyFault(fault, { request, response, refuse });
    else refuse(toAwsError(error));
  }
}

function buffered(identity: Identity, answer: Answer, method: string): BufferedAnswer {
  switch (answer.kind) {
    case 'json':
      return jsonAnswer(answer.result);
    case 'query':
      return queryAnswer(identity.operation, answer.namespace, answer.result);
    case 'response': {
      const { status, headers, body } = answer.response;
      const kept = endToEnd(headers);
      // The answer to a HEAD has a length and no body; a handler may have changed any other body.
      if (method !== 'HEAD') kept['content-length'] = String(body.length);
      return { status, headers: kept, body };
    }
  }
}

function toAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof SyntaxError) {
    return new AwsError('SerializationException', error.message);
  }
  return new AwsError('InternalFailure', describe(error), 500);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Reads the whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Listens on 127.0.0.1 and gives the port; `port` 0 takes a free one. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (address && typeof address === 'object') resolve(address.port);
      else reject(new Error('the emulator did not get a port'));
    });
  });
}
