import {
  asBoolean,
  asNumber,
  asString,
  isList,
  isMap,
  member,
  sameValue,
  Unknown,
  type Evaluated,
} from './value.js';

/** `value[key]`, or undefined where there is no such member. */
export function memberOf(value: Evaluated, key: Evaluated): Evaluated | undefined {
  if (isList(value)) {
    const index = asNumber(key);
    return index === undefined ? undefined : value[index];
  }
  const name = asString(key);
  return isMap(value) && name !== undefined ? member(value, name) : undefined;
}

/** What `try()` and `can()` go by: the first value that Terraform finds no mistake in, if any. */
export function firstDecided(values: readonly Evaluated[]): Evaluated | undefined {
  return values.find((value) => !(value instanceof Unknown) || value.deferred);
}

/** `!value` or `-value`; undefined where the operand does not fit. */
export function unaryResult(operator: string, value: Evaluated): number | boolean | undefined {
  if (operator === '!') {
    const boolean = asBoolean(value);
    return boolean === undefined ? undefined : !boolean;
  }
  const number = asNumber(value);
  return number === undefined ? undefined : -number;
}

/** What the left side of `&&` and `||` decides alone. */
export function decidedByLeft(operator: string, left: Evaluated): boolean | undefined {
  const boolean = asBoolean(left);
  if (operator === '&&' && boolean === false) return false;
  if (operator === '||' && boolean === true) return true;
  return undefined;
}

/** `left operator right`; undefined where an operand does not fit. */
export function binaryResult(
  operator: string,
  left: Evaluated,
  right: Evaluated,
): number | boolean | undefined {
  if (operator === '==') return sameValue(left, right);
  if (operator === '!=') return !sameValue(left, right);
  if (isLogical(operator)) return asBoolean(right);
  const a = asNumber(left);
  const b = asNumber(right);
  return a === undefined || b === undefined ? undefined : arithmetic(operator, a, b);
}

/** What an operator takes, for a message. */
export function operandsOf(operator: string): string {
  if (operator === '!' || isLogical(operator)) return `"${operator}" needs true or false`;
  return `"${operator}" needs two numbers`;
}

function isLogical(operator: string): boolean {
  return operator === '&&' || operator === '||';
}

function arithmetic(operator: string, a: number, b: number): number | boolean | undefined {
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
