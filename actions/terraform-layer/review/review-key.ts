import type { KMSClient, KMSClientConfig } from '@aws-sdk/client-kms';
import { OperationError } from '../../shared/errors.js';
import { reviewKey, type ReviewKey } from './marks.js';

/** The one call that a review needs of KMS. */
export interface Kms {
  /** HMAC_SHA_256 of the message under the key. */
  generateMac(keyId: string, message: string): Promise<Uint8Array>;
}

export interface ReviewKeyEnvironment {
  readonly name: string;
  /** KMS key by id, alias or ARN; absent: records of this environment have no key. */
  readonly reviewKey?: string;
}

/** Keys of the digests, one an environment and a run. */
export interface ReviewKeys {
  /** @throws OperationError `review-key-denied`, `review-key-unusable`, `review-key-failed` */
  keyFor(environment: ReviewKeyEnvironment): Promise<ReviewKey | undefined>;
}

/**
 * Derives each environment's key once: the MAC of a fixed message that names project and
 * environment, under a KMS key (AWS KMS API reference, GenerateMac) that readers of the records
 * cannot use. The same in every run, so that an apply can compare with what a plan wrote.
 */
export function reviewKeys(
  project: string | undefined,
  kmsFor: (environment: string) => Kms,
): ReviewKeys {
  const keys = new Map<string, Promise<ReviewKey>>();
  return {
    async keyFor({ name, reviewKey: keyId }) {
      if (keyId === undefined) return undefined;
      const known = keys.get(name);
      if (known !== undefined) return known;
      const made = derive(kmsFor(name), keyId, project, name);
      keys.set(name, made);
      return made;
    },
  };
}

async function derive(
  kms: Kms,
  keyId: string,
  project: string | undefined,
  environment: string,
): Promise<ReviewKey> {
  const message = JSON.stringify(['infra-actions review key 1', project ?? '', environment]);
  let mac: Uint8Array;
  try {
    mac = await kms.generateMac(keyId, message);
  } catch (thrown) {
    throw explained(thrown, keyId, environment);
  }
  return reviewKey(mac);
}

/** KMS through the SDK, loaded when first used. */
export function awsKms(config: KMSClientConfig): Kms {
  let client: Promise<KMSClient> | undefined;
  return {
    async generateMac(keyId, message) {
      const sdk = await import('@aws-sdk/client-kms');
      client ??= Promise.resolve(new sdk.KMSClient(config));
      const command = new sdk.GenerateMacCommand({
        KeyId: keyId,
        MacAlgorithm: 'HMAC_SHA_256',
        Message: new TextEncoder().encode(message),
      });
      const { Mac: mac } = await (await client).send(command);
      if (mac === undefined || mac.length !== 32) {
        throw new Error('KMS answered without a MAC of 32 bytes');
      }
      return mac;
    },
  };
}

/** Errors of GenerateMac (AWS KMS API reference) that the key's owner can do something about. */
const unusable: Readonly<Record<string, string>> = {
  NotFoundException: 'there is no such key in this account and region',
  DisabledException: 'the key is disabled',
  KMSInvalidStateException: 'the key is pending deletion, or in another state that forbids its use',
  InvalidKeyUsageException:
    'it is no HMAC key: make one with key usage GENERATE_VERIFY_MAC and key spec HMAC_256',
};

function explained(thrown: unknown, keyId: string, environment: string): OperationError {
  const name = thrown instanceof Error ? thrown.name : '';
  const what = `the review key ${JSON.stringify(keyId)} of environment "${environment}"`;
  const options = { details: { keyId, environment, name }, cause: thrown };
  if (name === 'AccessDeniedException' || name === 'AccessDenied') {
    return new OperationError(
      'review-key-denied',
      `${what} may not be used by this role: it needs kms:GenerateMac on the key, from the role's ` +
        "policy and the key's own. The plan role and the apply role both need it",
      options,
    );
  }
  const reason = unusable[name];
  if (reason !== undefined) {
    return new OperationError('review-key-unusable', `${what} cannot be used: ${reason}`, options);
  }
  const message = thrown instanceof Error ? thrown.message : 'an unknown error';
  return new OperationError('review-key-failed', `${what} could not be used: ${message}`, options);
}
