import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import { legOf } from '../records/record-name.js';

/** What a leg tells the job that comes after all of them. */
const legResultSchema = z.strictObject({
  version: z.literal(1),
  leg: z.string(),
  /** How it ended: `kind` of an `ApplyEnd` that has no reasons. */
  end: z.enum(['applied', 'failed', 'stopped', 'next-wave']),
  /** Pull requests that the apply covers. */
  pulls: z.array(z.number().int().positive()),
  stacks: z.array(z.strictObject({ id: z.string(), status: z.string(), detail: z.string() })),
});

export type LegResult = z.infer<typeof legResultSchema>;

/** Which part of which attempt a result is of. */
export interface LegResultName {
  readonly environment: string;
  readonly workingDirectory: string;
  readonly leg: string;
  readonly attempt: number;
}

/** The artifact's name: a run can hold each once, over its attempts and legs (GitHub answers 409 else). */
export function legResultName({ leg, attempt, ...of }: LegResultName): string {
  return `${prefixOf(of)}${leg}_${attempt}.json`;
}

/** The leg and the attempt of an artifact's name; undefined where it is no result of these legs. */
export function parseLegResultName(
  name: string,
  of: Pick<LegResultName, 'environment' | 'workingDirectory'>,
): Pick<LegResultName, 'leg' | 'attempt'> | undefined {
  const prefix = prefixOf(of);
  if (!name.startsWith(prefix)) return undefined;
  const [, leg, attempt] =
    /^([a-z0-9-]{1,32})_(\d{1,6})\.json$/.exec(name.slice(prefix.length)) ?? [];
  return leg === undefined ? undefined : { leg, attempt: Number(attempt) };
}

function prefixOf(of: Pick<LegResultName, 'environment' | 'workingDirectory'>): string {
  return `infra-leg_${legOf([of.environment, of.workingDirectory])}_`;
}

export function formatLegResult(result: LegResult): string {
  return `${JSON.stringify(result)}\n`;
}

/** Undefined where the text is no result. */
export function parseLegResult(text: string): LegResult | undefined {
  return parseJsonAs(legResultSchema, text);
}

/** A result and where it was found. */
export interface FoundLegResult {
  readonly leg: string;
  readonly attempt: number;
  readonly result: LegResult;
}

/** What all legs of an environment have come to. */
export interface LegsConclusion {
  readonly end: LegResult['end'];
  readonly pulls: readonly number[];
  readonly stacks: LegResult['stacks'];
  /** Legs of the plan that have left no result. */
  readonly missing: number;
}

/** From what does most to what does least need a person. */
const worstFirst = ['stopped', 'failed', 'next-wave', 'applied'] as const;

/**
 * Puts the results of legs together: of each leg the last attempt's, and none from before the gate
 * passed last, since the whole run was run again then. Pure.
 *
 * @param legCount how many legs the plan has made
 */
export function concludeLegs(
  found: readonly FoundLegResult[],
  { legCount, gateAttempt }: { readonly legCount: number; readonly gateAttempt: number },
): LegsConclusion {
  const last = new Map<string, FoundLegResult>();
  for (const one of found.filter(({ attempt }) => attempt >= gateAttempt)) {
    if ((last.get(one.leg)?.attempt ?? 0) < one.attempt) last.set(one.leg, one);
  }
  const results = [...last.values()]
    .sort((a, b) => a.leg.localeCompare(b.leg, 'en', { numeric: true }))
    .map(({ result }) => result);
  const missing = Math.max(0, legCount - results.length);
  const ends = new Set(results.map(({ end }) => end));
  const worst = worstFirst.find((end) => ends.has(end)) ?? 'failed';
  return {
    end: missing > 0 && worst !== 'stopped' ? 'failed' : worst,
    pulls: [...new Set(results.flatMap(({ pulls }) => pulls))],
    stacks: results.flatMap(({ stacks }) => stacks),
    missing,
  };
}
