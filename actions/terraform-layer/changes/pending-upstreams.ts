import { isReading } from '../graph/reading-edges.js';
import { dependentsOf } from '../graph/waves.js';
import type { AppliedEntry } from '../sidecar/ledger.js';
import type { Edge, Stack, Workspace } from '../stacks/workspace.js';
import type { Git } from './git.js';
import { standingOf, touchedBetween, type Touched } from './touched-between.js';

/** A stack that others read, and the environment of one that does: its access reads the state too. */
export interface ReadElsewhere {
  readonly stack: Stack;
  readonly reader: string;
}

/** All that `stacks` read of other environments, at any depth. */
export function readElsewhere(
  stacks: readonly Stack[],
  workspace: Pick<Workspace, 'stacks' | 'edges'>,
): readonly ReadElsewhere[] {
  const environments = new Set(stacks.map(({ environment }) => environment));
  const byId = new Map(workspace.stacks.map((stack) => [stack.id, stack]));
  const upstreams = new Map<string, string[]>();
  for (const { from, to } of workspace.edges.filter(isReading)) {
    upstreams.set(from, [...(upstreams.get(from) ?? []), to]);
  }
  const readers = new Map(stacks.map(({ id, environment }) => [id, environment]));
  const found: ReadElsewhere[] = [];
  for (const [id, reader] of readers) {
    for (const upstream of upstreams.get(id) ?? []) {
      const stack = byId.get(upstream);
      if (stack === undefined || readers.has(upstream)) continue;
      readers.set(upstream, reader);
      if (!environments.has(stack.environment)) found.push({ stack, reader });
    }
  }
  return found;
}

/**
 * Ids of the stacks among `stacks` that were applied once and are behind the checked out commit:
 * they, or what they read, have changed since. Where nothing is known of a stack it is not among
 * them: else its readers would never be done. Nor is one that is never applied from here.
 *
 * @throws UserError `git-failed`
 */
export async function pendingStacks(options: {
  readonly git: Git;
  readonly workspace: Workspace;
  readonly head: string;
  readonly stacks: readonly Stack[];
  /** By stack id. */
  readonly baselines: ReadonlyMap<string, AppliedEntry>;
  /** What has changed since commits that led to `head`, as far as that is known already. */
  readonly touchedSince?: ReadonlyMap<string, Touched>;
}): Promise<ReadonlySet<string>> {
  const { git, workspace, head, stacks, baselines } = options;
  const never = new Set(
    workspace.config.environments.flatMap(({ name, apply }) => (apply === 'never' ? [name] : [])),
  );
  const since = new Map(options.touchedSince);
  const pending = new Set<string>();
  for (const { id, environment } of stacks) {
    const sha = baselines.get(id)?.sha;
    if (sha === undefined || never.has(environment)) continue;
    if (!since.has(sha)) {
      const isOlder = (await standingOf(git, sha, head)) === 'older';
      since.set(sha, await touchedBetween(git, workspace, isOlder ? sha : head, head));
    }
    const touched = since.get(sha);
    if (touched?.own.has(id) === true || touched?.downstream.has(id) === true) pending.add(id);
  }
  return pending;
}

/**
 * Ids of the stacks that read, at any depth, a pending one that does not take part in the run: what
 * they were applied with will be otherwise, so that they are not done with this commit.
 */
export function heldBack(
  pending: ReadonlySet<string>,
  running: ReadonlySet<string>,
  edges: readonly Edge[],
): ReadonlySet<string> {
  const open = [...pending].filter((id) => !running.has(id));
  return dependentsOf(open, edges.filter(isReading));
}
