import { asNumber, asString, isList, isMap, member, type Evaluated } from './value.js';

/** `value[key]`, or undefined where there is no such member. */
export function memberOf(value: Evaluated, key: Evaluated): Evaluated | undefined {
  if (isList(value)) {
    const index = asNumber(key);
    return index === undefined ? undefined : value[index];
  }
  const name = asString(key);
  return isMap(value) && name !== undefined ? member(value, name) : undefined;
}

/** `a operator b`, or undefined for another operator and for a division by zero. */
export function arithmetic(operator: string, a: number, b: number): number | boolean | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? undefined : a / b;
    case '%':
      return b === 0 ? undefined : a % b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      return undefined;
  }
}
