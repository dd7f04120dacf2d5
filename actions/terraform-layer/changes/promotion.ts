import { touchedStacks } from '../graph/affected.js';
import type { AppliedEntry } from '../sidecar/ledger.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import { filesBetween } from './changed-files.js';
import type { Git } from './git.js';
import { standingOf } from './touched-between.js';

/** A stack that would get what the same stack of an earlier environment has not got yet. */
export interface Unpromoted {
  readonly stack: Stack;
  readonly before: Stack;
  /** What was last applied there; undefined: never, though others of its environment were. */
  readonly sha: string | undefined;
}

/** What was last applied, by stack id; undefined where that cannot be seen. */
export type EarlierBaseline = (
  environment: string,
  stacks: readonly Stack[],
) => Promise<ReadonlyMap<string, AppliedEntry> | undefined>;

/**
 * What of `changed` the environments before theirs have not got. Only an order that `infra.yml`
 * spells out (`after`) is one of promotion, and only environments that this run leaves out are
 * looked at: the others come first anyway. An environment without that stack is passed over, and
 * so is one that is shared, or never applied from here. What cannot be told stops nothing, nor does
 * a stack that was destroyed on purpose.
 *
 * @throws UserError `git-failed`
 */
export async function unpromoted(options: {
  readonly git: Git;
  readonly workspace: Workspace;
  /** Environments that the run names, and those that have nothing to get from this commit. */
  readonly running: ReadonlySet<string>;
  readonly changed: readonly Stack[];
  readonly head: string;
  readonly earlier: EarlierBaseline;
}): Promise<readonly Unpromoted[]> {
  const { git, workspace, running, changed, head, earlier } = options;
  const pairs = changed.flatMap((stack) =>
    counterparts(stack, workspace, running).map((before) => ({ stack, before })),
  );
  const filesSince = new Map<string, Promise<readonly string[]>>();
  const isBehind = async (stack: Stack, sha: string): Promise<boolean> => {
    const files = filesSince.get(sha) ?? changedSince(git, sha, head);
    filesSince.set(sha, files);
    return touchedStacks([stack], workspace.config.file, await files).length > 0;
  };
  const found: Unpromoted[] = [];
  for (const environment of new Set(pairs.map(({ before }) => before.environment))) {
    const all = workspace.stacks.filter((stack) => stack.environment === environment);
    const entries = await earlier(environment, all);
    // Nothing was ever noted there: it is applied by other means, or cannot be seen.
    if (entries === undefined || entries.size === 0) continue;
    for (const pair of pairs.filter(({ before }) => before.environment === environment)) {
      const entry = entries.get(pair.before.id);
      if (entry?.stateChangedBy === 'destroy') continue;
      // One that waits for what it reads has the code all the same.
      const sha = entry?.heldBackAt ?? entry?.sha;
      if (sha === undefined || (await isBehind(pair.before, sha))) {
        found.push({ ...pair, sha });
      }
    }
  }
  return found;
}

/** The same stack in the nearest environments before its own that have it. */
function counterparts(
  stack: Stack,
  { config, stacks }: Workspace,
  running: ReadonlySet<string>,
): readonly Stack[] {
  const environments = new Map(config.environments.map((one) => [one.name, one]));
  const found: Stack[] = [];
  const seen = new Set([stack.environment]);
  const open = [...(environments.get(stack.environment)?.promotedFrom ?? [])];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const environment = environments.get(name);
    if (environment === undefined || seen.has(name) || running.has(name)) continue;
    seen.add(name);
    const same = stacks.filter(
      (other) =>
        other.environment === name && other.name === stack.name && other.layer === stack.layer,
    );
    const counts = !environment.shared && environment.apply !== 'never' && same.length > 0;
    if (counts) found.push(...same);
    else open.push(...(environment.promotedFrom ?? []));
  }
  return found;
}

/** Files that differ since a commit that led to `head`; since any other that cannot be told. */
async function changedSince(git: Git, sha: string, head: string): Promise<readonly string[]> {
  if ((await standingOf(git, sha, head)) !== 'older') return [];
  const { changed, deleted } = await filesBetween(git, sha, head);
  return [...changed, ...deleted];
}
