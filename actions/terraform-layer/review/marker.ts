import { placeOf } from './attribute-path.js';
import {
  absent,
  digestsOf,
  notCompared,
  sensitive,
  unknown,
  type Mark,
  type ReviewKey,
} from './marks.js';
import type { SensitiveValues } from './sensitive-values.js';
import { holdsAnywhere, type Side } from './side.js';
import { fitsPattern } from './text-pattern.js';

/** What decides how one plan's values become marks. */
export interface MarkerOptions {
  readonly stackId: string;
  readonly key: ReviewKey | undefined;
  /** Globs over `address.attribute`. */
  readonly volatile: readonly string[];
  readonly secrets: SensitiveValues;
  /** The plan's own, which `plantimestamp()` gives: it differs in every plan. */
  readonly timestamp: string | undefined;
}

export interface Marker {
  /** Mark of what stands at a place; `notCompared` for undefined. */
  mark(address: string, path: string, side: Side | undefined): Mark;
  isVolatile(address: string, path: string): boolean;
}

export function markerOf(options: MarkerOptions): Marker {
  const digest = digestsOf(options.stackId, options.key);
  const { key, secrets, timestamp } = options;
  const hides = (side: Side): boolean =>
    key === undefined && (holdsAnywhere(side.sensitive) || secrets.isIn(side.value));
  return {
    mark(address, path, side) {
      if (side === undefined) return notCompared;
      if (holdsAnywhere(side.unknown)) return unknown;
      if (side.value === null || side.value === undefined) return absent;
      if (hides(side)) return sensitive;
      return digest(address, path, withoutTimestamp(side.value, timestamp));
    },
    isVolatile(address, path) {
      if (options.volatile.length === 0) return false;
      const place = placeOf(address, path);
      return options.volatile.some((pattern) =>
        [pattern, `${pattern}.*`, `${pattern}[*`].some((each) => fitsPattern(each, place)),
      );
    },
  };
}

/** No value of Terraform's can hold a NUL. */
const timestampSign = '\0plan timestamp\0';

function withoutTimestamp(value: unknown, timestamp: string | undefined): unknown {
  if (timestamp === undefined || timestamp === '') return value;
  if (typeof value === 'string') return value.replaceAll(timestamp, timestampSign);
  if (Array.isArray(value)) return value.map((inner) => withoutTimestamp(inner, timestamp));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, withoutTimestamp(inner, timestamp)]),
    );
  }
  return value;
}
