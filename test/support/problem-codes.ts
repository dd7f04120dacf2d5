import { UserError } from '../../actions/shared/errors.js';

/** Codes of the problems for which `refused` rejects; none where it does not. */
export async function problemCodes(refused: Promise<unknown>): Promise<readonly string[]> {
  try {
    await refused;
    return [];
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return thrown.problems.map(({ code }) => code);
  }
}

/** Codes of the problems for which `body` throws; none where it does not. */
export function thrownCodes(body: () => unknown): readonly string[] {
  try {
    body();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return thrown.problems.map(({ code }) => code);
  }
}
