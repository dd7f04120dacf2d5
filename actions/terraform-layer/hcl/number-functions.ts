import { bad, list, number, string, type Implementations } from './function-arguments.js';
import { asBoolean, type Evaluated } from './value.js';

function range(values: readonly Evaluated[]): readonly number[] {
  const numbers = values.map(number);
  const [start, limit] =
    numbers.length === 1 ? [0, numbers[0] ?? 0] : [numbers[0] ?? 0, numbers[1] ?? 0];
  const step = numbers[2] ?? (start <= limit ? 1 : -1);
  const result: number[] = [];
  if (step === 0) return bad('the step is 0');
  for (let n = start; step > 0 ? n < limit : n > limit; n += step) {
    if (result.push(n) > 1024) return bad('more than 1024 numbers');
  }
  return result;
}

export const numberFunctions = {
  abs: ([value]) => Math.abs(number(value)),
  ceil: ([value]) => Math.ceil(number(value)),
  floor: ([value]) => Math.floor(number(value)),
  max: (values) => Math.max(...values.map(number)),
  min: (values) => Math.min(...values.map(number)),
  parseint: ([text, base]) => {
    const parsed = Number.parseInt(string(text), number(base));
    return Number.isNaN(parsed) ? bad('this is not a number') : parsed;
  },
  pow: ([base, exponent]) => number(base) ** number(exponent),
  range: (values) => range(values),
  signum: ([value]) => Math.sign(number(value)),
  sum: ([value]) => list(value).reduce<number>((total, item) => total + number(item), 0),
  tobool: ([value]) => (value === null ? null : (asBoolean(value ?? null) ?? bad('not a bool'))),
  tonumber: ([value]) => (value === null ? null : number(value)),
} satisfies Implementations;
