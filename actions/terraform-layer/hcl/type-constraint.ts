import { evaluate } from './evaluate.js';
import { emptyScope } from './scope.js';
import type { Expression } from './syntax.js';
import {
  asBoolean,
  asNumber,
  asString,
  isList,
  isMap,
  mapOf,
  setOf,
  Unknown,
  type Evaluated,
} from './value.js';

const noSource = { file: '', text: '', line: 1 };

/**
 * Converts a value to a variable's `type`, and fills in `optional` attributes, as far as that
 * changes what expressions see. What does not fit stays as it is: Terraform will refuse it.
 */
export function convertToType(value: Evaluated, type: Expression): Evaluated {
  if (value === null || value instanceof Unknown) return value;
  if (type.kind === 'variable') return primitive(value, type.name);
  if (type.kind === 'literal' && typeof type.value === 'string')
    return primitive(value, type.value);
  if (type.kind !== 'call') return value;
  const [inner] = type.parameters;
  if (inner === undefined) return value;
  switch (type.name) {
    case 'list':
      return isList(value) ? value.map((item) => convertToType(item, inner)) : value;
    case 'set':
      return isList(value) ? setOf(value.map((item) => convertToType(item, inner))) : value;
    case 'map':
      return isMap(value)
        ? mapOf(Object.entries(value).map(([key, item]) => [key, convertToType(item, inner)]))
        : value;
    case 'tuple':
      return isList(value) && inner.kind === 'tuple'
        ? value.map((item, index) => convertToType(item, inner.items[index] ?? inner))
        : value;
    case 'object':
      return isMap(value) && inner.kind === 'object' ? object(value, inner) : value;
    case 'optional':
      return convertToType(value, inner);
    default:
      return value;
  }
}

function primitive(value: Evaluated, type: string): Evaluated {
  switch (type) {
    case 'string':
      return asString(value) ?? value;
    case 'number':
      return asNumber(value) ?? value;
    case 'bool':
      return asBoolean(value) ?? value;
    default:
      return value;
  }
}

function object(
  value: Readonly<Record<string, Evaluated>>,
  type: Expression & { kind: 'object' },
): Evaluated {
  const entries: [string, Evaluated][] = [];
  for (const item of type.items) {
    const name = item.key.kind === 'literal' ? asString(item.key.value) : undefined;
    if (name === undefined) continue;
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const fallback =
      item.value.kind === 'call' && item.value.name === 'optional'
        ? item.value.parameters[1]
        : undefined;
    const chosen =
      given === undefined || given === null
        ? fallback === undefined
          ? null
          : evaluate(fallback, noSource, emptyScope)
        : given;
    entries.push([name, convertToType(chosen, item.value)]);
  }
  return mapOf(entries);
}
