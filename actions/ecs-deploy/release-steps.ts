import type { Observed, Step } from './plan.js';
import type { Release } from './release.js';
import type { Target } from './target.js';
import { imageTexts } from './images/resolve-images.js';

/** What a release is made of. */
export interface ReleaseFacts {
  readonly target: Target;
  /** By container name. */
  readonly images: Readonly<Record<string, { readonly image: string }>>;
  readonly commit: string | undefined;
  readonly run: string | undefined;
  readonly atMs: number;
}

type ReleaseStep = Extract<Step, { readonly kind: `write-release-${string}` }>;

export function releaseOf(facts: ReleaseFacts, status: Release['status']): Release {
  const { commit, run } = facts;
  return {
    version: 1,
    status,
    images: imageTexts(facts.images),
    ...(commit === undefined ? {} : { commit }),
    ...(run === undefined ? {} : { run }),
    at: new Date(facts.atMs).toISOString(),
  };
}

/** The record of the last good release, to be written once the rollout has succeeded. */
export function releaseCurrent(facts: ReleaseFacts, upToDate: boolean): readonly ReleaseStep[] {
  const { release } = facts.target;
  if (release === undefined) return [];
  const next = releaseOf(facts, 'succeeded');
  const { current } = release;
  const known =
    current?.status === 'succeeded' &&
    JSON.stringify(Object.entries(current.images).sort()) ===
      JSON.stringify(Object.entries(next.images).sort());
  if (upToDate && known) return [];
  return [
    {
      kind: 'write-release-current',
      path: release.path,
      release: next,
      reason: upToDate ? 'the record does not name what runs' : 'after the rollout succeeded',
    },
  ];
}

/** Before the first update, so that an apply in between does not scale to 0 again. */
export function releaseStarting(observed: Observed): readonly Step[] {
  const { release } = observed.target;
  if (release === undefined || release.exists) return [];
  return [
    {
      kind: 'write-release-starting',
      path: release.path,
      release: releaseOf(releaseFacts(observed), 'starting'),
      reason: 'first release: from now on Terraform keeps the count',
    },
  ];
}

export function releaseFacts(observed: Observed): ReleaseFacts {
  const { target, images, origin, atMs } = observed;
  return { target, images, ...origin, atMs };
}
