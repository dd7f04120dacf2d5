import { randomBytes } from 'node:crypto';
import type { Caller, SessionLives } from '../sts/sessions.js';

/** ECR user guide, "Private registry authentication": a token is good for 12 hours. */
const TOKEN_LIFETIME_SECONDS = 12 * 60 * 60;

/** What an Authorization header is worth in a region. */
export type TokenHolder =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' };

/** The passwords that GetAuthorizationToken hands out and the registries accept. */
export interface RegistryAuthorization {
  /** A new token: base64 of `AWS:<password>`. */
  issue(caller: Caller, region: string): { authorizationToken: string; expiresAtMs: number };
  /** Tells who holds the token of a Basic header; one of another region is unknown. */
  holder(authorization: string | undefined, region: string): TokenHolder;
  /** From now on tokens live this long; undefined: as ECR's. */
  limit(lives: SessionLives | undefined): void;
  /** Forgets tokens and the limit. */
  clear(): void;
}

/** Creates an empty store. Times are real, as clients judge them by the machine's clock. */
export function createRegistryAuthorization(now: () => number = Date.now): RegistryAuthorization {
  const tokens = new Map<string, { caller: Caller; region: string; endsAtMs: number }>();
  let limit: SessionLives | undefined;
  return {
    issue(caller, region) {
      const password = randomBytes(48).toString('base64url');
      const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64');
      const endsAtMs = now() + (limit?.endAfterSeconds ?? TOKEN_LIFETIME_SECONDS) * 1000;
      const expiresAtMs = now() + (limit?.tellSeconds ?? TOKEN_LIFETIME_SECONDS) * 1000;
      tokens.set(authorizationToken, { caller, region, endsAtMs });
      return { authorizationToken, expiresAtMs };
    },
    holder(authorization, region) {
      const token = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
      const found = token === undefined ? undefined : tokens.get(token);
      if (found?.region !== region) return { kind: 'unknown' };
      if (found.endsAtMs <= now()) return { kind: 'expired' };
      return { kind: 'caller', caller: found.caller };
    },
    limit(lives) {
      limit = lives;
    },
    clear() {
      tokens.clear();
      limit = undefined;
    },
  };
}
