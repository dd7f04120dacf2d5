import { createHash, createHmac } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * What stands in a record for a value: a digest (22 characters), or one of the four signs below.
 * Never the value.
 */
export type Mark = string;

/** There is no value, or it is null. */
export const absent: Mark = '-';
/** Known after apply. */
export const unknown: Mark = '?';
/** Sensitive, and there is no key to keep its digest from being guessed: not comparable. */
export const sensitive: Mark = '*';
/** Not compared: declared volatile, or of an object that the plan deletes anyway. */
export const notCompared: Mark = '~';

/** 128 bits: short enough for 10,000 resources, too long to find a second value for. */
const digestBytes = 16;

export const markPattern = /^(?:[-?*~]|[\w-]{22})$/;

/** Keys the digests of one environment's records. */
export interface ReviewKey {
  readonly bytes: Uint8Array;
  /** Tells two keys apart, and nothing about them. */
  readonly fingerprint: string;
}

/** A key from 32 bytes that nobody but the environment's roles can ask for. */
export function reviewKey(bytes: Uint8Array): ReviewKey {
  const digest = createHmac('sha256', bytes).update('infra-actions review key').digest();
  return { bytes, fingerprint: shortened(digest) };
}

/** Turns a value at its place into its digest; two places never show that their values are equal. */
export type DigestOf = (address: string, path: string, value: unknown) => Mark;

/**
 * HMAC-SHA-256 with the key, SHA-256 without one, over the canonical JSON (RFC 8785) of the stack,
 * the place and the value; cut to 128 bits.
 */
export function digestsOf(stackId: string, key: ReviewKey | undefined): DigestOf {
  return (address, path, value) => {
    const text = canonical(['infra-actions review 1', stackId, address, path, value]);
    const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key.bytes);
    return shortened(hash.update(text).digest());
  };
}

function shortened(digest: Buffer): string {
  return digest.subarray(0, digestBytes).toString('base64url');
}

function canonical(value: unknown): string {
  try {
    return canonicalize(value) ?? '';
  } catch {
    // RFC 8785 knows no lone surrogates and no number beyond a double; Terraform may show both.
    return JSON.stringify(value);
  }
}
