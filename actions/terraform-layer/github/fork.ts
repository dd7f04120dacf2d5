import type { Problem } from '../../shared/errors.js';
import type { GithubContext } from '../../shared/github-context.js';
import type { Inputs } from '../inputs.js';

/** Whether what is checked out comes from a pull request of another repository. */
export function isOfFork(github: Pick<GithubContext, 'pullRequest'> | undefined): boolean {
  return github?.pullRequest?.fromFork === true;
}

/**
 * A plan runs code that a pull request brings (providers, `external`, hooks) with the access that
 * the runner has, and anybody can open one from a fork. So only what reads files is done there.
 */
export function forkProblems(
  { command, dryRun }: Pick<Inputs, 'command' | 'dryRun'>,
  github: Pick<GithubContext, 'pullRequest'> | undefined,
): readonly Problem[] {
  const pull = github?.pullRequest;
  if (pull?.fromFork !== true) return [];
  if (command === 'check' || command === 'graph' || dryRun) return [];
  return [
    {
      code: 'fork-pull-request',
      message: `#${pull.number} comes from a fork: nothing of it is run with the access of this repository`,
      at: { input: 'command' },
      hint:
        'who has read the change starts terraform-plan-fork.yml by hand, for ' +
        `${pull.headSha}, or pushes that head to a branch of this repository and starts the ` +
        'plan\'s workflow there: that plan is then the review. "check", "graph" and "dry-run" run ' +
        'nothing, and work for forks',
    },
  ];
}
