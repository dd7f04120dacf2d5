import fc from 'fast-check';
import {
  hookCommands,
  parseHookCommands,
} from '../../../actions/terraform-layer/policy/hook-commands.js';
import { splitWords } from '../../../actions/terraform-layer/policy/words.js';

describe('words of a command line', () => {
  it.each([
    ['conftest test --policy policies', ['conftest', 'test', '--policy', 'policies']],
    ['  opa  eval \'data.x == "y"\' ', ['opa', 'eval', 'data.x == "y"']],
    ['a "b c"\'d e\'f', ['a', 'b cd ef']],
    [String.raw`a "say \"hi\" \\ \n"`, ['a', String.raw`say "hi" \ \n`]],
    [String.raw`a\ b c`, ['a b', 'c']],
    ['a "" \'\'', ['a', '', '']],
    ['a $HOME `id` $(id) | tee *', ['a', '$HOME', '`id`', '$(id)', '|', 'tee', '*']],
    ['', []],
  ])('of %j are %j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  it.each(['a "b', "a 'b", 'a \\'])('there are none in %j', (text) => {
    expect(splitWords(text)).toBeUndefined();
  });

  it('come back whole from single quotes, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        expect(splitWords(line)).toEqual(words);
      }),
    );
  });
});

describe('policy-command and cost-command', () => {
  it('are one command a line', () => {
    expect(
      hookCommands({
        policyCommand: 'conftest test -p policies\n\ncheckov -f',
        costCommand: undefined,
      }),
    ).toEqual({
      policy: [
        { program: 'conftest', args: ['test', '-p', 'policies'] },
        { program: 'checkov', args: ['-f'] },
      ],
      cost: [],
    });
  });

  it('name the line that cannot be read', () => {
    expect(parseHookCommands('a\nb "c')).toEqual({ ok: false, line: 2 });
    expect(parseHookCommands('"" x')).toEqual({ ok: false, line: 1 });
  });
});
