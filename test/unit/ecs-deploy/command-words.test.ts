import fc from 'fast-check';
import { parseCommandWords } from '../../../actions/ecs-deploy/tasks/command-words.js';

function words(text: string): readonly string[] | 'malformed' {
  const parsed = parseCommandWords(text);
  return parsed.kind === 'words' ? parsed.words : 'malformed';
}

it.each([
  ['one word', 'migrate', ['migrate']],
  ['several', 'rake  db:migrate\t--trace', ['rake', 'db:migrate', '--trace']],
  ['single quotes', `echo 'a  b' 'c"d\\'`, ['echo', 'a  b', 'c"d\\']],
  ['double quotes', 'echo "a  b" "c\\"d" "e\\f"', ['echo', 'a  b', 'c"d', 'e\\f']],
  ['pieces of one word', `a"b c"'d e'f`, ['ab cd ef']],
  ['an empty word', `run "" ''`, ['run', '', '']],
  ['a backslash', 'a\\ b \\| \\$HOME', ['a b', '|', '$HOME']],
  ['a line that goes on', 'rake \\\n db:migrate', ['rake', 'db:migrate']],
  [
    'what a shell would only leave alone',
    'a=1 --x=$5 100% {a} ~ *',
    ['a=1', '--x=$5', '100%', '{a}', '~', '*'],
  ],
  ['quoted operators', `sh -c 'a && b | c > d; $HOME'`, ['sh', '-c', 'a && b | c > d; $HOME']],
  ['JSON', '["sh", "-c", "a && b"]', ['sh', '-c', 'a && b']],
])('reads %s', (_, text, expected) => {
  expect(words(text)).toEqual(expected);
});

it.each([
  ['an open quote', `echo 'a`],
  ['an open double quote', 'echo "a'],
  ['a backslash at the end', 'echo \\'],
  ['a pipe', 'a | b'],
  ['a list', 'a && b'],
  ['a semicolon', 'a; b'],
  ['a redirection', 'a > b'],
  ['a background job', 'a &'],
  ['a variable', 'echo $HOME'],
  ['a variable in double quotes', 'echo "in ${HOME}"'],
  ['a substitution', 'echo $(date)'],
  ['backquotes', 'echo `date`'],
  ['backquotes in double quotes', 'echo "`date`"'],
  ['two lines', 'a\nb'],
  ['JSON that is no list of strings', '["a", 1]'],
  ['an empty JSON list', '[]'],
  ['broken JSON', '["a"'],
])('refuses %s', (_, text) => {
  expect(words(text)).toBe('malformed');
});

it('reads back any words, quoted as POSIX says', () => {
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (list) => {
      expect(words(list.map(quote).join(' '))).toEqual(list);
      expect(words(JSON.stringify(list))).toEqual(list);
    }),
  );
});
