import { answerError } from '../answer.js';
import type { Calls } from '../calls.js';
import type { BufferedAnswer } from '../faulted-answer.js';
import { applyFault, sendAnswer } from '../faulted-answer.js';
import type { Faults } from '../faults.js';
import type { Site } from '../front.js';
import type { Identity } from '../identify.js';
import type { Layers } from './layers.js';

const LAYERS = '/_layers/';
const OPERATION = 'DownloadLayer';

/** Layers come from S3 at AWS, so errors are in its words. */
const IDENTITY: Identity = {
  ...{ service: 's3', operation: OPERATION, protocol: 'rest', region: '' },
  accessKeyId: undefined,
  sessionToken: undefined,
};

/**
 * Serves the addresses that GetDownloadUrlForLayer gives; the address itself is the secret.
 * Counted as `registry.DownloadLayer`.
 */
export function createLayerSite(layers: Layers, calls: Calls, faults: Faults): Site {
  return {
    serves: (head) => head.path.startsWith(LAYERS),
    async serve(head, request, response) {
      calls.record('registry', OPERATION);
      const fault = faults.next('registry', OPERATION, 's3');
      const refuse = (error: Parameters<typeof answerError>[2]): void =>
        answerError(response, IDENTITY, error);
      if (fault?.when === 'before') {
        await applyFault(fault, { request, response, refuse });
        return;
      }
      const blob = await layers.download(head.path.slice(LAYERS.length));
      const answer = answerWith(blob, head.headers.range);
      if (fault) await applyFault(fault, { request, response, refuse, answer });
      else sendAnswer(response, answer);
    },
  };
}

/** The whole layer, or the part that one range asks for (RFC 9110, section 14). */
function answerWith(blob: Buffer | undefined, range: string | undefined): BufferedAnswer {
  if (!blob) return { status: 403, headers: { 'content-length': '0' }, body: Buffer.alloc(0) };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const headers = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  if (first === undefined) {
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(blob.length) },
      body: blob,
    };
  }
  const end = Math.min(
    last === undefined || last === '' ? Infinity : Number(last),
    blob.length - 1,
  );
  if (Number(first) > end) {
    const none = { 'content-range': `bytes */${blob.length}`, 'content-length': '0' };
    return { status: 416, headers: none, body: Buffer.alloc(0) };
  }
  const body = blob.subarray(Number(first), end + 1);
  const where = { 'content-range': `bytes ${first}-${end}/${blob.length}` };
  return {
    status: 206,
    headers: { ...headers, ...where, 'content-length': String(body.length) },
    body,
  };
}
