import { cancelled } from './cancelled.js';
import { OperationError, UserError } from '../shared/errors.js';
import { pushBuiltArchive } from './archive-push.js';
import { buildImage, type Built } from './build.js';
import { pushWithRetries } from './engine-push.js';
import type { Blob } from './image.js';
import type { PushInputs } from './inputs.js';
import { finishRepository, makeRepository } from './make-repository.js';
import type { Observed, Step } from './plan.js';
import { formatBytes } from './report.js';
import { layerCountOf } from './layer-count.js';
import { registryOf, type Repository } from './repository.js';
import type { ImageOutcome, PushResult, RepositoryResult } from './result.js';
import type { Pushed, TagOutcome } from './put-tags.js';
import type { Ports } from './ports.js';
import type { ScannedImage } from './scan/image-scan.js';
import { scanImage } from './scan/scan-image.js';
import type { Prepared } from './source.js';
import { uploadImage, type UploadReport } from './upload.js';
import { verify } from './verify.js';

/** What the steps of one repository leave for the ones after them. */
interface RepositoryProgress {
  repository: Repository | undefined;
  outcome: ImageOutcome | undefined;
  digest: string | undefined;
  outcomes: Map<string, TagOutcome>;
  sizeBytes: number | undefined;
  layers: number | undefined;
  upload: UploadReport | undefined;
  pushSeconds: number | undefined;
  scans: readonly ScannedImage[];
}

interface Progress {
  built: Built | undefined;
  readonly repositories: ReadonlyMap<string, RepositoryProgress>;
}

/**
 * Carries a plan out.
 *
 * @throws UserError `tag-immutable` where another image was found under it after the build
 * @throws OperationError `build-failed`, `platform-mismatch`, `push-failed`, `digest-differs`,
 * `ecr-…`, `cancelled`
 */
export async function apply(
  ports: Ports,
  inputs: PushInputs,
  prepared: Prepared,
  observed: Observed,
  steps: readonly Step[],
): Promise<PushResult> {
  const progress = startOf(observed);
  for (const step of steps) {
    if (ports.signal.aborted) {
      throw cancelled();
    }
    if (step.kind === 'build') {
      progress.built = await buildImage(ports, inputs, prepared, firstRepository(progress));
    } else {
      await applyStep(ports, prepared, step, progress);
    }
  }
  return resultOf(prepared, observed, progress, false);
}

/** The result of a dry run: what is known without doing anything. */
export function dryRunResult(prepared: Prepared, observed: Observed): PushResult {
  const progress = startOf(observed);
  for (const one of progress.repositories.values()) {
    if (prepared.source.kind === 'archive') one.digest = prepared.source.image.root.digest;
  }
  return resultOf(prepared, observed, progress, true);
}

async function applyStep(
  ports: Ports,
  prepared: Prepared,
  step: Exclude<Step, { kind: 'build' }>,
  progress: Progress,
): Promise<void> {
  const { ecr, log } = ports;
  const one = progress.repositories.get(step.repository);
  if (one === undefined) throw outOfOrder(step.kind);
  switch (step.kind) {
    case 'create-repository':
      one.repository = await makeRepository(ecr, step);
      log.info(`Created the repository ${step.repository}`);
      return;
    case 'finish-repository':
      if (one.repository === undefined) throw outOfOrder(step.kind);
      await finishRepository(ecr, one.repository, step.settings);
      return;
    case 'leave-repository':
      return;
    case 'use-found':
      one.outcome = 'found';
      one.digest = step.digest;
      return;
    case 'push-built':
      await pushBuilt(ports, prepared, step.tags, one, progress);
      return;
    case 'upload': {
      const started = ports.clock.now();
      one.upload = await uploadImage(ecr, step.repository, step.image, tellBlob(ports));
      one.pushSeconds = secondsSince(ports, started);
      one.outcome = 'pushed';
      return;
    }
    case 'write-tag': {
      const outcome = await ecr.putManifest(step.repository, step.manifest, step.tag);
      if (outcome === 'tag-immutable') {
        throw lostTag(step.tag, step.repository, step.manifest.digest);
      }
      one.digest = step.manifest.digest;
      one.outcomes.set(step.tag, outcome === 'written' ? 'written' : 'kept');
      return;
    }
    case 'keep-tag':
      one.digest = step.digest;
      one.outcomes.set(step.tag, 'kept');
      return;
    case 'verify':
      if (one.repository === undefined || one.digest === undefined) throw outOfOrder(step.kind);
      one.sizeBytes = await verify(ports, one.repository, one.digest, step.tags);
      one.layers = layerCountOf(await ecr.imageByDigest(step.repository, one.digest));
      return;
    case 'scan': {
      if (one.digest === undefined) throw outOfOrder(step.kind);
      const { timeoutMinutes } = step.settings;
      one.scans = await scanImage(ports, step.repository, one.digest, timeoutMinutes);
      return;
    }
  }
}

