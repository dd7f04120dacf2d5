import { formatProblem, toError, UserError } from '../../../actions/shared/errors.js';

describe('problems', () => {
  it('name file, line and column as far as they are known', () => {
    const problem = { code: 'x', message: 'm', hint: 'h' };
    expect(formatProblem({ ...problem, at: { file: 'a.tf', line: 2, column: 7 } })).toBe(
      'a.tf:2:7: m (h)',
    );
    expect(formatProblem({ ...problem, at: { file: 'a.tf', column: 7 } })).toBe('a.tf: m (h)');
    expect(formatProblem({ ...problem, at: { input: 'tag' } })).toBe('input "tag": m (h)');
  });

  it('are all in the message of the error', () => {
    const error = new UserError([
      { code: 'a', message: 'first' },
      { code: 'b', message: 'second' },
    ]);
    expect(error.message).toBe('first\nsecond');
    expect(error.problems).toHaveLength(2);
  });
});

describe('whatever was thrown', () => {
  it.each([
    [new Error('e'), 'e'],
    ['text', 'text'],
    [{ reason: 1 }, 'a non-error was thrown: {"reason":1}'],
    [undefined, 'a non-error was thrown: undefined'],
  ])('becomes an error: %p', (thrown, message) => {
    expect(toError(thrown).message).toBe(message);
  });

  it('becomes an error even where it cannot be written down', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(toError(circular)).toBeInstanceOf(Error);
  });
});
