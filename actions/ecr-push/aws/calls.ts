import type { ECRClient } from '@aws-sdk/client-ecr';
import { toError } from '../../shared/errors.js';
import { explain } from './answers.js';

/** ECR API reference: the longest list that its operations take. */
const listLimit = 100;

/** One client of ECR and how its commands are sent. */
export interface Calls {
  readonly client: ECRClient;
  readonly signal: AbortSignal;
  /** Passed beside each command. */
  readonly abort: { readonly abortSignal: AbortSignal };
  /**
   * Sends one command; `expected` turns an error that is an answer into one.
   *
   * @throws OperationError `ecr-denied`, `ecr-failed`, whose details hold operation and repository;
   * `cancelled` once the signal is aborted
   */
  readonly call: <T>(
    operation: string,
    repository: string,
    send: () => Promise<T>,
    expected?: Readonly<Record<string, (error: Error) => T>>,
  ) => Promise<T>;
}

/** Calls over a client of the AWS SDK, which also does the retries. */
export function ecrCalls(client: ECRClient, signal: AbortSignal): Calls {
  return {
    client,
    signal,
    abort: { abortSignal: signal },
    async call(operation, repository, send, expected = {}) {
      try {
        return await send();
      } catch (thrown) {
        const error = toError(thrown);
        const answer = expected[error.name];
        if (answer !== undefined) return answer(error);
        throw explain(operation, repository, error, signal);
      }
    },
  };
}

/** Sends a list in as many requests as it takes, one after the other. */
export async function inBatches<T, R>(
  items: readonly T[],
  send: (batch: readonly T[]) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = [];
  for (let from = 0; from < items.length; from += listLimit) {
    answers.push(await send(items.slice(from, from + listLimit)));
  }
  return answers;
}
