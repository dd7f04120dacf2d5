import path from 'node:path/posix';
import { UserError } from '../../shared/errors.js';
import type { StackRule } from '../config/infra-config.js';
import type { AppliedEntry } from '../sidecar/ledger.js';
import { isWithinReach } from '../stacks/state-identity.js';
import { fillPattern, pathPattern } from '../stacks/path-pattern.js';
import { relativeTo } from '../stacks/layouts.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import { declaredMoves, type BaseStacksOptions } from './base-stacks.js';
import { checkoutPaths, gitLines, isShallow, parentsOf, type Git } from './git.js';
import type { AppliedHistory } from './observed-history.js';

/** What the history knows of stacks whose states are still where they were before. */
export interface FormerStacks {
  /** Commits that still have a stack at its former place, the oldest first. */
  readonly bases: readonly string[];
  /** What was last applied at the former places, by the id of the stack as it is now. */
  readonly baselines: ReadonlyMap<string, AppliedEntry>;
}

/** How often a former directory may have been touched since the stack left it, or its key changed. */
const mostCommits = 5;

/**
 * Looks for the former places of stacks that `moved-from` gives one and of which nothing is noted
 * yet: without them a stack that takes its state along would look like a new one, and be made once
 * more. Costs nothing where there is no such stack.
 *
 * @throws UserError `history-missing` where the clone is too shallow to tell, `git-failed`
 */
export async function formerStacks(
  stacks: readonly Stack[],
  baselines: ReadonlyMap<string, AppliedEntry>,
  applied: Pick<AppliedHistory, 'appliedBaseline' | 'hasState'>,
  options: Omit<BaseStacksOptions, 'bases' | 'states' | 'onUnreadable'>,
): Promise<FormerStacks> {
  const { git, head } = options;
  const rules = new Map(head.config.stacks.map((rule) => [rule.path, rule]));
  const places = new Set<string>();
  let wouldBeginAnew = false;
  for (const stack of stacks) {
    const rule = rules.get(stack.rule);
    if (rule === undefined || rule.movedFrom.length === 0 || baselines.has(stack.id)) continue;
    // In another backend nothing is moved, whatever the history says.
    wouldBeginAnew ||= isWithinReach(stack) && (await applied.hasState(stack)) !== true;
    for (const place of formerDirectories(stack, rule, head)) places.add(place);
  }
  if (places.size === 0) return { bases: [], baselines: new Map() };
  if (await isShallow(git)) {
    if (wouldBeginAnew) throw tooShallow(head);
    return { bases: [], baselines: new Map() };
  }
  const bases = await commitsBefore(git, places);
  const moves = await declaredMoves({ ...options, bases });
  const entries = await applied.appliedBaseline(moves.map(({ from }) => from));
  return {
    bases,
    baselines: new Map(
      moves.flatMap(({ from, to }) => {
        const entry = entries.get(from.id);
        return entry === undefined || baselines.has(to.id) ? [] : [[to.id, entry] as const];
      }),
    ),
  };
}

function tooShallow({ config }: Workspace): UserError {
  return new UserError({
    code: 'history-missing',
    message:
      'the checkout has too little history to find the former places that moved-from names: ' +
      'a stack whose state is still there would be made once more',
    at: { file: config.file ?? 'infra.yml' },
    hint:
      'set "fetch-depth: 0" on actions/checkout; once every environment is applied, ' +
      'moved-from can go',
  });
}

/** Where a stack may have been, as globs of git's; a name that says nothing stands for any. */
function formerDirectories(stack: Stack, rule: StackRule, head: Workspace): readonly string[] {
  const relative = relativeTo(head.directory, stack.directory) ?? '.';
  const names = { ...pathPattern(rule.path).match(relative), environment: stack.environment };
  return rule.movedFrom.map((pattern) =>
    path.join(
      head.directory,
      fillPattern(pattern, names)
        .replaceAll(/[?[\]\\]/g, '\\$&')
        .replaceAll(/\{[\w-]+\}/g, '*'),
    ),
  );
}

/** The first parents of the last commits that touched these places, the oldest first. */
async function commitsBefore(git: Git, places: ReadonlySet<string>): Promise<readonly string[]> {
  const inCheckout = await checkoutPaths(git);
  const found = new Set<string>();
  for (const place of places) {
    const commits = await gitLines(git, [
      ...['rev-list', '--first-parent', `--max-count=${mostCommits}`, 'HEAD', '--'],
      // What lies in it, and not below: a stack's own files.
      `:(top,glob)${inCheckout(place)}/*`,
    ]);
    for (const commit of commits) {
      const [parent] = await parentsOf(git, commit);
      if (parent !== undefined) found.add(parent);
    }
  }
  if (found.size === 0) return [];
  return gitLines(git, ['rev-list', '--no-walk', '--reverse', ...found]);
}
