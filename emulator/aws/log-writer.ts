import { AwsError } from '../aws-error.js';
import type { Backend } from './backends/process.js';
import { signatureLike } from './sts/iam.js';

/** Where the emulator's containers write their lines. */
export interface LogWriter {
  /** Throws AwsError `ResourceNotFoundException` when the group does not exist. */
  put(group: string, stream: string, lines: readonly string[], timestampMs: number): Promise<void>;
}

/** PutLogEvents, API reference: no event may lie more than two hours ahead. */
const FARTHEST_AHEAD_MS = 2 * 60 * 60 * 1000 - 60_000;

/**
 * Writes to CloudWatch Logs in the backend, making the stream as the awslogs driver does.
 * A virtual time that runs too far ahead for CloudWatch is held back to what it accepts.
 */
export function createLogWriter(moto: Backend, region: string): LogWriter {
  async function call(operation: string, input: unknown): Promise<void> {
    const response = await moto.send({
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Logs_20140328.${operation}`,
        authorization: signatureLike('logs', region),
      },
      body: JSON.stringify(input),
    });
    if (response.status < 400) return;
    const error = JSON.parse(response.body.toString('utf8')) as Record<string, unknown>;
    const type = String(error['__type']).split('#').at(-1) ?? 'ServiceUnavailableException';
    throw new AwsError(type, String(error['message']), response.status);
  }

  return {
    async put(logGroupName, logStreamName, lines, timestampMs) {
      try {
        await call('CreateLogStream', { logGroupName, logStreamName });
      } catch (error) {
        const exists = error instanceof AwsError && error.code === 'ResourceAlreadyExistsException';
        if (!exists) throw error;
      }
      const timestamp = Math.min(Math.round(timestampMs), Date.now() + FARTHEST_AHEAD_MS);
      const logEvents = lines.map((message) => ({ message, timestamp }));
      await call('PutLogEvents', { logGroupName, logStreamName, logEvents });
    },
  };
}