async function pushBuilt(
  ports: Ports,
  prepared: Prepared,
  tags: readonly string[],
  one: RepositoryProgress,
  { built }: Progress,
): Promise<void> {
  const { repository } = one;
  const { source, key } = prepared;
  if (repository === undefined || source.kind === 'archive') throw outOfOrder('push-built');
  const started = ports.clock.now();
  const keyTag = key.kind === 'key' ? key.tag : undefined;
  const base = { repository, tags, keyTag };
  if (source.kind === 'build' && built?.kind === 'archive') {
    const { image } = built;
    record(ports, one, await pushBuiltArchive(ports, { ...base, image, onBlob: tellBlob(ports) }));
  } else {
    const stored = source.kind === 'image' ? source.stored : built;
    if (stored === undefined || 'image' in stored) throw outOfOrder('push-built');
    record(
      ports,
      one,
      await pushWithRetries(ports, {
        ...base,
        engine: source.engine,
        built: stored,
      }),
    );
  }
  one.pushSeconds = secondsSince(ports, started);
}

function record(ports: Ports, one: RepositoryProgress, pushed: Pushed): void {
  one.digest = pushed.digest;
  one.outcomes = new Map(pushed.outcomes);
  one.upload = pushed.upload;
  const isNew = [...pushed.outcomes.values()].every((outcome) => outcome === 'written');
  one.outcome = pushed.adopted ? 'adopted' : isNew ? 'pushed' : 'kept';
  if (pushed.adopted) {
    ports.log.notice(
      `Another run has pushed ${pushed.digest} from the same content first: that one is taken.`,
    );
  }
}

function startOf(observed: Observed): Progress {
  return {
    built: undefined,
    repositories: new Map(
      observed.repositories.map(({ reference, repository }) => [
        reference.name,
        {
          repository,
          outcome: undefined,
          digest: undefined,
          outcomes: new Map(),
          sizeBytes: undefined,
          layers: undefined,
          upload: undefined,
          pushSeconds: undefined,
          scans: [],
        },
      ]),
    ),
  };
}

function firstRepository(progress: Progress): Repository {
  const [first] = progress.repositories.values();
  if (first?.repository === undefined) throw outOfOrder('build');
  return first.repository;
}

function resultOf(
  prepared: Prepared,
  observed: Observed,
  progress: Progress,
  dryRun: boolean,
): PushResult {
  const { source, key, notes, tags } = prepared;
  return {
    dryRun,
    accountId: observed.accountId,
    repositories: [...progress.repositories].map(([name, one]): RepositoryResult => ({
      repository: name,
      registry: one.repository === undefined ? '' : registryOf(one.repository),
      outcome: one.outcome ?? 'kept',
      tags: tags.map((tag) => ({ tag, outcome: one.outcomes.get(tag) ?? 'written' })),
      digest: one.digest,
      sizeBytes: one.sizeBytes,
      layers: one.layers,
      pushSeconds: one.pushSeconds,
      upload: one.upload,
      scans: one.scans,
    })),
    key,
    madeWith:
      source.kind === 'archive' ? `archive (${source.image.format})` : source.engine.description,
    buildSeconds: progress.built?.seconds,
    cache: progress.built?.cache,
    notes,
  };
}

function tellBlob({ log }: Ports): (blob: Blob, outcome: 'sent' | 'present') => void {
  return (blob, outcome) => {
    const size = formatBytes(blob.content.size);
    log.info(outcome === 'sent' ? `${blob.digest}: sent, ${size}` : `${blob.digest}: there`);
  };
}

function lostTag(tag: string, repository: string, digest: string): UserError {
  return new UserError({
    code: 'tag-immutable',
    message: `the tag ${tag} of ${repository} is immutable, and was put on another image than ${digest} meanwhile`,
    at: { input: 'tags' },
  });
}

function outOfOrder(step: string): OperationError {
  return new OperationError('step-out-of-order', `the plan has ${step} before what it needs`);
}

function secondsSince(ports: Ports, startedAt: number): number {
  return (ports.clock.now() - startedAt) / 1000;
}
