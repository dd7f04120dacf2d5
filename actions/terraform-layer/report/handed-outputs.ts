import type { Secrets } from '../../shared/secrets.js';
import type { PublicOutputs } from '../review/public-outputs.js';
import type { StackOutcome } from '../schedule/outcome.js';

/**
 * The outcomes with those output values alone that other steps may be handed: of outputs that are
 * public by the code, and without anything that is masked in the log. GitHub drops a whole output
 * that holds a masked text ("Skip output … since it may contain secret").
 */
export async function withHandedOutputs(
  outcomes: readonly StackOutcome[],
  publicOutputs: PublicOutputs,
  { redact }: Pick<Secrets, 'redact'>,
): Promise<readonly StackOutcome[]> {
  return Promise.all(
    outcomes.map(async (outcome) => {
      const { outputValues, stack } = outcome;
      if (outputValues === undefined || outputValues.size === 0) return outcome;
      const names = await publicOutputs.of(stack);
      const handed = [...outputValues].filter(([name, value]) => {
        const text = JSON.stringify({ [name]: value });
        return names.has(name) && redact(text) === text;
      });
      return { ...outcome, outputValues: new Map(handed) };
    }),
  );
}
