import picomatch from 'picomatch';
import type { Problem } from '../shared/errors.js';
import { suggestion } from '../shared/inputs.js';
import type { EnvironmentConfig } from './config/infra-config.js';
import type { Affected, AffectedReason } from './graph/affected.js';
import type { Inputs } from './inputs.js';
import type { Stack, Workspace } from './stacks/workspace.js';
import { writes } from './writes.js';

/** Why a stack takes part. */
export type StackReason =
  | { readonly kind: 'all' }
  | { readonly kind: 'glob'; readonly glob: string }
  | { readonly kind: 'affected'; readonly reasons: readonly AffectedReason[] }
  /** The plan of this run gave it to this job. */
  | { readonly kind: 'leg' }
  /** It reads a stack that is affected. */
  | { readonly kind: 'dependent' };

/** An environment that a run without `environment:` leaves alone. */
export interface LeftOutEnvironment {
  readonly environment: string;
  readonly why: 'needs-approval' | 'never-applied';
}

/**
 * The environments that a run is about, in promotion order: those that it names, as far as there
 * are such; else all, or for an apply those that need no approval.
 */
export function environmentsInQuestion(
  { command, environments }: Pick<Inputs, 'command' | 'environments'>,
  { config }: Pick<Workspace, 'config'>,
): readonly EnvironmentConfig[] {
  if (environments.length > 0) {
    return config.environments.filter(({ name }) => environments.includes(name));
  }
  return command === 'apply'
    ? config.environments.filter(({ apply }) => apply === 'auto')
    : config.environments;
}

/** Which environments take part; what is wrong with the names is added to `problems`. */
export function chooseEnvironments(
  inputs: Inputs,
  workspace: Workspace,
  problems: Problem[],
): {
  /** In promotion order. */
  readonly environments: readonly EnvironmentConfig[];
  readonly leftOut: readonly LeftOutEnvironment[];
} {
  // A lock that hangs is released anywhere.
  const changes = writes(inputs.command) && inputs.command !== 'unlock';
  const { config } = workspace;
  const environments = environmentsInQuestion(inputs, workspace);
  const names = config.environments.map(({ name }) => name);
  problems.push(...unknownEnvironments('up-to-date', inputs.upToDate, names));
  if (inputs.environments.length === 0) {
    if (inputs.command !== 'apply') return { environments, leftOut: [] };
    return {
      environments,
      leftOut: config.environments.flatMap(({ name, apply }): LeftOutEnvironment[] =>
        apply === 'auto'
          ? []
          : [{ environment: name, why: apply === 'never' ? 'never-applied' : 'needs-approval' }],
      ),
    };
  }
  problems.push(...unknownEnvironments('environment', inputs.environments, names));
  for (const { name } of environments.filter(({ apply }) => changes && apply === 'never')) {
    problems.push({
      code: 'environment-never-applied',
      message: `"${name}" is not changed from here: its "apply" is "never"`,
      at: { input: 'environment' },
    });
  }
  return { environments, leftOut: [] };
}

function unknownEnvironments(
  input: string,
  wanted: readonly string[],
  names: readonly string[],
): readonly Problem[] {
  return wanted
    .filter((name) => !names.includes(name))
    .map((name) => {
      const near = suggestion(name, names);
      return {
        code: 'environment-unknown',
        message: `"${name}" is none of ${names.join(', ')}`,
        at: { input },
        ...(near === undefined ? {} : { hint: near }),
      };
    });
}

/** Which stacks of them, by id, and why; globs that match nothing are added to `problems`. */
export function chooseStacks(
  { layers, leg }: Pick<Inputs, 'layers' | 'leg'>,
  {
    workspace,
    affected,
  }: { readonly workspace: Workspace; readonly affected: Affected | undefined },
  environments: readonly EnvironmentConfig[],
  problems: Problem[],
): ReadonlyMap<string, StackReason> {
  const names = new Set(environments.map(({ name }) => name));
  const candidates = workspace.stacks.filter(({ environment }) => names.has(environment));
  if (leg !== undefined) {
    const known = new Set(candidates.map(({ id }) => id));
    problems.push(...unknownStacks(leg.stacks.filter((id) => !known.has(id))));
    return new Map(
      candidates.filter(({ id }) => leg.stacks.includes(id)).map(({ id }) => [id, { kind: 'leg' }]),
    );
  }
  if (layers.kind === 'all') {
    return new Map(candidates.map(({ id }) => [id, { kind: 'all' }]));
  }
  if (layers.kind === 'changed') return affectedReasons(candidates, affected);
  const reasons = new Map<string, StackReason>();
  for (const glob of layers.globs) {
    const matches = picomatch(glob);
    const found = candidates.filter(({ layer, name, displayId, id }) =>
      [layer, name, displayId, id].some((text) => text !== undefined && matches(text)),
    );
    for (const { id } of found) reasons.set(id, { kind: 'glob', glob });
    if (found.length > 0 || names.size === 0) continue;
    const known = [...new Set(candidates.flatMap(({ layer, name }) => [layer ?? name, name]))];
    const near = suggestion(glob, known);
    problems.push({
      code: 'layers-match-nothing',
      message: `"${glob}" matches no stack; there are ${known.sort().slice(0, 20).join(', ')}`,
      at: { input: 'layers' },
      ...(near === undefined ? {} : { hint: near }),
    });
  }
  return reasons;
}

function unknownStacks(ids: readonly string[]): readonly Problem[] {
  return ids.map((id) => ({
    code: 'leg-stack-unknown',
    message: `"${id}" is no stack of this environment`,
    at: { input: 'leg' },
    hint: 'legs come from a plan of the same commit and environment',
  }));
}

function affectedReasons(
  candidates: readonly Stack[],
  affected: Affected | undefined,
): ReadonlyMap<string, StackReason> {
  const changed = new Map(affected?.changed.map(({ stack, reasons }) => [stack.id, reasons]));
  const dependents = new Set(affected?.dependents.map(({ id }) => id));
  const reasons = new Map<string, StackReason>();
  for (const { id } of candidates) {
    const own = changed.get(id);
    if (own !== undefined) reasons.set(id, { kind: 'affected', reasons: own });
    else if (dependents.has(id)) reasons.set(id, { kind: 'dependent' });
  }
  return reasons;
}
