import type { ScopeFiles } from './scope.js';
import { asNumber, asString, isList, isMap, type Evaluated, type EvaluatedMap } from './value.js';

export type Implementation = (values: readonly Evaluated[], files: ScopeFiles) => Evaluated;
export type Implementations = Readonly<Record<string, Implementation>>;

/** Thrown inside an implementation only; `callFunction` turns it into a failure. */
export class BadArgument extends Error {}

export function bad(message: string): never {
  throw new BadArgument(message);
}

export function string(value: Evaluated | undefined): string {
  return asString(value ?? null) ?? bad('text is needed');
}

export function number(value: Evaluated | undefined): number {
  return asNumber(value ?? null) ?? bad('a number is needed');
}

export function list(value: Evaluated | undefined): readonly Evaluated[] {
  return value !== undefined && isList(value) ? value : bad('a list is needed');
}

export function map(value: Evaluated | undefined): EvaluatedMap {
  return value !== undefined && isMap(value) ? value : bad('a map is needed');
}

export function strings(value: Evaluated | undefined): readonly string[] {
  return list(value).map(string);
}

/** Unicode code points, as Terraform counts and cuts. */
export function codePoints(text: string): string[] {
  return Array.from(text);
}
