import { UserError, formatProblem } from '../../actions/shared/errors.js';

/** Says every problem on a line of its own, with its code, and fails the command. */
export function failWith(thrown: unknown): void {
  if (thrown instanceof UserError) {
    for (const problem of thrown.problems) {
      console.error(`${problem.code}: ${formatProblem(problem)}`);
    }
  } else console.error(thrown);
  process.exitCode = 1;
}
