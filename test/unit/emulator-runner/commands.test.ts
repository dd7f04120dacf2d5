import { parseCommand } from '../../../emulator/runner/commands.js';

describe('parseCommand', () => {
  it('reads name, properties and data', () => {
    expect(parseCommand('::error file=a.tf,line=3,title=Oops::bad')).toEqual({
      name: 'error',
      properties: { file: 'a.tf', line: '3', title: 'Oops' },
      data: 'bad',
    });
  });

  it('undoes escapes, the percent sign last', () => {
    expect(parseCommand('::notice title=a%3Ab%2Cc%0Ad::100%25%0Anext%250A')).toEqual({
      name: 'notice',
      properties: { title: 'a:b,c\nd' },
      data: '100%\nnext%0A',
    });
  });

  it('does not undo property escapes in the data', () => {
    expect(parseCommand('::debug::a%3Ab')?.data).toBe('a%3Ab');
  });

  it('keeps colons in the data', () => {
    expect(parseCommand('::warning::a::b')?.data).toBe('a::b');
  });

  it('takes leading space and any case of the name', () => {
    expect(parseCommand('  ::ADD-MASK::x')).toMatchObject({ name: 'add-mask', data: 'x' });
  });

  it('drops properties that have no value or no name', () => {
    expect(parseCommand('::error file=,=x,line=2::m')?.properties).toEqual({ line: '2' });
  });

  it.each([
    ['text before the command', 'x ::error::m'],
    ['a command that nobody knows', '::explode::m'],
    ['no end of the head', '::error file=a'],
    ['a single colon', ':error::m'],
    ['nothing', ''],
  ])('reads %s as plain text', (_what, line) => {
    expect(parseCommand(line)).toBeUndefined();
  });

  it('reads the old form anywhere in a line, as the runner still does', () => {
    expect(parseCommand('12:00 ##[error file=a.tf;line=1]bad%3B')).toEqual({
      name: 'error',
      properties: { file: 'a.tf', line: '1' },
      data: 'bad;',
    });
  });

  it('knows the token that resumes commands while it is given', () => {
    expect(parseCommand('::Token-1::', 'token-1')).toMatchObject({ name: 'token-1' });
    expect(parseCommand('::token-1::')).toBeUndefined();
  });
});
