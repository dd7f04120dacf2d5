import { randomBytes } from 'node:crypto';

/** ECR user guide, "Private registry authentication": a token is good for 12 hours. */
const TOKEN_LIFETIME_MS = 12 * 60 * 60 * 1000;

/** The passwords that GetAuthorizationToken hands out and the registry accepts. */
export interface RegistryAuthorization {
  /** A new token: base64 of `AWS:<password>`. */
  issue(): { authorizationToken: string; expiresAtMs: number };
  /** Tells whether an Authorization header is Basic with a token that is still good. */
  accepts(authorization: string | undefined): boolean;
  clear(): void;
}

/** Creates an empty store. Times are real, as clients judge them by the machine's clock. */
export function createRegistryAuthorization(now: () => number = Date.now): RegistryAuthorization {
  const expirations = new Map<string, number>();
  return {
    issue() {
      const password = randomBytes(48).toString('base64url');
      const token = Buffer.from(`AWS:${password}`).toString('base64');
      const expiresAtMs = now() + TOKEN_LIFETIME_MS;
      expirations.set(token, expiresAtMs);
      return { authorizationToken: token, expiresAtMs };
    },
    accepts(authorization) {
      const token = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) return false;
      return (expirations.get(token) ?? -Infinity) > now();
    },
    clear: () => expirations.clear(),
  };
}
