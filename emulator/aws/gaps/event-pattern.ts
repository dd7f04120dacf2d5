import { isRecord } from '../record.js';

type Event = Readonly<Record<string, unknown>>;

/**
 * Whether an event matches a pattern (EventBridge User Guide, "Creating Amazon EventBridge event
 * patterns" and "Comparison operators"): every field that the pattern names must have one of the
 * values listed. Of the operators, `prefix`, `suffix`, `anything-but` and `exists` are known.
 *
 * Throws RangeError for another operator: a rule that is not understood must not stay silent.
 */
export function matchesPattern(pattern: Event, event: Event): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    const value = event[field];
    if (Array.isArray(wanted)) {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      return wanted.some((one) => values.some((candidate) => matchesValue(one, candidate)));
    }
    return isRecord(wanted) && isRecord(value) && matchesPattern(wanted, value);
  });
}

function matchesValue(wanted: unknown, value: unknown): boolean {
  if (!isRecord(wanted)) return wanted === value;
  const [operator, operand] = Object.entries(wanted)[0] ?? ['', undefined];
  switch (operator) {
    case 'prefix':
      return typeof value === 'string' && value.startsWith(String(operand));
    case 'suffix':
      return typeof value === 'string' && value.endsWith(String(operand));
    case 'exists':
      return (value !== undefined) === operand;
    case 'anything-but':
      return value !== undefined && !(Array.isArray(operand) ? operand : [operand]).includes(value);
    default:
      throw new RangeError(`the emulator does not know the event pattern operator ${operator}`);
  }
}

/** The value at a path such as `$.detail.id`. */
export function valueAt(event: Event, jsonPath: string): unknown {
  let value: unknown = event;
  for (const part of jsonPath.replace(/^\$\.?/, '').split('.')) {
    if (part === '') continue;
    value = isRecord(value) ? value[part] : undefined;
  }
  return value;
}
