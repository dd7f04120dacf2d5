import type { ImageResolution } from './ports.js';

/** What becomes of a container: the emulator never runs one. */
export type Fate =
  | { readonly kind: 'healthy' }
  | { readonly kind: 'crash'; readonly exitCode: number; readonly afterSeconds?: number }
  | { readonly kind: 'never-healthy' }
  | { readonly kind: 'pull-failure' }
  | { readonly kind: 'secrets-failure' }
  /** RunTask cannot place the task; a service's tasks start all the same. */
  | { readonly kind: 'no-capacity' }
  | { readonly kind: 'slow'; readonly seconds: number };

export const FATE_VARIABLE = 'EMULATOR_FATE';
export const LOG_VARIABLE = 'EMULATOR_LOG';
const LOG_PACE_VARIABLE = 'EMULATOR_LOG_SECONDS';

/** The values of EMULATOR_FATE, for messages. */
export const FATE_SYNTAX =
  'healthy, crash, crash:<exitCode>, crash:<exitCode>:<afterSeconds>, never-healthy, pull-failure, secrets-failure, no-capacity, slow:<seconds>';

/** Reads a value of EMULATOR_FATE; undefined when it is none of `FATE_SYNTAX`. */
export function parseFate(text: string): Fate | undefined {
  const [kind = '', ...parts] = text.trim().split(':');
  const numbers = parts.map((part) => (/^\d+(\.\d+)?$/.test(part) ? Number(part) : undefined));
  const [first, second] = numbers;
  if (numbers.includes(undefined)) return undefined;
  switch (kind) {
    case 'healthy':
    case 'never-healthy':
    case 'pull-failure':
    case 'secrets-failure':
    case 'no-capacity':
      return parts.length === 0 ? { kind } : undefined;
    case 'slow':
      return first !== undefined && parts.length === 1 ? { kind, seconds: first } : undefined;
    case 'crash': {
      const exitCode = first ?? 1;
      if (parts.length > 2 || !Number.isInteger(exitCode) || exitCode > 255) return undefined;
      return { kind, exitCode, ...(second !== undefined && { afterSeconds: second }) };
    }
    default:
      return undefined;
  }
}

// In a name the parts are joined by dashes: `shop:fate-crash-3-20`, `fate-slow-30`.
const NAMED_FATE =
  /(?:^|[^a-z0-9])fate-(healthy|never-healthy|pull-failure|secrets-failure|no-capacity|crash(?:-\d+){0,2}|slow-\d+)(?![a-z0-9])/;

function fateOfName(reference: string): Fate | undefined {
  const name = NAMED_FATE.exec(reference)?.[1];
  if (name === undefined) return undefined;
  return parseFate(name.replace(/-(?=\d)/g, ':'));
}

/**
 * The fate of a container: EMULATOR_FATE of its definition, else of the image's own ENV, else a
 * `fate-…` in the image's name, else healthy. An unreadable value gives `unreadable` with its text.
 */
export function fateOf(
  environment: Readonly<Record<string, string>>,
  image: string,
  resolution: ImageResolution,
): { fate: Fate } | { unreadable: string } {
  const text = environment[FATE_VARIABLE] ?? imageEnvironment(resolution)[FATE_VARIABLE];
  if (text === undefined || text === '') return { fate: fateOfName(image) ?? { kind: 'healthy' } };
  const fate = parseFate(text);
  return fate ? { fate } : { unreadable: text };
}

/** The lines of EMULATOR_LOG, of the definition or else of the image; none when it is not set. */
export function logLinesOf(
  environment: Readonly<Record<string, string>>,
  resolution: ImageResolution,
): string[] {
  const text = environment[LOG_VARIABLE] ?? imageEnvironment(resolution)[LOG_VARIABLE] ?? '';
  // A Dockerfile's ENV cannot hold a line break, so the two characters `\n` count as one.
  return text.split(/\n|\\n/).filter((line) => line !== '');
}

/** EMULATOR_LOG_SECONDS: how long the container waits before each further line; 0 without it. */
export function logEverySecondsOf(
  environment: Readonly<Record<string, string>>,
  resolution: ImageResolution,
): number {
  const text = environment[LOG_PACE_VARIABLE] ?? imageEnvironment(resolution)[LOG_PACE_VARIABLE];
  const seconds = Number(text ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

function imageEnvironment(resolution: ImageResolution): Readonly<Record<string, string>> {
  return resolution.kind === 'found' ? resolution.env : {};
}
