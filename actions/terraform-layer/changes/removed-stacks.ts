import path from 'node:path/posix';
import type { Problem } from '../../shared/errors.js';
import { placeTaken } from '../state/move-state.js';
import { relativeTo } from '../stacks/layouts.js';
import { isWithinReach } from '../stacks/state-identity.js';
import { pathPattern } from '../stacks/path-pattern.js';
import type { Stack, Workspace } from '../stacks/workspace.js';

/** A stack of the base that is not what it was. */
export type StackFate =
  /** Another name, the same state: nothing is lost. */
  | { readonly kind: 'renamed'; readonly from: Stack; readonly to: Stack }
  /**
   * Another state, under another name or the same one: what the old one holds is left behind, unless
   * `moved-from` says that it moves.
   */
  | {
      readonly kind: 'other-state';
      readonly from: Stack;
      readonly to: Stack;
      /** Whether `moved-from` of its rule names the former directory. */
      readonly declared: boolean;
    }
  | { readonly kind: 'gone'; readonly from: Stack };

/**
 * What became of the stacks of a base. `renames` are files that git found under another name. A
 * stack is known again by its state, then by `moved-from` of the rule that finds it now, then by
 * where the files of its directory went.
 */
export function stackFates(
  base: Workspace,
  head: Workspace,
  renames: ReadonlyMap<string, string>,
): readonly StackFate[] {
  const byId = new Map(head.stacks.map((stack) => [stack.id, stack]));
  const byState = new Map(head.stacks.map((stack) => [stack.stateKey, stack]));
  const former = formerPlaces(base, head);
  const moved = movedDirectories(base.stacks, renames);
  return base.stacks.flatMap((from): readonly StackFate[] => {
    const same = byState.get(from.stateKey);
    if (same !== undefined) return same.id === from.id ? [] : [{ kind: 'renamed', from, to: same }];
    const named = former(from);
    const to =
      byId.get(from.id) ??
      named ??
      head.stacks.find(
        ({ directory, environment }) =>
          environment === from.environment && directory === moved.get(from.directory),
      );
    if (to === undefined) return [{ kind: 'gone', from }];
    return [{ kind: 'other-state', from, to, declared: named?.id === to.id }];
  });
}

/**
 * Finds the stack whose rule says that it was moved from a place. One that had its own state before
 * is none, and where several could be meant none is.
 */
function formerPlaces(base: Workspace, head: Workspace): (from: Stack) => Stack | undefined {
  const before = new Set(base.stacks.map(({ stateKey }) => stateKey));
  const entries = head.config.stacks.flatMap((rule) =>
    rule.movedFrom.map((former) => ({
      now: pathPattern(rule.path),
      former: pathPattern(former),
      stacks: head.stacks.filter(
        (stack) => stack.rule === rule.path && !before.has(stack.stateKey),
      ),
    })),
  );
  const relative = ({ directory }: Stack): string =>
    relativeTo(head.directory, directory) ?? (directory === head.directory ? '.' : '');
  return (from) => {
    for (const { now, former, stacks } of entries) {
      const was = former.match(relative(from));
      if (was === undefined) continue;
      const [found, ...others] = stacks.filter((stack) => {
        const is = now.match(relative(stack));
        if (is === undefined || stack.environment !== from.environment) return false;
        // The names that both patterns have say which one it is.
        return Object.entries(was).every(
          ([name, value]) => is[name] === undefined || is[name] === value,
        );
      });
      if (found !== undefined && others.length === 0) return found;
    }
    return undefined;
  };
}

/** Where most of the configuration files of a directory went, all to the same place. */
function movedDirectories(
  stacks: readonly Stack[],
  renames: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const directories = new Set(stacks.map(({ directory }) => directory));
  const votes = new Map<string, Map<string, number>>();
  for (const [from, to] of renames) {
    const directory = path.dirname(from);
    if (!directories.has(directory) || !/\.(?:tf|tofu)(?:\.json)?$/.test(from)) continue;
    const own = votes.get(directory) ?? new Map<string, number>();
    votes.set(directory, own.set(path.dirname(to), (own.get(path.dirname(to)) ?? 0) + 1));
  }
  return new Map(
    [...votes].flatMap(([directory, places]) => {
      const [best] = [...places].sort(([, a], [, b]) => b - a);
      return best === undefined || best[0] === directory ? [] : [[directory, best[0]]];
    }),
  );
}

/** Whether a stack's state holds resources: undefined where that cannot be told. */
export type HasState = (stack: Stack) => Promise<boolean | undefined>;

/** What a run can find out about states; `undefined` is what cannot be told. */
export interface StateProbe {
  readonly hasState: HasState;
  /**
   * Of two places that both hold resources: `same` where a move was interrupted, `ahead` where the
   * new one has been applied since, `other` where they are two states.
   */
  readonly compareStates: (
    from: Stack,
    to: Stack,
  ) => Promise<'same' | 'ahead' | 'other' | undefined>;
}

