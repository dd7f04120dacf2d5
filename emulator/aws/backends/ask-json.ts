import { AwsError } from '../../aws-error.js';
import { callerHeaders } from './caller-headers.js';
import type { Backend } from './process.js';

/** One operation of a service that speaks AWS JSON 1.1. */
export interface JsonOperation {
  /** The service as signatures name it. */
  readonly service: string;
  readonly region: string;
  readonly accountId: string;
  /** `<service and version>.<operation>`. */
  readonly target: string;
  readonly input: unknown;
}

/** Asks a backend in the emulator's own name. Throws the AwsError that it refuses with. */
export async function askJson(
  backend: Backend,
  { service, region, accountId, target, input }: JsonOperation,
): Promise<Record<string, unknown>> {
  const response = await backend.send({
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      ...callerHeaders(service, region, accountId),
    },
    body: JSON.stringify(input),
  });
  const body = response.body.toString('utf8');
  const answer = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>;
  if (response.status < 400) return answer;
  const { __type: type = 'ServerException', message = answer['Message'] ?? '' } = answer;
  throw new AwsError(String(type).split('#').at(-1) ?? '', String(message), response.status);
}
