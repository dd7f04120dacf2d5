import type { Json } from '../model.js';

// API reference, "RegisterTaskDefinition", cpu and memory: units or MiB as a number, or `1 vCPU`
// and `2 GB` in any case, with a blank or without.

/** CPU units of `1024`, `"1024"` or `"1 vCPU"`; `undefined` for anything else. */
export function cpuUnits(value: Json | undefined): number | undefined {
  return sized(value, /^(\d*\.?\d+)\s*vcpu$/i);
}

/** MiB of `2048`, `"2048"` or `"2 GB"`; `undefined` for anything else. */
export function memoryMib(value: Json | undefined): number | undefined {
  return sized(value, /^(\d*\.?\d+)\s*gb$/i);
}

function sized(value: Json | undefined, withUnit: RegExp): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const trimmed = value.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  const match = withUnit.exec(trimmed);
  return match === null ? undefined : Math.round(Number(match[1]) * 1024);
}
