import { defaultGuards } from './environments.js';
import type { ApplyPolicy, EnvironmentConfig, Guards } from './infra-config.js';

/** What decides whether a change may be applied: taken from the base, never from the change itself. */
export type GateSettings = Pick<
  EnvironmentConfig,
  'apply' | 'unreviewed' | 'gate' | 'approvals' | 'guards'
>;

const applyOrder: readonly ApplyPolicy[] = ['auto', 'approval', 'never'];

/**
 * What is left where nothing trustworthy is known: approval, nothing unreviewed, and the default
 * guards beside the own ones. `never` stays, and so does the kind of gate, which nobody can guess.
 */
export function strictSettings(own: GateSettings): GateSettings {
  return strictest(own, {
    ...{ apply: 'approval', unreviewed: 'stop', approvals: 1 },
    ...{ gate: own.gate, guards: defaultGuards },
  });
}

/**
 * Settings that permit no more than any of the given ones. Gates are of different kinds and none is
 * the stricter: the first of an environment that asks for approval counts.
 */
export function strictest(first: GateSettings, ...others: readonly GateSettings[]): GateSettings {
  return others.reduce(
    (strict, other): GateSettings => ({
      apply:
        applyOrder.indexOf(other.apply) > applyOrder.indexOf(strict.apply)
          ? other.apply
          : strict.apply,
      unreviewed: other.unreviewed === 'stop' ? 'stop' : strict.unreviewed,
      gate: strict.apply === 'approval' ? strict.gate : other.gate,
      approvals: Math.max(strict.approvals, other.approvals),
      guards: strictestGuards(strict.guards, other.guards),
    }),
    first,
  );
}

function strictestGuards(a: Guards, b: Guards): Guards {
  return {
    preventDestroy: [...new Set([...a.preventDestroy, ...b.preventDestroy])],
    maxDestroys: Math.min(a.maxDestroys, b.maxDestroys),
  };
}

export function gateSettingsOf(environment: EnvironmentConfig): GateSettings {
  const { apply, unreviewed, gate, approvals, guards } = environment;
  return { apply, unreviewed, gate, approvals, guards };
}
