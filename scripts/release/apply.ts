import { commitBundles, commitReferences, type Workshop } from './commits.js';
import type { Git } from './git.js';
import { leftBundlesRef } from './observe.js';
import type { ReleasePlan, Step } from './plan.js';
import { majorTag } from './version.js';

/** The commits and tags of a release, as they stand in this clone. */
export interface Release {
  readonly version: string;
  readonly tag: string;
  readonly repository: string;
  /** Full SHAs, from the default branch to the tag, each the parent of the next. */
  readonly sourceCommit: string;
  readonly versionCommit: string;
  readonly bundlesCommit: string;
  readonly releaseCommit: string;
  readonly majorTag: string;
}

/**
 * Makes what the plan says, in this clone alone. Each step leaves behind what a later run needs to
 * go on from there.
 */
export async function applyRelease(
  git: Git,
  workshop: Workshop,
  plan: ReleasePlan,
  told: (step: Step) => void,
): Promise<Release> {
  let bundlesCommit: string | undefined;
  let releaseCommit = plan.releaseCommit;
  for (const step of plan.steps) {
    told(step);
    switch (step.kind) {
      case 'commit-version':
        // Made with the bundles, in the same checkout.
        break;
      case 'commit-bundles':
        bundlesCommit = await commitBundles(git, workshop, plan);
        await git.run(['update-ref', leftBundlesRef(plan.tag), bundlesCommit]);
        break;
      case 'take-up-bundles':
        bundlesCommit = step.commit;
        break;
      case 'commit-references':
        releaseCommit = await commitReferences(git, plan, made(bundlesCommit));
        break;
      case 'tag':
        // The empty old value: never over a tag that came meanwhile.
        await git.run(['update-ref', `refs/tags/${step.tag}`, made(releaseCommit), '']);
        await git.run(['update-ref', '-d', leftBundlesRef(plan.tag)]);
        break;
      case 'move-major':
        await git.run(['update-ref', `refs/tags/${step.tag}`, made(releaseCommit)]);
        break;
    }
  }
  const release = made(releaseCommit);
  const parent = (generations: number): Promise<string> =>
    git.run(['rev-parse', `${release}~${generations}`]);
  return {
    version: plan.version,
    tag: plan.tag,
    repository: plan.origin.repository,
    sourceCommit: plan.origin.sourceCommit,
    versionCommit: await parent(2),
    bundlesCommit: await parent(1),
    releaseCommit: release,
    majorTag: majorTag(plan.version),
  };
}

function made(commit: string | undefined): string {
  if (commit === undefined) throw new Error('a step comes before the one that it needs');
  return commit;
}
