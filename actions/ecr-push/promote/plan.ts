import { z } from 'zod';
import { UserError, type Problem } from '../../shared/errors.js';
import { parseJsonAs } from '../../shared/json-text.js';
import type { Manifest } from '../image.js';
import { repositorySteps, type ObservedRepository, type RepositoryStep } from '../plan.js';
import type { RepositorySettings } from '../inputs/repositories.js';
import { settleTags } from '../tags.js';
import {
  blobsOf,
  type BlobDescriptor,
  type ManifestNode,
  type SourceImage,
} from './image-graph.js';

/** What one target has of the image already. */
export interface ObservedTarget extends ObservedRepository {
  /** Whether it is the very repository that the image is in: only tags are put then. */
  readonly isSource: boolean;
  /** Digests. */
  readonly manifestsPresent: ReadonlySet<string>;
  /** Digests. */
  readonly blobsPresent: ReadonlySet<string>;
}

/** A tag to put on a manifest that is in the target by then. */
export interface TagStep {
  readonly tag: string;
  readonly manifest: Manifest;
}

/** What a promotion does in one repository; in the order of these members, tags last. */
export interface TargetPlan {
  readonly repository: string;
  readonly isSource: boolean;
  readonly prepare: readonly RepositoryStep[];
  readonly blobs: readonly BlobDescriptor[];
  readonly blobsKept: number;
  /** Each after those that it refers to; the image itself, then what refers to it. */
  readonly manifests: readonly ManifestNode[];
  /** Tags by which tools find signatures. */
  readonly companionTags: readonly TagStep[];
  readonly writeTags: readonly TagStep[];
  readonly keepTags: readonly string[];
}

/**
 * Decides what is copied into each repository, and in which order: what something refers to is there
 * before it, and a tag never names an incomplete image.
 *
 * @throws UserError `tag-immutable`, `referrer-tag-differs`: all that hold in all repositories
 */
export function planPromotion(
  request: {
    readonly tags: readonly string[];
    /** Those of the tags that are to move with later images. */
    readonly movingTags: readonly string[];
    readonly newRepository: RepositorySettings | undefined;
  },
  image: SourceImage,
  targets: readonly ObservedTarget[],
): readonly TargetPlan[] {
  const planned = targets.map((target) => planTarget(request, image, target));
  const problems = planned.flatMap((one) => one.problems);
  if (problems.length > 0) throw new UserError(problems);
  return planned.map(({ plan }) => plan);
}

interface PlannedTarget {
  readonly plan: TargetPlan;
  readonly problems: readonly Problem[];
}

function planTarget(
  { tags, movingTags, newRepository }: Parameters<typeof planPromotion>[0],
  image: SourceImage,
  target: ObservedTarget,
): PlannedTarget {
  const { root } = image;
  const all = [...image.manifests, ...image.referrers];
  const blobs = blobsOf(image);
  const settled = settle(root, tags, target);
  const companions = settleCompanions(image, target);
  const missing = <T extends { readonly digest: string }>(
    items: readonly T[],
    present: ReadonlySet<string>,
  ): readonly T[] => (target.isSource ? [] : items.filter(({ digest }) => !present.has(digest)));
  const toSend = missing(blobs, target.blobsPresent);
  return {
    plan: {
      repository: target.reference.name,
      isSource: target.isSource,
      prepare: repositorySteps(newRepository, { movingTags }, target),
      blobs: toSend,
      blobsKept: target.isSource ? 0 : blobs.length - toSend.length,
      manifests: missing(all, target.manifestsPresent),
      companionTags: companions.write,
      writeTags: settled.write.map((tag) => ({ tag, manifest: root })),
      keepTags: settled.present.map(({ tag }) => tag),
    },
    problems: [...settled.conflicts, ...companions.problems],
  };
}

function settle(
  manifest: Manifest,
  tags: readonly string[],
  { repository, remoteTags }: ObservedTarget,
): ReturnType<typeof settleTags> {
  if (repository === undefined) return { write: tags, present: [], conflicts: [] };
  return settleTags({ digest: manifest.digest }, tags, repository, remoteTags);
}

/**
 * A tag of signatures is moved only where what it names now is part of what it would name: those
 * that the target's own account has made are not lost.
 */
function settleCompanions(
  image: SourceImage,
  target: ObservedTarget,
): { readonly write: readonly TagStep[]; readonly problems: readonly Problem[] } {
  if (target.isSource) return { write: [], problems: [] };
  const byDigest = new Map(
    [...image.manifests, ...image.referrers].map((node) => [node.digest, node]),
  );
  const write: TagStep[] = [];
  const problems: Problem[] = [];
  for (const { tag, digest } of image.companionTags) {
    const manifest = byDigest.get(digest);
    if (manifest === undefined) continue;
    const { conflicts, present } = settle(manifest, [tag], target);
    const there = target.remoteTags.get(tag);
    if (present.length > 0) continue;
    if (conflicts.length > 0) {
      problems.push(...conflicts.map((conflict) => ({ ...conflict, ...aboutReferrers })));
    } else if (there !== undefined && !holdsAllOf(manifest.body, there.manifest)) {
      problems.push({
        code: 'referrer-tag-differs',
        message: `the tag ${tag} of ${target.reference.name} names ${there.digest}, which holds signatures that ${digest} lacks`,
        ...aboutReferrers,
      });
    } else write.push({ tag, manifest });
  }
  return { write, problems };
}

const aboutReferrers = {
  at: { input: 'referrers' },
  hint: 'leave the signatures that are there with referrers: false, or remove that tag',
} as const;

const listSchema = z.object({
  layers: z.array(z.unknown()).default([]),
  manifests: z.array(z.unknown()).default([]),
});

/**
 * Whether one manifest lists every entry of another. Whole entries: signatures by two keys have the
 * same payload, and differ in its annotations.
 */
function holdsAllOf(body: string, other: string): boolean {
  const entriesOf = (text: string): readonly string[] | undefined => {
    const parsed = parseJsonAs(listSchema, text);
    return parsed && [...parsed.layers, ...parsed.manifests].map((one) => JSON.stringify(one));
  };
  const held = entriesOf(body) ?? [];
  return entriesOf(other)?.every((entry) => held.includes(entry)) ?? false;
}
