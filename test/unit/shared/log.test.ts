import { defuseCommands } from '../../../actions/shared/actions-log.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import { fitSummary } from '../../../actions/shared/summary.js';

describe('printed text', () => {
  it.each([
    '::error::x',
    '  ::set-output name=a::b',
    'ok\n::add-mask::x',
    'a\r##[group]b',
    'the runner looks for ##[add-mask]x anywhere in a line',
    '\u0085\u00a0::error::x',
  ])('is no workflow command: %j', (value) => {
    expect(defuseCommands(value)).not.toMatch(/(^|[\r\n])[\s\u0085]*::|##\[/);
  });

  it('is left alone where it holds none', () => {
    expect(defuseCommands('module.a::b is at 1::2')).toBe('module.a::b is at 1::2');
  });
});

describe('secrets', () => {
  it('are masked once each, line by line, and redacted', () => {
    const masked: string[] = [];
    const secrets = createSecrets((value) => masked.push(value));
    secrets.add('first-line\nsecond-line');
    secrets.add('first-line');
    expect(masked).toEqual(['first-line\nsecond-line', 'first-line', 'second-line']);
    expect(secrets.redact('a first-line b')).toBe('a *** b');
  });

  it('shorter than four characters are not masked: they would blank out prose', () => {
    const masked: string[] = [];
    createSecrets((value) => masked.push(value)).add('ab');
    expect(masked).toEqual([]);
  });
});

describe('a job summary', () => {
  it('is cut at a line within the limit, and says so', () => {
    const fitted = fitSummary('é'.repeat(50) + '\n' + 'b'.repeat(500), 300);
    expect(Buffer.byteLength(fitted)).toBeLessThanOrEqual(300);
    expect(fitted).toMatch(/^é{50}\n/);
    expect(fitted).not.toContain('b'.repeat(10));
  });

  it('that fits is left alone', () => {
    expect(fitSummary('short', 300)).toBe('short');
  });
});
