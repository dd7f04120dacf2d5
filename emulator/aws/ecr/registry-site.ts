import type { IncomingMessage } from 'node:http';
import { AwsError } from '../../aws-error.js';
import type { Backend } from '../backends/process.js';
import type { Calls } from '../calls.js';
import type { BufferedAnswer } from '../faulted-answer.js';
import { applyFault, sendAnswer } from '../faulted-answer.js';
import type { Faults } from '../faults.js';
import type { Site } from '../front.js';
import { readBody } from '../front.js';
import type { RequestHead } from '../identify.js';
import { endToEnd, forwardStream } from '../proxy.js';
import type { Access } from './access.js';
import type { RegistryAuthorization } from './authorization.js';
import type { ManifestStore } from './manifest-store.js';
import { DOCKER_MANIFEST } from './manifest.js';
import type { Referrers } from './referrers.js';
import type { Registries } from './registries.js';
import { RegistryError } from './registry.js';
import type { RegistryRequest } from './registry-path.js';
import { actionOf, registryRequest } from './registry-path.js';
import type { Scope } from './scope.js';
import { ecrHost } from './scope.js';

export interface RegistrySiteOptions {
  readonly scope: Scope;
  readonly backend: Backend;
  readonly registries: Registries;
  readonly authorization: RegistryAuthorization;
  readonly access: Access;
  readonly manifests: ManifestStore;
  readonly referrers: Referrers;
  readonly calls: Calls;
  readonly faults: Faults;
}

const INDEX = 'application/vnd.oci.image.index.v1+json';
const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' };

/**
 * One registry that container engines push to and pull from: the distribution API under `/v2/`,
 * behind Basic authentication with ECR's tokens. Counted as `registry.<Operation>`.
 */
export function createRegistrySite(options: RegistrySiteOptions): Site {
  const { scope, backend, registries } = options;

  /** Answers what the backend cannot; undefined for all that it can. */
  async function ownAnswer(
    asked: RegistryRequest,
    head: RequestHead,
    request: IncomingMessage,
  ): Promise<BufferedAnswer | undefined> {
    const { repositoryName, reference } = asked;
    const registry = registries.at(scope);
    if (asked.operation === 'ListReferrers') {
      const types = head.query.getAll('artifactType');
      const where = { scope, registry, repositoryName };
      const manifests = await options.referrers.of(where, reference, types);
      return json(
        200,
        { schemaVersion: 2, mediaType: INDEX, manifests },
        {
          'content-type': INDEX,
          ...(types.length > 0 ? { 'oci-filters-applied': 'artifactType' } : {}),
        },
      );
    }
    if (asked.operation !== 'PutManifest') return undefined;
    const isDigest = reference.startsWith('sha256:');
    const stored = await options.manifests.put({
      ...{ scope, registry, repositoryName },
      tag: isDigest ? undefined : reference,
      expectedDigest: isDigest ? reference : undefined,
      mediaType: head.headers['content-type'] ?? DOCKER_MANIFEST,
      body: await readBody(request),
    });
    const { subject } = stored.manifest;
    return {
      status: 201,
      headers: {
        ...API_VERSION,
        location: `/v2/${repositoryName}/manifests/${stored.digest}`,
        'docker-content-digest': stored.digest,
        'content-length': '0',
        // Tells that the registry lists referrers (OCI, "Pushing Manifests with Subject").
        ...(subject ? { 'oci-subject': subject.digest } : {}),
      },
      body: Buffer.alloc(0),
    };
  }

  return {
    serves: (head) =>
      (head.path === '/v2' || head.path.startsWith('/v2/')) &&
      !/^AWS4-/.test(head.headers.authorization ?? '') &&
      !head.query.has('X-Amz-Credential'),
    async serve(head, request, response) {
      const asked = registryRequest(head);
      options.calls.record('registry', asked.operation);
      const fault = options.faults.next('registry', asked.operation, 'registry');
      const refuse = (error: AwsError): void => sendAnswer(response, refusalOfFault(error));
      if (fault?.when === 'before') {
        await applyFault(fault, { request, response, refuse });
        return;
      }
      let answer = await authorize(asked, head);
      if (answer) request.resume();
      try {
        answer ??= await ownAnswer(asked, head, request);
      } catch (error) {
        answer = refusal(error);
      }
      const headers = endToEnd(request.headers);
      delete headers['authorization'];
      headers['host'] = ecrHost(scope);
      const path = request.url ?? head.path;
      if (!answer && !fault) {
        await forwardStream(backend, request, response, { path, headers });
        return;
      }
      if (!answer) {
        const { method } = head;
        const body = await readBody(request);
        const forwarded = await backend.send({ method, path, headers: flat(headers), body });
        answer = { ...forwarded, headers: endToEnd(forwarded.headers) };
      }
      if (fault) await applyFault(fault, { request, response, refuse, answer });
      else sendAnswer(response, answer);
    },
  };

  async function authorize(
    asked: RegistryRequest,
    head: RequestHead,
  ): Promise<BufferedAnswer | undefined> {
    const holder = options.authorization.holder(head.headers.authorization, scope.region);
    if (holder.kind === 'expired') {
      const message = 'Your authorization token has expired. Reauthenticate and try again.';
      return failure(403, 'DENIED', message);
    }
    if (holder.kind === 'unknown') {
      const { body, ...rest } = failure(401, 'UNAUTHORIZED', 'Not Authorized');
      // ECR's own challenge (Docker Registry HTTP API, authentication).
      const realm = `Basic realm="http://${head.headers.host ?? ''}/",service="ecr.amazonaws.com"`;
      return { ...rest, headers: { ...rest.headers, 'www-authenticate': realm }, body };
    }
    const action = actionOf(asked);
    if (action === undefined) return undefined;
    try {
      await options.access.check(holder.caller, action, scope, asked.repositoryName);
      return undefined;
    } catch (error) {
      return refusal(error);
    }
  }
}

