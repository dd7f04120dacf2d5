import type { BackendResponse } from '../backends/process.js';
import { jsonInput, type Handler } from '../call.js';
import { isRecord } from '../record.js';

const ALLOW = 'RedriveAllowPolicy';

/** Attributes of a queue that are kept here, as they were sent. */
interface Kept {
  readonly policy?: string;
  readonly allowPolicy?: string;
}

/**
 * The gaps: moto forgets a queue's RedriveAllowPolicy, and its Policy whenever another attribute is
 * set; who has set one waits for it for ever. And it gives policies back with other spaces.
 *
 * The first two are kept here by queue (Amazon SQS API reference, "SetQueueAttributes",
 * "GetQueueAttributes"). Nothing is allowed or redriven by them.
 */
export function createSqsPolicies(): Handler {
  const queues = new Map<string, Kept>();

  return {
    handles: ({ service, operation }) =>
      service === 'sqs' &&
      ['SetQueueAttributes', 'GetQueueAttributes', 'DeleteQueue'].includes(operation),

    async answer(call) {
      const input = jsonInput(call);
      const queue = typeof input['QueueUrl'] === 'string' ? input['QueueUrl'] : '';
      const kept = queues.get(queue) ?? {};
      if (call.identity.operation === 'GetQueueAttributes') {
        const asked = namesIn(input['AttributeNames']);
        const wanted = asked.includes('All') || asked.includes(ALLOW);
        // The backend refuses the name alone, and still knows whether there is such a queue.
        const names = wanted ? [...asked.filter((name) => name !== ALLOW), 'QueueArn'] : asked;
        const body = Buffer.from(JSON.stringify({ ...input, AttributeNames: names }));
        const response = await call.forward({ body });
        return { kind: 'response', response: asSqsSays(response, kept, wanted) };
      }
      if (call.identity.operation === 'SetQueueAttributes') {
        const { [ALLOW]: allowPolicy, ...sent } = recordOf(input['Attributes']);
        const policy = sent['Policy'];
        // Before the backend is asked: two calls may be on their way at once.
        queues.set(queue, {
          ...kept,
          ...(typeof policy === 'string' && { policy }),
          ...(typeof allowPolicy === 'string' && { allowPolicy }),
        });
        if (Object.keys(sent).length === 0) return { kind: 'json', result: {} };
        const attributes = kept.policy === undefined ? sent : { Policy: kept.policy, ...sent };
        const body = Buffer.from(JSON.stringify({ ...input, Attributes: attributes }));
        return { kind: 'response', response: await call.forward({ body }) };
      }
      const response = await call.forward();
      if (response.status < 300) queues.delete(queue);
      return { kind: 'response', response };
    },

    reset: () => {
      queues.clear();
    },
  };
}

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
}

function asSqsSays(
  response: BackendResponse,
  { policy, allowPolicy }: Kept,
  allowIsWanted: boolean,
): BackendResponse {
  if (response.status >= 300) return response;
  const text = response.body.toString('utf8');
  const answer = text === '' ? {} : recordOf(JSON.parse(text));
  const attributes = recordOf(answer['Attributes']);
  const { Policy, RedrivePolicy } = attributes;
  const body = {
    ...answer,
    Attributes: {
      ...attributes,
      ...(typeof Policy === 'string' && policy !== undefined && { Policy: policy }),
      ...(typeof RedrivePolicy === 'string' && { RedrivePolicy: withoutSpaces(RedrivePolicy) }),
      ...(allowIsWanted &&
        allowPolicy !== undefined &&
        allowPolicy !== '' && { [ALLOW]: allowPolicy }),
    },
  };
  return { ...response, body: Buffer.from(JSON.stringify(body)) };
}

function withoutSpaces(json: string): string {
  return JSON.stringify(JSON.parse(json));
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
