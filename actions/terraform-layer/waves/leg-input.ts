import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import type { InputReader } from '../../shared/inputs.js';
import type { Leg } from './legs.js';

/** The part of an environment's apply that a job has. */
export interface LegInput extends Leg {
  /** It is the last one, and all before it went well: it ends the apply of the environment. */
  readonly isLast: boolean;
}

const legSchema = z.strictObject({
  leg: z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/),
  stacks: z.array(z.string().min(1)),
  after: z.array(z.string().min(1)),
});

/** Reads `leg` and `last-leg`: what `legsOf` has made, as JSON. */
export function readLeg(reader: InputReader, command: string): LegInput | undefined {
  const text = reader.text('leg');
  const isLast = reader.boolean('last-leg', false);
  if (text === undefined) {
    if (isLast) reader.problem('last-leg', 'input-without-other', 'says nothing without "leg"');
    return undefined;
  }
  if (command !== 'apply') {
    reader.problem('leg', 'input-not-for-command', `is not for "${command}"`, 'apply');
  }
  const leg = parseJsonAs(legSchema, text);
  if (leg === undefined) {
    reader.problem(
      'leg',
      'input-malformed',
      'is not a leg of a plan',
      'one of the output "legs" of a plan with "stacks-per-runner", as it is',
    );
    return undefined;
  }
  return { ...leg, isLast };
}

/** Reads `stacks-per-runner`. */
export function readStacksPerRunner(reader: InputReader, command: string): number | undefined {
  const stacks = reader.integer('stacks-per-runner', { min: 1, max: 1000 });
  if (stacks !== undefined && command !== 'plan') {
    reader.problem('stacks-per-runner', 'input-not-for-command', `is not for "${command}"`, 'plan');
  }
  return stacks;
}
