import PQueue from 'p-queue';
import { OperationError, UserError } from '../../shared/errors.js';
import type { RemoteImage } from '../repository.js';
import {
  childrenFirst,
  companionTagNames,
  toNode,
  type ManifestNode,
  type SourceImage,
} from './image-graph.js';
import type { SourceReference } from './source-reference.js';
import type { SourceRepository } from './source-registry.js';

/**
 * The manifest or index that the source names; a tag is resolved here, once.
 *
 * @throws UserError `source-not-found`
 * @throws OperationError `source-not-readable`, `source-digest-differs`, `ecr-…`
 */
export async function readRoot(
  source: SourceRepository,
  { tag = '', digest, text }: SourceReference,
): Promise<ManifestNode> {
  const found =
    digest === undefined
      ? (await source.imagesByTag([tag])).get(tag)
      : (await source.imagesByDigest([digest])).get(digest);
  if (found !== undefined) return toNode(found);
  throw new UserError({
    code: 'source-not-found',
    message: `there is no image ${text} in account ${source.accountId}, ${source.region}`,
    at: { input: 'source' },
    hint: 'check account, region, repository and tag; the digest is an output of the step that pushed it',
  });
}

/**
 * Reads all of an image: platforms, attestations, and with `withReferrers` what refers to any of
 * them, also by the tags that tools use in its place. Layers are not read.
 *
 * @throws OperationError `source-incomplete`, `source-not-readable`, `source-digest-differs`, `ecr-…`
 */
export async function readImage(
  source: SourceRepository,
  root: ManifestNode,
  withReferrers: boolean,
): Promise<SourceImage> {
  const known = new Map([[root.digest, root]]);
  await readBelow(source, [root], known);
  const done = new Set<string>();
  const manifests = childrenFirst([root.digest], known, done);
  if (!withReferrers) return { root, manifests, referrers: [], companionTags: [] };

  const referrers: ManifestNode[] = [];
  const take = async (digests: readonly string[]): Promise<readonly ManifestNode[]> => {
    const missing = digests.filter((digest) => !known.has(digest));
    await readBelow(source, await readNodes(source, missing, known), known);
    const taken = childrenFirst(digests, known, done);
    referrers.push(...taken);
    return taken;
  };
  // A signature may be on an attestation, which is on the image.
  for (let subjects = manifests; subjects.length > 0;) {
    subjects = await take(await referrersOf(source, subjects));
  }
  const named = await source.imagesByTag(
    manifests.flatMap(({ digest }) => companionTagNames(digest)),
  );
  await take([...named.values()].map(({ digest }) => digest));
  const companionTags = [...named].map(([tag, { digest }]) => ({ tag, digest }));
  return { root, manifests, referrers, companionTags };
}

const listsAtOnce = 5;

async function referrersOf(
  source: SourceRepository,
  subjects: readonly ManifestNode[],
): Promise<readonly string[]> {
  const queue = new PQueue({ concurrency: listsAtOnce });
  const lists = await Promise.all(
    subjects.map(({ digest }) => queue.add(() => source.referrersOf(digest))),
  );
  return [...new Set(lists.flat())];
}

/** Reads what `nodes` list, level by level. */
async function readBelow(
  source: SourceRepository,
  nodes: readonly ManifestNode[],
  known: Map<string, ManifestNode>,
): Promise<void> {
  for (let level = nodes; level.length > 0;) {
    const wanted = new Set(level.flatMap(({ children }) => children));
    const missing = [...wanted].filter((digest) => !known.has(digest));
    level = await readNodes(source, missing, known);
  }
}

async function readNodes(
  source: SourceRepository,
  digests: readonly string[],
  known: Map<string, ManifestNode>,
): Promise<readonly ManifestNode[]> {
  if (digests.length === 0) return [];
  const images: ReadonlyMap<string, RemoteImage> = await source.imagesByDigest(digests);
  const missing = digests.filter((digest) => !images.has(digest));
  if (missing.length > 0) {
    throw new OperationError(
      'source-incomplete',
      `${source.name} lacks ${missing.join(', ')}, which belongs to the image`,
      { details: { repository: source.name, missing } },
    );
  }
  const nodes = [...images.values()].map(toNode);
  for (const node of nodes) known.set(node.digest, node);
  return nodes;
}
