import { createHmac, randomBytes } from 'node:crypto';
import canonicalize from 'canonicalize';

/** Digests of outputs by name; without a value: not known. */
export type OutputDigests = ReadonlyMap<string, string | undefined>;

/** Keyed anew in each run: a digest tells whether two values are equal, and nothing else. */
const key = randomBytes(32);

/** What is kept of an output instead of its value, which may be sensitive and large. */
export function outputDigest(value: unknown): string {
  return createHmac('sha256', key)
    .update(canonicalize(value) ?? '')
    .digest('base64');
}

export function outputDigests(values: ReadonlyMap<string, unknown>): OutputDigests {
  return new Map([...values].map(([name, value]) => [name, outputDigest(value)]));
}

/** Names of the outputs that came, went, or are not what they were; unknown ones among them. */
export function changedOutputs(before: OutputDigests, after: OutputDigests): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => {
      if (before.has(name) !== after.has(name)) return true;
      const [old, now] = [before.get(name), after.get(name)];
      return old === undefined || now === undefined || old !== now;
    })
    .sort();
}
