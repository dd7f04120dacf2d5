import type { BackendRequest, BackendResponse } from './backends/process.js';
import type { Identity, RequestHead } from './identify.js';
import type { Caller } from './sts/sessions.js';

/** One call whose body has been read, on its way through the front. */
export interface Call {
  readonly identity: Identity;
  readonly head: RequestHead;
  readonly caller: Caller;
  readonly body: Buffer;
  /** Passes the call to its backend, changed where `changes` says so, and reads the answer. */
  forward(changes?: Partial<BackendRequest>): Promise<BackendResponse>;
}

/** What a handler answers: a JSON 1.1 result, or a backend's whole response. */
export type Answer =
  | { readonly kind: 'json'; readonly result: unknown }
  | { readonly kind: 'query'; readonly namespace: string; readonly result: string }
  | { readonly kind: 'response'; readonly response: BackendResponse };

/**
 * Answers some calls in place of a backend, or corrects what it answers.
 *
 * Throws AwsError for refusals.
 */
export interface Handler {
  handles(identity: Identity): boolean;
  answer(call: Call): Promise<Answer>;
  /** Forgets everything. */
  reset(): void;
}

/** Looks at calls before anything answers them; throws AwsError to refuse one. */
export interface Guard {
  check(identity: Identity, head: RequestHead, caller: Caller): void;
}

/** The parameters of a query call, from its body or its address. */
export function formInput({ head }: Call): URLSearchParams {
  return head.form ?? head.query;
}

/** Reads the body of a JSON call. */
export function jsonInput(call: Call): Record<string, unknown> {
  const text = call.body.toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
