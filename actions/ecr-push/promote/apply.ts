import { cancelled } from '../cancelled.js';
import type { Clock } from '../../shared/clock.js';
import { OperationError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import type { Ecr } from '../ecr.js';
import { finishRepository, makeRepository } from '../make-repository.js';
import type { RepositoryStep } from '../plan.js';
import { putTags, type TagOutcome } from '../put-tags.js';
import { registryOf, type Repository } from '../repository.js';
import { sendBlobs } from '../upload.js';
import { verify } from '../verify.js';
import type { ManifestNode, SourceImage } from './image-graph.js';
import type { TargetPlan, TagStep } from './plan.js';
import { tellProgress } from './progress.js';
import type { ReadRange } from './read-range.js';
import { remoteBlob } from './remote-blob.js';
import type { PromotedRepository } from './result.js';
import type { SourceRepository } from './source-registry.js';

export interface PromotePorts {
  readonly ecr: Ecr;
  readonly source: SourceRepository;
  readonly readRange: ReadRange;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Carries the plan of one repository out: layers, manifests, tags, and reads back what they name.
 *
 * @throws OperationError `blob-download-failed`, `blob-digest-differs`, `upload-stuck`, `tag-taken`,
 * `digest-differs`, `ecr-…`, `cancelled`
 */
export async function promoteTo(
  ports: PromotePorts,
  image: SourceImage,
  plan: TargetPlan,
  found: Repository | undefined,
): Promise<PromotedRepository> {
  const { ecr, clock } = ports;
  const started = clock.now();
  const repository = await prepareRepository(ecr, plan.prepare, found);
  const { name } = repository;
  await copyBlobs(ports, name, plan);
  for (const manifest of plan.manifests) await putManifest(ports, name, manifest);
  const outcomes = new Map<string, TagOutcome>(plan.keepTags.map((tag) => [tag, 'kept']));
  await putEach(ecr, name, plan.companionTags, new Map());
  await putEach(ecr, name, plan.writeTags, outcomes);
  const sizeBytes = await verify(ports, repository, image.root.digest, [...outcomes.keys()]);
  return {
    repository: name,
    registry: registryOf(repository),
    plan,
    outcomes,
    sizeBytes,
    seconds: (clock.now() - started) / 1000,
  };
}

async function prepareRepository(
  ecr: Ecr,
  steps: readonly RepositoryStep[],
  found: Repository | undefined,
): Promise<Repository> {
  let repository = found;
  for (const step of steps) {
    if (step.kind === 'create-repository') repository = await makeRepository(ecr, step);
    if (step.kind === 'finish-repository' && repository !== undefined) {
      await finishRepository(ecr, repository, step.settings);
    }
  }
  if (repository === undefined) {
    throw new OperationError('step-out-of-order', 'the plan copies into a repository that is none');
  }
  return repository;
}

async function copyBlobs(ports: PromotePorts, name: string, { blobs }: TargetPlan): Promise<void> {
  const progress = tellProgress(ports, blobs);
  const sources = blobs.map((blob) => remoteBlob({ ...ports, onRead: progress.onRead }, blob));
  await sendBlobs(ports.ecr, name, sources, progress.onSent);
}

async function putManifest(
  { ecr, signal }: PromotePorts,
  name: string,
  { digest, mediaType, body }: ManifestNode,
): Promise<void> {
  if (signal.aborted) throw cancelled();
  await ecr.putManifest(name, { digest, mediaType, body });
}

async function putEach(
  ecr: Ecr,
  name: string,
  steps: readonly TagStep[],
  outcomes: Map<string, TagOutcome>,
): Promise<void> {
  for (const { tag, manifest } of steps) await putTags(ecr, name, manifest, [tag], outcomes);
}