/** What a run must say about stacks that are gone, renamed, or have another state. */
export interface StateFinding {
  readonly severity: 'error' | 'warning' | 'notice';
  readonly problem: Problem;
  readonly fate: StackFate;
}

/**
 * Judges fates by the states that there are. Errors: `deleted-stack-has-state`, with the command that
 * destroys it first, `state-left-behind`, where a stack's new state is empty and its old one is not,
 * and `state-place-taken`, where a state is to move to a place that holds another one. Where a state cannot be looked at these are warnings. Notices: `stack-renamed`, and
 * `state-moves` where `moved-from` says that the state is to follow: an apply moves it.
 *
 * @param base a commit that still has the stacks, for the command
 */
export async function judgeFates(
  fates: readonly StackFate[],
  base: string,
  { hasState, compareStates }: StateProbe,
): Promise<readonly StateFinding[]> {
  const findings = await Promise.all(
    fates.map(async (fate): Promise<StateFinding | undefined> => {
      if (fate.kind === 'renamed') {
        return { severity: 'notice', problem: renamed(fate.from, fate.to), fate };
      }
      const old = await hasState(fate.from);
      if (old === false) return undefined;
      if (fate.kind === 'gone') {
        const problem = deleted(fate.from, base, old === true);
        return { severity: old === true ? 'error' : 'warning', problem, fate };
      }
      const { from, to } = fate;
      const fresh = await hasState(to);
      const isToMove = fate.declared && canMove(from, to) && old === true;
      if (fresh === true) {
        const compared = isToMove ? await compareStates(from, to) : undefined;
        if (compared === 'other') return { severity: 'error', problem: placeTaken(from, to), fate };
        // A move that was interrupted is finished.
        if (compared === 'same') return { severity: 'notice', problem: moves(from, to), fate };
        return undefined;
      }
      const certain = old === true && fresh === false;
      if (certain && isToMove) return { severity: 'notice', problem: moves(from, to), fate };
      const problem = leftBehind(from, to);
      return { severity: certain ? 'error' : 'warning', problem, fate };
    }),
  );
  return findings.filter((finding) => finding !== undefined);
}

function renamed(from: Stack, to: Stack): Problem {
  return {
    code: 'stack-renamed',
    message: `${from.id} is ${to.id} now, with the same state`,
    at: { file: to.directory },
  };
}

function deleted(from: Stack, base: string, certain: boolean): Problem {
  const has = certain ? 'still has a state' : 'may still have a state';
  return {
    code: 'deleted-stack-has-state',
    message: `${from.id} is no stack any more, and ${has}, ${from.stateKey}`,
    at: { file: from.directory },
    hint:
      `destroy it first, from commit ${base}: command: destroy, environment: ` +
      `${from.environment}, layers: ${from.id}, confirm: ${from.environment}; ` +
      'or name its former directory in moved-from where it was renamed',
  };
}

function leftBehind(from: Stack, to: Stack): Problem {
  const subject = from.id === to.id ? from.id : `${from.id}, now ${to.id},`;
  return {
    code: 'state-left-behind',
    message: `${subject} had the state ${from.stateKey} and would begin anew in ${to.stateKey}`,
    at: to.backend.at ?? { file: to.directory },
    hint: canMove(from, to)
      ? `keep the key, or let the apply move the state: name the former directory, ` +
        `${from.directory}, in moved-from of the entry of "stacks" in infra.yml that finds this one`
      : `keep the key, or move the state first: "state pull" of Terraform or OpenTofu at the ` +
        'old place, "state push" at the new one, or "init -migrate-state"',
  };
}

function moves(from: Stack, to: Stack): Problem {
  const subject = from.id === to.id ? from.id : `${from.id}, now ${to.id},`;
  return {
    code: 'state-moves',
    message: `${subject} takes its state along: an apply moves it from ${from.stateKey} to ${to.stateKey}`,
    at: to.backend.at ?? { file: to.directory },
  };
}

/** Backends whose states an apply moves; both places are reached in the same way. */
export function canMove(from: Stack, to: Stack): boolean {
  return from.backend.type === to.backend.type && isWithinReach(to);
}

/** The stacks whose states wait to be moved: from where, and which stack they belong to now. */
export function statesToMove(
  findings: readonly StateFinding[],
): readonly { readonly from: Stack; readonly to: Stack }[] {
  return findings.flatMap(({ problem, fate }) =>
    problem.code === 'state-moves' && fate.kind === 'other-state'
      ? [{ from: fate.from, to: fate.to }]
      : [],
  );
}
