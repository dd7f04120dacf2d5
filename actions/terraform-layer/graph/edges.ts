import picomatch from 'picomatch';
import { formatLocation, type SourceLocation } from '../../shared/errors.js';
import type { InfraConfig, StackRule } from '../config/infra-config.js';
import { nearest } from '../config/nearest.js';
import type { ProblemList } from '../stacks/problem-list.js';
import type { StateReference } from '../stacks/state-references.js';
import type { Edge, EdgeOrigin, Stack } from '../stacks/workspace.js';

/** A stack with what its configuration says about others. */
export interface ReadStack {
  readonly stack: Stack;
  readonly rule: StackRule;
  readonly references: readonly StateReference[];
  /** Other names of its state (`state-name-aliases`). */
  readonly stateAliases: readonly string[];
}

/**
 * Edges from state references and `after`. Added to the problems: two stacks with one state, a
 * state that no stack owns, one that another environment owns, one that `sibling-state` forbids,
 * and an `after` that fits no stack.
 */
export function edgesOf(
  stacks: readonly ReadStack[],
  config: InfraConfig,
  problems: ProblemList,
): readonly Edge[] {
  const owners = ownersOf(stacks, problems);
  const origins = new EdgeOrigins();
  let missing = 0;
  const external = config.externalStates.map((glob) => picomatch(glob, { bash: true }));
  for (const { stack, references } of stacks) {
    for (const reference of references) {
      const owner = owners.get(reference.stateKey);
      if (owner === undefined) {
        if (!external.some((matches) => matches(reference.stateKey))) {
          missing += 1;
          problems.add(notOwned(stack, reference, missing > maximumHints ? new Map() : owners));
        }
        continue;
      }
      const problem =
        crossing(stack, owner, reference, config) ?? sibling(stack, owner, reference, config);
      if (problem !== undefined) problems.add(problem);
      const { kind, name, at, outputs, stateKey } = reference;
      origins.add(stack, owner, {
        kind,
        name,
        at,
        ...(outputs === undefined ? {} : { outputs }),
        ...(stateKey === owner.stateKey ? {} : { stateKey }),
      });
    }
  }
  addOrder(stacks, config, origins, problems);
  return origins.edges();
}

/** Looking for the like of a state among thousands costs, and one wrong bucket makes thousands. */
const maximumHints = 50;

class EdgeOrigins {
  readonly #edges = new Map<string, { from: string; to: string; origins: EdgeOrigin[] }>();

  add(from: Stack, to: Stack, origin: EdgeOrigin): void {
    const key = JSON.stringify([from.id, to.id]);
    const edge = this.#edges.get(key);
    if (edge === undefined) {
      this.#edges.set(key, { from: from.id, to: to.id, origins: [origin] });
    } else if (!edge.origins.some((other) => sameOrigin(other, origin))) {
      edge.origins.push(origin);
    }
  }

