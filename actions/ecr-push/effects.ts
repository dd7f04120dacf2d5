import { OperationError, UserError } from '../shared/errors.js';
import type { Ecr } from './ecr.js';
import { pushWithRetries } from './engine-push.js';
import type { BuiltImage } from './engines/engine.js';
import type { PushInputs } from './inputs.js';
import type { Observed, Step } from './plan.js';
import type { PushResult } from './report.js';
import { formatBytes } from './report.js';
import { registryOf, type Repository } from './repository.js';
import type { Machine, Source } from './source.js';
import { isImmutable } from './tags.js';
import { uploadImage, type UploadReport } from './upload.js';

export interface Ports extends Machine {
  readonly ecr: Ecr;
}

/** Reads what the plan needs of ECR. */
export async function observe(
  ports: Ports,
  inputs: PushInputs,
  source: Source,
  accountId: string,
): Promise<Observed> {
  const { name, accountId: wantedAccount } = inputs.repository;
  // Another account's repository of the same name would only confuse: the plan refuses it.
  const isOurs = wantedAccount === undefined || wantedAccount === accountId;
  const repository = isOurs ? await ports.ecr.findRepository(name) : undefined;
  return {
    accountId,
    repository,
    remoteTags:
      repository === undefined ? new Map() : await ports.ecr.imagesByTag(name, inputs.tags),
    source:
      source.kind === 'archive'
        ? { kind: 'archive', image: source.image }
        : {
            kind: 'build',
            engine: source.engine.name,
            engineDescription: source.engine.description,
          },
  };
}

/** What the steps leave for the ones after them. */
interface Progress {
  repository: Repository | undefined;
  built: BuiltImage | undefined;
  digest: string | undefined;
  outcomes: Map<string, 'written' | 'kept'>;
  sizeBytes: number | undefined;
  upload: UploadReport | undefined;
  buildSeconds: number | undefined;
  pushSeconds: number | undefined;
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
  source: Source,
  observed: Observed,
  steps: readonly Step[],
): Promise<PushResult> {
  const progress: Progress = {
    repository: observed.repository,
    built: undefined,
    digest: undefined,
    outcomes: new Map(),
    sizeBytes: undefined,
    upload: undefined,
    buildSeconds: undefined,
    pushSeconds: undefined,
  };
  for (const step of steps) {
    if (ports.signal.aborted) throw cancelled();
    await applyStep(ports, inputs, source, step, progress);
  }
  return resultOf(inputs, source, observed, progress, false);
}

/** The result of a dry run: what is known without doing anything. */
export function dryRunResult(inputs: PushInputs, source: Source, observed: Observed): PushResult {
  const progress: Progress = {
    repository: observed.repository,
    built: undefined,
    digest: source.kind === 'archive' ? source.image.root.digest : undefined,
    outcomes: new Map(),
    sizeBytes: undefined,
    upload: undefined,
    buildSeconds: undefined,
    pushSeconds: undefined,
  };
  return resultOf(inputs, source, observed, progress, true);
}

async function applyStep(
  ports: Ports,
  inputs: PushInputs,
  source: Source,
  step: Step,
  progress: Progress,
): Promise<void> {
  const { ecr, log } = ports;
  const name = inputs.repository.name;
  switch (step.kind) {
    case 'create-repository':
      progress.repository = await ecr.createRepository(name);
      log.info(`Created the repository ${name}`);
      return;
    case 'build':
      progress.built = await build(ports, inputs, source, progress);
      return;
    case 'push-built':
      await pushBuilt(ports, source, step.tags, progress);
      return;
    case 'upload': {
      const started = ports.clock.now();
      progress.upload = await uploadImage(ecr, name, step.image, (blob, outcome) => {
        const size = formatBytes(blob.content.size);
        log.info(outcome === 'sent' ? `${blob.digest}: sent, ${size}` : `${blob.digest}: there`);
      });
      progress.pushSeconds = seconds(ports, started);
      return;
    }
    case 'write-tag': {
      const outcome = await ecr.putManifest(name, step.image.root, step.tag);
      if (outcome === 'tag-immutable') throw lostTag(step.tag, name, step.image.root.digest);
      progress.digest = step.image.root.digest;
      progress.outcomes.set(step.tag, outcome === 'written' ? 'written' : 'kept');
      return;
    }
    case 'keep-tag':
      progress.digest = step.digest;
      progress.outcomes.set(step.tag, 'kept');
      return;
    case 'verify':
      progress.sizeBytes = await verify(ports, step.tags, progress);
      return;
  }
}

