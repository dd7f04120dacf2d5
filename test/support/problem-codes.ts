import { UserError, type Problem } from '../../actions/shared/errors.js';

/** Codes of the problems for which `refused` rejects; none where it does not. */
export async function problemCodes(refused: Promise<unknown>): Promise<readonly string[]> {
  try {
    await refused;
    return [];
  } catch (thrown) {
    return problemsIn(thrown).map(({ code }) => code);
  }
}

/** Codes of the problems for which `body` throws; none where it does not. */
export function thrownCodes(body: () => unknown): readonly string[] {
  return thrownProblems(body).map(({ code }) => code);
}

/** As `thrownCodes`, after the input where a problem names one: `<input>: <code>`. */
export function thrownInputCodes(body: () => unknown): readonly string[] {
  return thrownProblems(body).map(({ code, at }) =>
    at !== undefined && 'input' in at ? `${at.input}: ${code}` : code,
  );
}

function thrownProblems(body: () => unknown): readonly Problem[] {
  try {
    body();
    return [];
  } catch (thrown) {
    return problemsIn(thrown);
  }
}

function problemsIn(thrown: unknown): readonly Problem[] {
  if (!(thrown instanceof UserError)) throw thrown;
  return thrown.problems;
}
