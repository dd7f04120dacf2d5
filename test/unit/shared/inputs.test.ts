import { UserError } from '../../../actions/shared/errors.js';
import { InputReader, suggestion } from '../../../actions/shared/inputs.js';

function readerOf(values: Readonly<Record<string, string>>): InputReader {
  return new InputReader((name) => values[name] ?? '');
}

function problemsOf(reader: InputReader): readonly { code: string; at: unknown }[] {
  try {
    reader.finish(undefined);
  } catch (thrown) {
    if (thrown instanceof UserError) {
      return thrown.problems.map(({ code, at }) => ({ code, at }));
    }
    throw thrown;
  }
  return [];
}

describe('inputs', () => {
  it('are trimmed, and absent ones are undefined', () => {
    const reader = readerOf({ image: '  app:1 ' });
    expect(reader.text('image')).toBe('app:1');
    expect(reader.text('tag')).toBeUndefined();
  });

  it('report every problem at once, each with its input', () => {
    const reader = readerOf({
      command: 'plam',
      wait: 'perhaps',
      'timeout-minutes': '0',
      vars: 'A=1\nnonsense\nA=2',
    });
    reader.oneOf('command', ['plan', 'apply']);
    reader.required('environment');
    reader.boolean('wait', true);
    reader.integer('timeout-minutes', { min: 1, max: 60 });
    reader.keyValues('vars');
    expect(problemsOf(reader)).toEqual([
      { code: 'input-not-allowed', at: { input: 'command' } },
      { code: 'input-required', at: { input: 'environment' } },
      { code: 'input-not-boolean', at: { input: 'wait' } },
      { code: 'input-out-of-range', at: { input: 'timeout-minutes' } },
      { code: 'input-not-key-value', at: { input: 'vars' } },
      { code: 'input-duplicate-key', at: { input: 'vars' } },
    ]);
  });

  it('keep everything after the first = of a key and value', () => {
    expect(readerOf({ vars: 'URL=https://a/?b=c\nEMPTY=' }).keyValues('vars')).toEqual({
      URL: 'https://a/?b=c',
      EMPTY: '',
    });
  });

  it('take lists by line and by comma', () => {
    expect(readerOf({ tags: 'a, b\n\nc,' }).list('tags')).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['1e3', undefined],
    ['3.5', undefined],
    ['-1', undefined],
    ['10', 10],
  ])('read the whole number %s as %s', (value, expected) => {
    expect(readerOf({ n: value }).integer('n', { min: 0, max: 10 })).toBe(expected);
  });

  it('know the names that were read', () => {
    const reader = readerOf({});
    reader.text('a');
    reader.boolean('b', false);
    expect(reader.names).toEqual(['a', 'b']);
  });
});

describe('a suggestion', () => {
  it('names the nearest candidate, and none where all are far', () => {
    expect(suggestion('aply', ['plan', 'apply'])).toContain('apply');
    expect(suggestion('zzzzzz', ['plan', 'apply'])).toBeUndefined();
  });
});
