import { UserError, type Problem } from '../../shared/errors.js';
import { withDependents, type Affected, type AffectedReason } from '../graph/affected.js';
import type { AppliedEntry } from '../sidecar/ledger.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import { commitsOfAgain, type TakenUpAgain } from './apply-again.js';
import { checkoutPaths, gitLines, headCommit, historyMissing, isShallow, type Git } from './git.js';
import { standingOf, touchedBetween, type Touched } from './touched-between.js';

/** What is to be applied in a set of stacks, and since when. */
export interface AppliedChanges {
  readonly affected: Affected;
  /** The commit that is checked out. */
  readonly head: string;
  /** Commits that stacks were last applied at and that led to this one, the oldest first. */
  readonly bases: readonly string[];
  /** What has changed since each of these. */
  readonly touchedSince: ReadonlyMap<string, Touched>;
  /** By environment, the oldest of its stacks' bases; absent where none is known. */
  readonly oldestBases: ReadonlyMap<string, string>;
  /**
   * Every commit since the oldest base (of stacks without one, or that were destroyed since: the
   * last that touched them), in no order that counts. Through these the pull requests of a run are found.
   */
  readonly commits: readonly string[];
}

/** So far back are the commits of stacks that were never applied looked for. */
const maximumUnknownCommits = 100;

/**
 * What an apply of the checked out commit covers in `stacks`: each is compared with the commit that
 * was last applied in it. A stack without one, whose one did not lead to this commit, or whose state
 * was changed since in another way than by an apply, takes part whatever changed.
 *
 * A stack is a dependent where anything upstream of it has changed since its own base, in whatever
 * environment, and although the upstream itself is applied already: that the change has reached the
 * reader too is known from the reader's base alone.
 *
 * @throws UserError `history-missing` where a shallow clone hides a base, `apply-older-than-baseline`
 * where a newer commit is applied already, `apply-again-unknown`, `git-failed`
 */
export async function appliedChanges(options: {
  readonly git: Git;
  readonly workspace: Workspace;
  readonly stacks: readonly Stack[];
  /** By stack id. */
  readonly baselines: ReadonlyMap<string, AppliedEntry>;
  /** What counts once more. */
  readonly again?: TakenUpAgain | undefined;
}): Promise<AppliedChanges> {
  const { git, workspace, stacks, baselines, again } = options;
  const head = await headCommit(git);
  const groups = new Map<string, Stack[]>();
  for (const stack of stacks) {
    const sha = baselines.get(stack.id)?.sha;
    if (sha === undefined) continue;
    const group = groups.get(sha);
    if (group === undefined) groups.set(sha, [stack]);
    else group.push(stack);
  }
  const known = await judgeBases(git, head, groups, baselines);
  const reasons = new Map<string, readonly AffectedReason[]>();
  const readers = new Set<string>();
  const commits = new Set<string>([head]);
  const lengths = new Map<string, number>();
  const touchedSince = new Map<string, Touched>();
  for (const [sha, group] of groups) {
    const unusable = known.get(sha);
    if (unusable !== undefined) {
      const reason = { kind: 'baseline-unknown', sha, why: unusable } as const;
      for (const { id } of group) reasons.set(id, [reason]);
      continue;
    }
    const between = await commitsBetween(git, sha, head);
    lengths.set(sha, between.length);
    for (const commit of between) commits.add(commit);
    const touched = await touchedBetween(git, workspace, sha, head);
    touchedSince.set(sha, touched);
    const { own, downstream } = touched;
    for (const { id } of group) {
      const found = own.get(id);
      if (found !== undefined) reasons.set(id, found);
      else if (downstream.has(id)) readers.add(id);
    }
  }
  const marked = stacks.filter(({ id }) => baselines.get(id)?.stateChangedBy !== undefined);
  for (const { id } of marked) {
    const by = baselines.get(id)?.stateChangedBy ?? '';
    reasons.set(id, [...(reasons.get(id) ?? []), { kind: 'state-changed', by }]);
  }
  const fresh = stacks.filter(({ id }) => !baselines.has(id));
  for (const { id } of fresh) reasons.set(id, [{ kind: 'never-applied' }]);
  const adrift = stacks.filter(({ id }) => reasons.get(id)?.[0]?.kind === 'baseline-unknown');
  // What an apply left half done lies between its base and here.
  const unknown = marked.filter(({ id }) => baselines.get(id)?.stateChangedBy !== 'apply');
  for (const commit of await commitsOf(git, [...fresh, ...adrift, ...unknown])) commits.add(commit);
  if (again !== undefined) {
    const taken = await commitsOfAgain(git, head, again);
    for (const commit of taken.commits) commits.add(commit);
    const { own, downstream } = await touchedBetween(git, workspace, taken.base, again.sha);
    const reason = { kind: 'applied-again', sha: again.sha } as const;
    for (const { id } of stacks) {
      if (own.has(id)) reasons.set(id, [...(reasons.get(id) ?? []), reason]);
      else if (downstream.has(id)) readers.add(id);
    }
  }
  const changed = workspace.stacks.flatMap((stack) => {
    const found = reasons.get(stack.id);
    return found === undefined ? [] : [{ stack, reasons: found }];
  });
  const bases = [...lengths].sort(([, a], [, b]) => b - a).map(([sha]) => sha);
  return {
    affected: withDependents(workspace, changed, readers),
    head,
    bases,
    touchedSince,
    oldestBases: oldestBases(stacks, baselines, bases),
    commits: [...commits],
  };
}