  edges(): readonly Edge[] {
    return [...this.#edges.values()].sort((a, b) => compare(a.from, b.from) || compare(a.to, b.to));
  }
}

function sameOrigin(a: EdgeOrigin, b: EdgeOrigin): boolean {
  return a.kind === b.kind && a.name === b.name && formatLocation(a.at) === formatLocation(b.at);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ownersOf(stacks: readonly ReadStack[], problems: ProblemList): ReadonlyMap<string, Stack> {
  const owners = new Map<string, Stack>();
  for (const { stack } of stacks) {
    const other = owners.get(stack.stateKey);
    if (other === undefined) owners.set(stack.stateKey, stack);
    else problems.add(sameState(stack, other));
  }
  for (const { stack, stateAliases } of stacks) {
    for (const alias of stateAliases) {
      if (!owners.has(alias)) owners.set(alias, stack);
    }
  }
  return owners;
}

/** Where a stack says what its state is. */
function stateLocation(stack: Stack): SourceLocation {
  return stack.backend.at ?? { file: stack.directory };
}

function sameState(stack: Stack, other: Stack) {
  const shared = stack.directory === other.directory;
  return {
    code: 'same-state',
    message:
      `${stack.id} and ${other.id} have one state, ${stack.stateKey} ` +
      `(the other: ${formatLocation(stateLocation(other))})`,
    at: stateLocation(stack),
    hint: shared
      ? 'give each environment a backend config (backend/dev.hcl), or `workspace: ' +
        "'{environment}'` in infra.yml"
      : 'give each its own key',
  };
}

function notOwned(stack: Stack, reference: StateReference, owners: ReadonlyMap<string, Stack>) {
  const type = reference.stateKey.split(':', 1)[0] ?? '';
  const keys = [...owners.keys()].filter((key) => key.startsWith(`${type}:`));
  const like = nearest(reference.stateKey, keys);
  const owner = like === undefined ? undefined : owners.get(like);
  return {
    code: 'state-not-owned',
    message:
      `${stack.id} reads ${reference.stateKey} (${reference.kind} "${reference.name}"), ` +
      'and no stack here has that state',
    at: reference.at,
    hint:
      like !== undefined && owner !== undefined
        ? `did you mean ${like} of ${owner.id}?`
        : `${owners.size === 0 ? 'see the first of these problems' : stateList(keys)}; a state of another repository is named in external-states`,
  };
}

function stateList(keys: readonly string[]): string {
  if (keys.length === 0) return 'no stack here has a state of that kind';
  const shown = [...keys].sort().slice(0, 10);
  const more = keys.length > shown.length ? ` and ${keys.length - shown.length} more` : '';
  return `states here: ${shown.join(', ')}${more}`;
}

/** An environment reads its own state, and that of shared environments. */
function crossing(stack: Stack, owner: Stack, reference: StateReference, config: InfraConfig) {
  if (stack.environment === owner.environment) return undefined;
  if (config.environments.some(({ name, shared }) => shared && name === owner.environment)) {
    return undefined;
  }
  return {
    code: 'other-environment',
    message:
      `${stack.id} is of ${stack.environment} and reads ${reference.stateKey} of ` +
      `${owner.environment} (${owner.id}, ${formatLocation(stateLocation(owner))})`,
    at: reference.at,
    hint: `read the state of ${stack.environment}, or say \`shared: true\` for ${owner.environment}`,
  };
}

/** The rule of `sibling-state: deny`: beside earlier layers, only the foundation may be read. */
function sibling(stack: Stack, owner: Stack, reference: StateReference, config: InfraConfig) {
  if (config.siblingState === 'allow' || stack.id === owner.id) return undefined;
  if (stack.layer !== owner.layer) return undefined;
  const isFoundation = picomatch([...config.foundation]);
  if (isFoundation(owner.name) || (owner.layer !== undefined && isFoundation(owner.layer))) {
    return undefined;
  }
  return {
    code: 'sibling-state',
    message:
      `${stack.id} reads the state of its sibling ${owner.id} ` +
      `(${formatLocation(stateLocation(owner))}), which sibling-state: deny forbids`,
    at: reference.at,
    hint: `only the foundation is read: ${config.foundation.join(', ')}`,
  };
}

function addOrder(
  stacks: readonly ReadStack[],
  config: InfraConfig,
  origins: EdgeOrigins,
  problems: ProblemList,
): void {
  const shared = new Set(config.environments.filter((e) => e.shared).map(({ name }) => name));
  const byRule = new Map<StackRule, Stack[]>();
  for (const { stack, rule } of stacks) {
    const own = byRule.get(rule);
    if (own === undefined) byRule.set(rule, [stack]);
    else own.push(stack);
  }
  for (const rule of config.stacks) {
    for (const entry of rule.after) {
      const matches = picomatch(entry.name);
      const upstreams = stacks
        .map(({ stack }) => stack)
        .filter((stack) => namesOf(stack).some((name) => matches(name)));
      if (upstreams.length === 0) {
        problems.add(unknownAfter(entry.name, entry.at, stacks));
        continue;
      }
      for (const from of byRule.get(rule) ?? []) {
        for (const to of upstreams) {
          if (from === to) continue;
          if (from.environment !== to.environment && !shared.has(to.environment)) continue;
          origins.add(from, to, { kind: 'after', name: entry.name, at: entry.at });
        }
      }
    }
  }
}

function namesOf(stack: Stack): readonly string[] {
  return [
    stack.name,
    stack.displayId,
    stack.id,
    ...(stack.layer === undefined ? [] : [stack.layer]),
  ];
}

function unknownAfter(name: string, at: SourceLocation, stacks: readonly ReadStack[]) {
  const names = new Set(
    stacks.flatMap(({ stack }) => [
      ...(stack.layer === undefined ? [] : [stack.layer]),
      stack.name,
    ]),
  );
  const like = nearest(name, names);
  return {
    code: 'unknown-after',
    message: `after: "${name}" fits no stack`,
    at,
    hint:
      like === undefined
        ? `layers and stacks: ${[...names].sort().slice(0, 20).join(', ')}`
        : `did you mean ${like}?`,
  };
}
