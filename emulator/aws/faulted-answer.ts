import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AwsError } from '../aws-error.js';
import type { Fault } from './faults.js';

/** A whole answer at hand, to be sent or to be lost. */
export interface BufferedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** Sends a whole answer; that to a HEAD goes without its body. */
export function sendAnswer(response: ServerResponse, answer: BufferedAnswer): void {
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

export interface FaultedCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Answers with an error in the words of the call's service. */
  readonly refuse: (error: AwsError) => void;
  /** What would have been answered, where the call has been carried out. */
  readonly answer?: BufferedAnswer | undefined;
}

/** Does what a fault wants instead of an answer; settles once nothing more is to be done. */
export async function applyFault(fault: Fault, call: FaultedCall): Promise<void> {
  const { request, response, answer } = call;
  switch (fault.kind) {
    case 'answer':
      request.resume();
      call.refuse(fault.error);
      return;
    case 'timeout':
      // The connection stays open, and silent, until the caller gives up or the front stops.
      request.resume();
      return;
    case 'reset':
      if (fault.when === 'before') await receive(request, fault.afterBytes);
      else if (answer && fault.afterBytes > 0) await sendPart(response, answer, fault.afterBytes);
      request.socket.resetAndDestroy();
  }
}

/** Takes in so many bytes of a request's body, or all of a shorter one. */
function receive(request: IncomingMessage, bytes: number): Promise<void> {
  if (bytes === 0) return Promise.resolve();
  // Iterating over the request would destroy it, and with it the connection, in an orderly way.
  return new Promise((resolve) => {
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received >= bytes) resolve();
    });
    request.once('close', resolve);
    request.once('end', resolve);
  });
}

/** Announces the whole answer, and sends so many bytes of its body. */
function sendPart(response: ServerResponse, answer: BufferedAnswer, bytes: number): Promise<void> {
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-length': String(answer.body.length),
  });
  const part = answer.body.subarray(0, Math.min(bytes, answer.body.length - 1));
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.write(part, () => resolve());
  });
}
