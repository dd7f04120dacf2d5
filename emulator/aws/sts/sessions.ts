import { randomBytes } from 'node:crypto';
import { AwsError } from '../../aws-error.js';

/** Who a call comes from. */
export interface Caller {
  readonly arn: string;
  readonly userId: string;
  readonly account: string;
  /** The role behind a session, as a trust policy names it. */
  readonly roleArn: string | undefined;
}

export interface Session extends Caller {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** What its holder is told. */
  readonly expiresAtMs: number;
}

/** Lives of sessions that are shorter than STS allows, so that a test need not wait for hours. */
export interface SessionLives {
  /** When calls with it begin to fail. */
  readonly endAfterSeconds: number;
  /** What its holder is told; longer for clients that renew long before the end. */
  readonly tellSeconds: number;
}

/** The temporary credentials that were handed out. */
export interface Sessions {
  create(caller: Caller, durationSeconds: number): Session;
  /**
   * Tells whose credentials these are. Throws AwsError `ExpiredToken` for a session that is over,
   * `InvalidClientTokenId` for temporary credentials nobody handed out or without their token.
   */
  identify(accessKeyId: string | undefined, sessionToken: string | undefined): Caller;
  /** From now on sessions live this long, whatever they were asked to; undefined: as asked. */
  limit(lives: SessionLives | undefined): void;
  /** Forgets sessions and the limit. */
  clear(): void;
}

/**
 * Creates an empty store. Times are real, not virtual: the SDKs judge an expiration by the
 * machine's clock.
 *
 * Long-term keys are not checked: every one of them is the account's user `emulator`, and one of
 * twelve digits that of the account with this number. The prefix
 * ASIA marks temporary ones (IAM User Guide, "IAM identifiers", unique identifiers).
 */
export function createSessions(accountId: string, now: () => number = Date.now): Sessions {
  const sessions = new Map<string, Session & { readonly endsAtMs: number }>();
  let limit: SessionLives | undefined;
  const userOf = (account: string): Caller => ({
    arn: `arn:aws:iam::${account}:user/emulator`,
    userId: 'AIDAEMULATOREMULATOR0',
    account,
    roleArn: undefined,
  });
  return {
    create(caller, durationSeconds) {
      const session = {
        ...caller,
        accessKeyId: `ASIA${uniqueId(16)}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(120).toString('base64'),
        expiresAtMs: now() + (limit?.tellSeconds ?? durationSeconds) * 1000,
        endsAtMs: now() + (limit?.endAfterSeconds ?? durationSeconds) * 1000,
      };
      sessions.set(session.accessKeyId, session);
      return session;
    },
    identify(accessKeyId, sessionToken) {
      if (accessKeyId === undefined || !accessKeyId.startsWith('ASIA')) {
        return userOf(/^\d{12}$/.test(accessKeyId ?? '') ? (accessKeyId ?? '') : accountId);
      }
      const session = sessions.get(accessKeyId);
      if (!session || session.sessionToken !== sessionToken) {
        throw new AwsError(
          'InvalidClientTokenId',
          'The security token included in the request is invalid.',
          403,
        );
      }
      if (session.endsAtMs <= now()) {
        throw new AwsError(
          'ExpiredToken',
          'The security token included in the request is expired',
          403,
        );
      }
      return session;
    },
    limit(lives) {
      limit = lives;
    },
    clear() {
      sessions.clear();
      limit = undefined;
    },
  };
}

/** Random upper-case letters and digits, as AWS's unique ids are made of. */
export function uniqueId(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % 32)).join('');
}
