import type { OperationHandlers, OperationRequest } from '../conformance.js';
import type { OperationId } from '../operation-ids.js';
import type { Account, GithubState, Repository, Token } from '../state.js';
import { ApiError } from '../api-error.js';

/** The handlers of one topic. */
export type Topic<Ids extends OperationId> = Pick<OperationHandlers, Ids>;

/** The repository that a request's path names. */
export function repositoryOf(state: GithubState, request: OperationRequest): Repository {
  return state.repository(request.params['owner'] ?? '', request.params['repo'] ?? '');
}

/** A number of the path; the description has already made sure that it is one. */
export function numberOf(request: OperationRequest, name: string): number {
  return Number(request.params[name]);
}

export function tokenOf(state: GithubState, request: OperationRequest): Token {
  const token = state.tokens.get(request.token);
  if (token === undefined) throw new ApiError(401, 'Bad credentials');
  return token;
}

/** Who a request's writes are attributed to. */
export function authorOf(state: GithubState, request: OperationRequest): Account {
  return state.account(tokenOf(state, request).login);
}

/** A text of the body, or undefined where it is absent or null. */
export function textOf(request: OperationRequest, name: string): string | undefined {
  const value = request.body[name];
  return typeof value === 'string' ? value : undefined;
}