async function build(
  ports: Ports,
  inputs: PushInputs,
  source: Source,
  progress: Progress,
): Promise<BuiltImage> {
  const { repository } = progress;
  if (source.kind !== 'build' || repository === undefined) throw outOfOrder('build');
  const started = ports.clock.now();
  const built = await ports.log.group(`Build with ${source.engine.description}`, async () =>
    source.engine.build({
      reference: builtReference(repository, inputs.tags),
      contextDirectory: source.context.directory,
      dockerfile: source.context.dockerfile,
      target: source.inputs.target,
      buildArgs: source.inputs.buildArgs,
      platform: source.inputs.platform,
      labels: source.labels,
      login: { registry: registryOf(repository), ...(await ports.ecr.login()) },
    }),
  );
  progress.buildSeconds = seconds(ports, started);
  const wanted = source.inputs.platform?.split('/').slice(0, 2).join('/');
  if (wanted !== undefined && wanted !== built.platform) {
    throw new OperationError(
      'platform-mismatch',
      `the image is for ${built.platform}, and ${wanted} was asked for: is its base image there for it?`,
      { details: { wanted, found: built.platform } },
    );
  }
  return built;
}

async function pushBuilt(
  ports: Ports,
  source: Source,
  tags: readonly string[],
  progress: Progress,
): Promise<void> {
  const { repository, built } = progress;
  if (source.kind !== 'build' || repository === undefined || built === undefined) {
    throw outOfOrder('push-built');
  }
  const started = ports.clock.now();
  const pushed = await pushWithRetries(ports, {
    engine: source.engine,
    repository,
    built,
    builtReference: builtReference(repository, tags),
    tags,
  });
  progress.digest = pushed.digest;
  progress.outcomes = new Map(pushed.outcomes);
  progress.pushSeconds = seconds(ports, started);
}

/**
 * Returns the size (bytes) that ECR tells. A tag that can be moved, and that another run has moved
 * since, is only told of.
 *
 * @throws OperationError `digest-differs`
 */
async function verify(
  ports: Ports,
  tags: readonly string[],
  { repository, digest }: Progress,
): Promise<number | undefined> {
  if (repository === undefined || digest === undefined) throw outOfOrder('verify');
  const found = await ports.ecr.describeTags(repository.name, tags);
  const ours = [...found.values()].find((image) => image.digest === digest);
  const wrong = tags.filter((tag) => found.get(tag)?.digest !== digest);
  const lines = wrong.map((tag) => `${tag} names ${found.get(tag)?.digest ?? 'nothing'}`);
  const moved = wrong.every((tag) => found.has(tag) && !isImmutable(tag, repository));
  const isThere =
    ours !== undefined || (await ports.ecr.imageByDigest(repository.name, digest)) !== undefined;
  if (!moved || !isThere) {
    throw new OperationError(
      'digest-differs',
      `${digest} was pushed, but in ${repository.name} ${isThere ? lines.join(', ') : 'it is not there'}`,
      { details: { digest, tags: wrong } },
    );
  }
  if (wrong.length > 0) {
    ports.log.warning(
      `${digest} was pushed, and another run has moved tags since: ${lines.join(', ')}`,
    );
  }
  return ours?.sizeBytes;
}

function builtReference(repository: Repository, tags: readonly string[]): string {
  return `${repository.uri}:${tags[0] ?? ''}`;
}

function resultOf(
  inputs: PushInputs,
  source: Source,
  observed: Observed,
  progress: Progress,
  dryRun: boolean,
): PushResult {
  const { repository } = progress;
  return {
    dryRun,
    repository: inputs.repository.name,
    registry: repository === undefined ? '' : registryOf(repository),
    accountId: observed.accountId,
    tags: inputs.tags.map((tag) => ({ tag, outcome: progress.outcomes.get(tag) ?? 'written' })),
    digest: progress.digest,
    sizeBytes: progress.sizeBytes,
    madeWith:
      source.kind === 'archive' ? `archive (${source.image.format})` : source.engine.description,
    buildSeconds: progress.buildSeconds,
    pushSeconds: progress.pushSeconds,
    upload: progress.upload,
  };
}

function lostTag(tag: string, repository: string, digest: string): UserError {
  return new UserError({
    code: 'tag-immutable',
    message: `the tag ${tag} of ${repository} is immutable, and was put on another image than ${digest} meanwhile`,
    at: { input: 'tags' },
  });
}

function cancelled(): OperationError {
  return new OperationError('cancelled', 'Cancelled before it was done.');
}

function outOfOrder(step: string): OperationError {
  return new OperationError('step-out-of-order', `the plan has ${step} before what it needs`);
}

function seconds(ports: Ports, startedAt: number): number {
  return (ports.clock.now() - startedAt) / 1000;
}
