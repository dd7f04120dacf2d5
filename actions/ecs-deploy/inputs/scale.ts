import type { InputReader } from '../../shared/inputs.js';

export type WantedCount =
  | { readonly kind: 'absolute'; readonly count: number }
  /** Added to the count that the service is asked for now. */
  | { readonly kind: 'relative'; readonly change: number };

/** What to do where autoscaling does not allow the count, or would undo it. */
export type LimitsPolicy = 'fail' | 'raise' | 'suspend';

/** The highest count of a service (ECS service quotas, "Tasks per service"). */
export const highestCount = 5000;

export interface ScaleChange {
  readonly count: WantedCount;
  readonly limits: LimitsPolicy;
  readonly reason: string;
}

export function readScale(reader: InputReader): ScaleChange {
  return {
    count: readCount(reader),
    limits: reader.oneOf('scale-limits', ['fail', 'raise', 'suspend'], 'fail'),
    reason: reader.required('reason', 'it is kept in the summary and in a tag of the service'),
  };
}

function readCount(reader: InputReader): WantedCount {
  const text = reader.required('desired-count', `0 to ${highestCount}, or a change such as "+2"`);
  const [, sign, digits] = /^([+-]?)(\d{1,5})$/.exec(text) ?? [];
  const number = Number(digits);
  if (text !== '' && (digits === undefined || number > highestCount)) {
    reader.problem(
      'desired-count',
      'input-out-of-range',
      `${JSON.stringify(text)} is no count from 0 to ${highestCount} and no change such as "+2"`,
    );
  }
  if (sign === undefined || sign === '') return { kind: 'absolute', count: number };
  return { kind: 'relative', change: sign === '-' ? -number : number };
}
