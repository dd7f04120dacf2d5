import { UserError, OperationError } from '../../shared/errors.js';
import type { GithubContext } from '../../shared/github-context.js';
import { gitText, headCommit, isCommit, isShallow, parentsOf, type Git } from './git.js';

/** The run whose gates are looked for, as GitHub tells it. */
export type GatedCheckout = Pick<
  GithubContext,
  'ref' | 'sha' | 'eventName' | 'defaultBranch' | 'pullRequest' | 'pushedFrom'
>;

/**
 * Whose `infra.yml` decides on a run: a commit, or `own`, where there is nothing before what is
 * checked out, or `unseen`, where there is but the clone does not hold it.
 */
export type GateBase =
  | { readonly kind: 'commit'; readonly sha: string }
  | { readonly kind: 'own' }
  | {
      readonly kind: 'unseen';
      /** What git says, where it does not work at all. */
      readonly because?: string;
    };

/**
 * The base of the gates where nothing says what was applied before: the default branch as it was
 * before the checked out change. On another branch that is the default branch itself; after a push
 * the commit that was there before it; else the first parent. In a terminal it is the first parent
 * too, where there is one.
 */
export async function gateBase(git: Git, run: GatedCheckout | undefined): Promise<GateBase> {
  try {
    return run === undefined
      ? await firstParent(git, 'own')
      : await beforeChange(git, await headCommit(git), run);
  } catch (error) {
    // No git, or no repository.
    const isGits = error instanceof UserError || error instanceof OperationError;
    if (!isGits) throw error;
    return run === undefined ? { kind: 'own' } : { kind: 'unseen', because: error.message };
  }
}

async function beforeChange(git: Git, head: string, run: GatedCheckout): Promise<GateBase> {
  const { pullRequest, pushedFrom, sha } = run;
  if (!isOnDefaultBranch(run)) {
    // A test merge has the base branch as its first parent; the head of a pull request does not.
    const isTestMerge = pullRequest !== undefined && head === sha && head !== pullRequest.headSha;
    const ofDefault = await defaultBranchIn(git, run);
    if (ofDefault !== undefined) return { kind: 'commit', sha: ofDefault };
    return isTestMerge && pullRequest.baseRef === run.defaultBranch
      ? firstParent(git, 'unseen')
      : { kind: 'unseen' };
  }
  // Another commit was checked out than the one that the branch has.
  if (head !== sha) return held(git, sha);
  return pushedFrom === undefined ? firstParent(git, 'own') : held(git, pushedFrom);
}

/** GitHub starts a schedule on the default branch only. */
function isOnDefaultBranch({ ref, eventName, defaultBranch }: GatedCheckout): boolean {
  if (defaultBranch === undefined) return eventName === 'schedule';
  return ref === `refs/heads/${defaultBranch}`;
}

async function defaultBranchIn(
  git: Git,
  { defaultBranch }: GatedCheckout,
): Promise<string | undefined> {
  if (defaultBranch === undefined) return undefined;
  const ref = `refs/remotes/origin/${defaultBranch}`;
  const found = await gitText(git, ['for-each-ref', '--format=%(refname) %(objectname)', ref]);
  const line = found.split('\n').find((one) => one.startsWith(`${ref} `));
  return line?.slice(ref.length + 1);
}

async function held(git: Git, sha: string): Promise<GateBase> {
  return (await isCommit(git, sha)) ? { kind: 'commit', sha } : { kind: 'unseen' };
}

/** The first commit of all has nothing before it; the last one of a shallow clone has. */
async function firstParent(git: Git, without: 'own' | 'unseen'): Promise<GateBase> {
  const [parent] = await parentsOf(git, 'HEAD');
  if (parent !== undefined) return held(git, parent);
  return (await isShallow(git)) ? { kind: 'unseen' } : { kind: without };
}
