import { AwsError } from '../aws-error.js';
import { askJson } from './backends/ask-json.js';
import type { Backend } from './backends/process.js';

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
export function createLogWriter(moto: Backend, region: string, accountId: string): LogWriter {
  const call = (operation: string, input: unknown): Promise<unknown> =>
    askJson(moto, {
      ...{ service: 'logs', region, accountId },
      ...{ target: `Logs_20140328.${operation}`, input },
    });

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
