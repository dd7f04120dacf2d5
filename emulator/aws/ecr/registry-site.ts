import type { ServerResponse } from 'node:http';
import type { Backend } from '../backends/process.js';
import type { Calls } from '../calls.js';
import type { Faults } from '../faults.js';
import type { Site } from '../front.js';
import type { RequestHead } from '../identify.js';
import { endToEnd, forwardStream } from '../proxy.js';
import type { RegistryAuthorization } from './authorization.js';
import type { Layers } from './layers.js';

const LAYERS = '/_layers/';

export interface RegistrySiteOptions {
  readonly backend: Backend;
  readonly authorization: RegistryAuthorization;
  readonly calls: Calls;
  readonly faults: Faults;
}

/**
 * The registry that container engines push to and pull from: the distribution API under `/v2/`,
 * behind Basic authentication with ECR's tokens. Counted as `registry.<Operation>`.
 */
export function createRegistrySite(options: RegistrySiteOptions): Site {
  return {
    serves: (head) =>
      (head.path === '/v2' || head.path.startsWith('/v2/')) &&
      !/^AWS4-/.test(head.headers.authorization ?? '') &&
      !head.query.has('X-Amz-Credential'),
    async serve(head, request, response) {
      const operation = registryOperation(head);
      options.calls.record('registry', operation);
      const fault = options.faults.next('registry', operation, 'registry');
      if (fault?.kind === 'reset') {
        request.socket.resetAndDestroy();
        return;
      }
      if (fault?.kind === 'timeout') {
        request.resume();
        return;
      }
      if (fault) {
        request.resume();
        const throttled = fault.error.code.startsWith('Throttling');
        const code = throttled ? 'TOOMANYREQUESTS' : fault.error.code;
        refuse(response, throttled ? 429 : fault.error.httpStatus, code, fault.error.message);
        return;
      }
      if (!options.authorization.accepts(head.headers.authorization)) {
        request.resume();
        // ECR's own challenge (Docker Registry HTTP API, authentication).
        response.setHeader(
          'www-authenticate',
          `Basic realm="http://${head.headers.host ?? ''}/",service="ecr.amazonaws.com"`,
        );
        refuse(response, 401, 'UNAUTHORIZED', 'Not Authorized');
        return;
      }
      const headers = endToEnd(request.headers);
      delete headers['authorization'];
      await forwardStream(options.backend, request, response, {
        path: request.url ?? head.path,
        headers,
      });
    },
  };
}

/** Serves the addresses that GetDownloadUrlForLayer gives; the address itself is the secret. */
export function createLayerSite(layers: Layers): Site {
  return {
    serves: (head) => head.path.startsWith(LAYERS),
    async serve(head, _request, response) {
      const blob = await layers.download(head.path.slice(LAYERS.length));
      if (!blob) {
        response.writeHead(403).end();
        return;
      }
      response.writeHead(200, {
        'content-type': 'application/octet-stream',
        'content-length': blob.length,
      });
      response.end(head.method === 'HEAD' ? undefined : blob);
    },
  };
}

/** A name for a request of the distribution API, for counting and fault rules. */
export function registryOperation(head: Pick<RequestHead, 'method' | 'path'>): string {
  const { method, path } = head;
  const verb = { GET: 'Get', HEAD: 'Head', PUT: 'Put', DELETE: 'Delete' }[method] ?? method;
  if (path === '/v2' || path === '/v2/') return 'Ping';
  if (/\/blobs\/uploads\/?$/.test(path)) return 'StartUpload';
  if (/\/blobs\/uploads\/[^/]+$/.test(path)) {
    return { PATCH: 'UploadChunk', PUT: 'FinishUpload' }[method] ?? `${verb}Upload`;
  }
  if (/\/blobs\/[^/]+$/.test(path)) return `${verb}Blob`;
  if (/\/manifests\/[^/]+$/.test(path)) return `${verb}Manifest`;
  if (path.endsWith('/tags/list')) return 'ListTags';
  return `${method} ${path}`;
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const body = Buffer.from(JSON.stringify({ errors: [{ code, message }] }));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'docker-distribution-api-version': 'registry/2.0',
  });
  response.end(body);
}