/** For each base that cannot be compared with, why. */
async function judgeBases(
  git: Git,
  head: string,
  groups: ReadonlyMap<string, readonly Stack[]>,
  baselines: ReadonlyMap<string, AppliedEntry>,
): Promise<ReadonlyMap<string, 'missing' | 'not-an-ancestor'>> {
  const unusable = new Map<string, 'missing' | 'not-an-ancestor'>();
  const problems: Problem[] = [];
  const shallow = groups.size > 0 && (await isShallow(git));
  for (const [sha, group] of groups) {
    const standing = await standingOf(git, sha, head);
    if (standing === 'newer') problems.push(superseded(head, sha, group, baselines));
    else if (standing === 'missing' || standing === 'not-an-ancestor') unusable.set(sha, standing);
  }
  if (problems.length > 0) throw new UserError(problems);
  if (shallow && unusable.size > 0) throw historyMissing('fetch-depth: 0');
  return unusable;
}

function superseded(
  head: string,
  sha: string,
  group: readonly Stack[],
  baselines: ReadonlyMap<string, AppliedEntry>,
): Problem {
  const entry = baselines.get(group[0]?.id ?? '');
  const names = group.slice(0, 5).map(({ displayId }) => displayId);
  const more = group.length > names.length ? ` and ${group.length - names.length} more` : '';
  const by = entry?.runUrl === undefined ? '' : ` by ${entry.runUrl}`;
  return {
    code: 'apply-older-than-baseline',
    message:
      `superseded: ${head} is older than ${sha}, which was applied${by} in ` +
      `${names.join(', ')}${more}`,
    hint: 'to go back, revert the change and apply that commit',
  };
}

async function commitsBetween(git: Git, base: string, head: string): Promise<readonly string[]> {
  if (base === head) return [];
  return gitLines(git, ['rev-list', `${base}..${head}`]);
}

/** The last commits that touched directories of stacks about which nothing else is known. */
async function commitsOf(git: Git, stacks: readonly Stack[]): Promise<readonly string[]> {
  const places = new Set(
    stacks.flatMap(({ directory, moduleDirectories, varFiles }) => [
      directory,
      ...moduleDirectories,
      ...varFiles,
    ]),
  );
  if (places.size === 0) return [];
  // More places than a command line bears are all places.
  const paths = places.size > 1000 ? [] : places;
  const inCheckout = await checkoutPaths(git);
  // No pattern in a file name.
  const specs = [...paths].map((place) => `:(top,literal)${inCheckout(place)}`);
  const count = `--max-count=${maximumUnknownCommits}`;
  return gitLines(git, ['rev-list', count, 'HEAD', '--', ...specs]);
}

function oldestBases(
  stacks: readonly Stack[],
  baselines: ReadonlyMap<string, AppliedEntry>,
  bases: readonly string[],
): ReadonlyMap<string, string> {
  const ages = new Map(bases.map((sha, index) => [sha, index]));
  const oldest = new Map<string, string>();
  for (const { id, environment } of stacks) {
    const sha = baselines.get(id)?.sha;
    const age = sha === undefined ? undefined : ages.get(sha);
    if (sha === undefined || age === undefined) continue;
    const known = ages.get(oldest.get(environment) ?? '');
    if (known === undefined || age < known) oldest.set(environment, sha);
  }
  return oldest;
}
