import { createHmac } from 'node:crypto';
import { reviewKeys, type Kms } from '../../../actions/terraform-layer/review/review-key.js';
import { aPlan, entry, review } from '../../support/plan-documents.js';

/** KMS with one HMAC key of its own; notes what is asked of it. */
function fakeKms(secret: string): Kms & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    generateMac(keyId, message) {
      asked.push(`${keyId} ${message}`);
      return Promise.resolve(createHmac('sha256', secret).update(message).digest());
    },
  };
}

function refusing(name: string): Kms {
  const error = Object.assign(new Error('no'), { name });
  return { generateMac: () => Promise.reject(error) };
}

const dev = { name: 'dev', reviewKey: 'alias/review' };

describe('the key of the digests', () => {
  it('is asked for once an environment, and is the same in every run', async () => {
    const kms = fakeKms('one');
    const keys = reviewKeys('shop', () => kms);
    const [first, second] = await Promise.all([keys.keyFor(dev), keys.keyFor(dev)]);
    expect(first).toBe(second);
    expect(kms.asked).toHaveLength(1);
    const again = await reviewKeys('shop', () => fakeKms('one')).keyFor(dev);
    expect(again).toEqual(first);
  });

  it('is another one for another environment, project or KMS key', async () => {
    const made = await Promise.all([
      reviewKeys('shop', () => fakeKms('one')).keyFor(dev),
      reviewKeys('shop', () => fakeKms('one')).keyFor({ ...dev, name: 'production' }),
      reviewKeys('other', () => fakeKms('one')).keyFor(dev),
      reviewKeys('shop', () => fakeKms('two')).keyFor(dev),
    ]);
    expect(new Set(made.map((key) => key?.fingerprint)).size).toBe(4);
    const plan = aPlan([entry('x.a', ['create'], null, { size: 'large' })]);
    const marks = made.map((key) => JSON.stringify(review(plan, { key }).record.changes));
    expect(new Set(marks).size).toBe(4);
  });

  it('is not asked for where an environment has none', async () => {
    const kms = fakeKms('one');
    expect(await reviewKeys('shop', () => kms).keyFor({ name: 'dev' })).toBeUndefined();
    expect(kms.asked).toEqual([]);
  });

  it.each([
    ['AccessDeniedException', 'review-key-denied'],
    ['NotFoundException', 'review-key-unusable'],
    ['DisabledException', 'review-key-unusable'],
    ['InvalidKeyUsageException', 'review-key-unusable'],
    ['TimeoutError', 'review-key-failed'],
  ])('that cannot be had is an error: %s', async (name, code) => {
    const keys = reviewKeys('shop', () => refusing(name));
    await expect(keys.keyFor(dev)).rejects.toMatchObject({
      code,
      details: { keyId: 'alias/review', environment: 'dev', name },
    });
  });
});
