import type { Problem } from '../../shared/errors.js';

/** One mistake, and where it stands. */
export interface Finding {
  /** Stable, kebab-case. */
  readonly code: string;
  /** `containerDefinitions.app.secrets.DB`, `service.loadBalancers` */
  readonly place: string;
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
}

export function toProblem({ code, place, message, hint }: Finding): Problem {
  return { code, message: `${place}: ${message}`, ...(hint === undefined ? {} : { hint }) };
}

/** The same mistake in the same place. */
export function sameFinding(left: Finding, right: Finding): boolean {
  return left.code === right.code && left.place === right.place && left.message === right.message;
}

/** Findings less those that the reading of the inputs has told: a name set twice. */
export function withoutRepeated(
  findings: readonly Finding[],
  told: readonly Problem[],
): readonly Finding[] {
  const isTold = told.some(({ code }) => code === 'environment-conflict');
  return findings.filter(({ code }) => !isTold || code !== 'environment-conflict');
}
