import fc from 'fast-check';
import { LiteralFinder } from '../../../actions/terraform-layer/review/literal-finder.js';
import { SensitiveValues } from '../../../actions/terraform-layer/review/sensitive-values.js';

function finderOf(literals: readonly string[]): LiteralFinder {
  const finder = new LiteralFinder();
  for (const literal of literals) finder.add(literal);
  return finder;
}

const alphabet = fc.constantFrom('a', 'b', 'c', '"', '\n', 'é', '\ud83d');
const literal = fc.array(alphabet, { minLength: 8, maxLength: 12 }).map((parts) => parts.join(''));
const filler = fc.array(alphabet, { maxLength: 20 }).map((parts) => parts.join(''));

describe('a search for many literals', () => {
  it('leaves none of them in a text, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.array(literal, { minLength: 1, maxLength: 8 }),
        fc.array(filler, { minLength: 2, maxLength: 6 }),
        (literals, fillers) => {
          const text = fillers.map((part, index) => part + (literals[index] ?? '')).join('');
          const replaced = finderOf(literals).replace(text, '*');
          for (const one of literals) expect(replaced).not.toContain(one);
        },
      ),
    );
  });

  it('leaves a text without any as it is', () => {
    fc.assert(
      fc.property(filler, (text) => {
        expect(finderOf(['zzzzzzzz', 'zzzzzzzzz']).replace(text, '*')).toBe(text);
      }),
    );
  });

  it('takes the longer of two that begin alike', () => {
    const finder = finderOf(['password', 'password-and-more']);
    expect(finder.replace('a password-and-more b password c', '*')).toBe('a * b * c');
  });

  it('does not look for what is too short to be told from words', () => {
    expect(finderOf(['true']).replace('a true story', '*')).toBe('a true story');
  });
});

describe('sensitive values', () => {
  it('are found in megabytes of text and among thousands of them', () => {
    const secrets = new SensitiveValues();
    const all = Array.from({ length: 10_000 }, (_, index) => `s3cr3t-number-${index}!`);
    secrets.collect(all, true);
    const value = `${'x'.repeat(5_000_000)}${all[9_999]}${'y'.repeat(10)}`;
    expect(secrets.hide({ kind: 'value', value })).toEqual({
      kind: 'value',
      value: `${'x'.repeat(5_000_000)}(sensitive)${'y'.repeat(10)}`,
    });
  });

  it('are found in a document inside a string, and as a key', () => {
    const secrets = new SensitiveValues();
    secrets.collect('line "one"\nline two', true);
    const value = JSON.stringify({ key: 'line "one"\nline two' });
    expect(JSON.stringify(secrets.hide({ kind: 'value', value }))).not.toContain('line two');
    const keyed = { 'line "one"\nline two': 1 };
    expect(JSON.stringify(secrets.hide({ kind: 'value', value: keyed }))).not.toContain('line two');
  });

  it('are taken out of the path of an attribute', () => {
    const secrets = new SensitiveValues();
    secrets.collect('hunter2-hunter2', true);
    expect(secrets.hideInside('map["hunter2-hunter2"].x')).toBe('map["(sensitive)"].x');
  });
});
