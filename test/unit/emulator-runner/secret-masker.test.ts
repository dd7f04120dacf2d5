import fc from 'fast-check';
import { SecretMasker } from '../../../emulator/runner/secret-masker.js';

function masker(...secrets: string[]): SecretMasker {
  const created = new SecretMasker();
  for (const secret of secrets) created.add(secret);
  return created;
}

describe('SecretMasker', () => {
  it('masks every occurrence', () => {
    expect(masker('hunter2').mask('hunter2, again hunter2')).toBe('***, again ***');
  });

  it('masks base64, URL, JSON and XML forms', () => {
    const secret = 'pass"word&more';
    const text = [
      Buffer.from(secret).toString('base64'),
      encodeURIComponent(secret),
      JSON.stringify({ secret }),
      'pass&quot;word&amp;more',
    ].join(' ');
    expect(masker(secret).mask(text)).toBe('*** *** {"secret":"***"} ***');
  });

  it('masks a secret inside something longer that is base64', () => {
    const secret = 'a-long-secret-value';
    for (const before of ['', 'x', 'xy']) {
      const encoded = Buffer.from(`${before}${secret}`).toString('base64');
      expect(masker(secret).mask(encoded)).toContain('***');
    }
  });

  it('masks each line of a secret of several', () => {
    expect(masker('one-line\nother-line').mask('see other-line')).toBe('see ***');
  });

  it('masks the longer of two secrets that overlap', () => {
    expect(masker('abc', 'abcdef').mask('abcdef')).toBe('***');
  });

  it('takes no empty secret', () => {
    expect(masker('', '  ', '\n').mask('some text')).toBe('some text');
  });

  it('leaves no secret in any text', () => {
    fc.assert(
      fc.property(
        fc
          .string({ minLength: 4 })
          .filter((secret) => secret.trim().length >= 4 && !secret.includes('*')),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          expect(masker(secret).mask(`${before}${secret}${after}`)).not.toContain(secret);
        },
      ),
    );
  });
});
