import type { EnvironmentConfig } from '../config/infra-config.js';
import type { StackHooks } from '../schedule/hooks.js';
import { guardFindings } from './guards.js';

/** What people have allowed to be destroyed, as far as it can be seen before the merge. */
export interface AllowedSoFar {
  /** Globs over type or address. */
  readonly globs: readonly string[];
  /**
   * Whether that is all that counts now: a plan that a guard will stop then fails. Where labels
   * cannot be read, or the change is merged already, it is only told.
   */
  readonly complete: boolean;
}

/**
 * Tells of each plan which guard would stop its apply, so that the author learns of it before the
 * merge. `allowed` is asked only where a guard speaks. What is never applied from here is left out.
 */
export function guardForecast(options: {
  /** With the guards of the base. */
  readonly environments: readonly Pick<EnvironmentConfig, 'name' | 'apply' | 'guards'>[];
  /** Globs of the input `allow-destroy`. */
  readonly allowDestroy: readonly string[];
  readonly allowedByPeople: () => Promise<AllowedSoFar>;
}): Required<Pick<StackHooks, 'judge'>> {
  const { allowDestroy, allowedByPeople } = options;
  const guards = new Map(
    options.environments.flatMap(({ name, apply, guards: own }) =>
      apply === 'never' ? [] : [[name, own] as const],
    ),
  );
  return {
    judge: async ({ stack, changes }) => {
      const own = guards.get(stack.environment);
      if (own === undefined) return { reasons: [] };
      if (guardFindings(changes, own, allowDestroy).length === 0) return { reasons: [] };
      const { globs, complete } = await allowedByPeople();
      const findings = guardFindings(changes, own, [...allowDestroy, ...globs]);
      return {
        reasons: [],
        ...(findings.length === 0 ? {} : { guards: { findings, fails: complete } }),
      };
    },
  };
}