/**
 * Error codes of the OCI distribution specification for refusals in ECR's words; the statuses are
 * those of its reference implementation.
 */
const CODES: Readonly<Record<string, readonly [number, string]>> = {
  LayersNotFoundException: [400, 'MANIFEST_BLOB_UNKNOWN'],
  ReferencedImagesNotFoundException: [400, 'MANIFEST_BLOB_UNKNOWN'],
  ImageTagAlreadyExistsException: [400, 'TAG_INVALID'],
  ImageDigestDoesNotMatchException: [400, 'MANIFEST_INVALID'],
  InvalidParameterException: [400, 'MANIFEST_INVALID'],
  RepositoryNotFoundException: [404, 'NAME_UNKNOWN'],
  AccessDeniedException: [403, 'DENIED'],
};

function refusal(error: unknown): BufferedAnswer {
  if (error instanceof RegistryError) return failure(error.status, error.code, error.message);
  if (!(error instanceof AwsError)) throw error;
  const [status, code] = CODES[error.code] ?? [error.httpStatus, error.code];
  return failure(status, code, error.message);
}

function refusalOfFault(error: AwsError): BufferedAnswer {
  const isThrottled = error.code.startsWith('Throttling');
  return isThrottled
    ? failure(429, 'TOOMANYREQUESTS', error.message)
    : failure(error.httpStatus, error.code, error.message);
}

function failure(status: number, code: string, message: string): BufferedAnswer {
  return json(status, { errors: [{ code, message }] }, { 'content-type': 'application/json' });
}

function json(status: number, value: unknown, headers: Record<string, string>): BufferedAnswer {
  const body = Buffer.from(JSON.stringify(value));
  const length = { 'content-length': String(body.length) };
  return { status, headers: { ...API_VERSION, ...headers, ...length }, body };
}

function flat(headers: Record<string, string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
}
