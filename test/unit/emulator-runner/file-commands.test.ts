import fc from 'fast-check';
import {
  FileCommandError,
  parseKeyValueFile,
  parsePathFile,
} from '../../../emulator/runner/file-commands.js';

describe('parseKeyValueFile', () => {
  it('reads single lines and blocks, and skips empty lines', () => {
    const text = 'a=1\n\nb<<EOF\nline 1\n\nline 3\nEOF\nc=x=y\n';
    expect([...parseKeyValueFile(text)]).toEqual([
      ['a', '1'],
      ['b', 'line 1\n\nline 3'],
      ['c', 'x=y'],
    ]);
  });

  it('reads an empty block and an empty value', () => {
    expect([...parseKeyValueFile('a<<EOF\nEOF\nb=\n')]).toEqual([
      ['a', ''],
      ['b', ''],
    ]);
  });

  it('lets the first of = and << decide the form', () => {
    expect(parseKeyValueFile('a=b<<c\n').get('a')).toBe('b<<c');
    expect(parseKeyValueFile('a<<x=y\nv\nx=y\n').get('a')).toBe('v');
  });

  it('ends a block at a line that is exactly the delimiter', () => {
    expect(parseKeyValueFile('a<<EOF\n EOF\nEOF \nEOF').get('a')).toBe(' EOF\nEOF ');
  });

  it('keeps the later of two values', () => {
    expect(parseKeyValueFile('a=1\na=2\n').get('a')).toBe('2');
  });

  it.each([
    ['a line with neither form', 'novalue\n'],
    ['an empty name', '=x\n'],
    ['an empty name of a block', '<<EOF\nx\nEOF\n'],
    ['an empty delimiter', 'a<<\nx\n'],
    ['a block without an end', 'a<<EOF\nx\n'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseKeyValueFile(text)).toThrow(FileCommandError);
  });

  it('gives back any text that was written with a delimiter that it does not contain', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        fc.pre(!value.split('\n').includes('DELIMITER'));
        expect(parseKeyValueFile(`name<<DELIMITER\n${value}\nDELIMITER\n`).get('name')).toBe(value);
      }),
    );
  });
});

describe('parsePathFile', () => {
  it('reads a directory a line', () => {
    expect(parsePathFile('/a\n\n/b c\n')).toEqual(['/a', '/b c']);
  });
});
