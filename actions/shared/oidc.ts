import { getIDToken } from '@actions/core';
import { decodeJwt } from 'jose';
import type { Env } from './env.js';
import { OperationError, UserError } from './errors.js';

/** Fetches a fresh OIDC token of this job for `audience`. */
export type FetchIdToken = (audience: string) => Promise<string>;

/**
 * The runner's token service (GitHub docs, "OpenID Connect reference").
 *
 * @throws UserError `oidc-permission-missing` where the job was not granted `id-token: write`.
 * @throws OperationError `oidc-token-failed` where the service does not answer.
 */
export function githubIdToken(env: Env): FetchIdToken {
  return async (audience) => {
    if (
      env('ACTIONS_ID_TOKEN_REQUEST_URL') === undefined ||
      env('ACTIONS_ID_TOKEN_REQUEST_TOKEN') === undefined
    ) {
      throw new UserError({
        code: 'oidc-permission-missing',
        message: 'role-to-assume needs an OIDC token, and this job may not ask for one',
        at: { input: 'role-to-assume' },
        hint: 'add "permissions: id-token: write" to the job, and to the job that calls this workflow; pull requests from forks never get it',
      });
    }
    try {
      return await getIDToken(audience);
    } catch (cause) {
      throw new OperationError('oidc-token-failed', 'GitHub did not give an OIDC token', { cause });
    }
  };
}

/** The claims that trust policies look at; shown, never trusted, and never the token itself. */
const shownClaims = [
  'sub',
  'aud',
  'iss',
  'repository',
  'repository_id',
  'environment',
  'ref',
  'event_name',
  'job_workflow_ref',
] as const;

/** The claims of a token that a trust policy would be written against; absent ones left out. */
export function describeClaims(token: string): Readonly<Record<string, string>> {
  const claims = decodeJwt(token);
  return Object.fromEntries(
    shownClaims.flatMap((name) => {
      const value = claims[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
