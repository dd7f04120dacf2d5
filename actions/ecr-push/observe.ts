import type { Ecr } from './ecr.js';
import type { PushInputs } from './inputs.js';
import type { RepositorySettings } from './inputs/repositories.js';
import type { Observed, ObservedRepository, ObservedSource, Unfinished } from './plan.js';
import type { Repository, RepositoryReference } from './repository.js';
import { namesAllAccounts } from './repository-documents.js';
import type { Prepared, Source } from './source.js';

/** Reads what the plan needs of ECR; all repositories at once. */
export async function observe(
  ecr: Ecr,
  inputs: PushInputs,
  prepared: Prepared,
  accountId: string,
): Promise<Observed> {
  const { key, tags, movingTags } = prepared;
  const wanted = key.kind === 'key' ? [...tags, key.tag] : tags;
  const repositories = await observeRepositories(ecr, inputs, wanted, accountId);
  const source = observedSource(prepared.source);
  return { accountId, repositories, tags, movingTags, key, source };
}

/** Reads all repositories at once: whether each is there and whole, and what the tags name in it. */
export function observeRepositories(
  ecr: Ecr,
  inputs: Pick<PushInputs, 'newRepository' | 'repositories'>,
  tags: readonly string[],
  accountId: string,
): Promise<readonly ObservedRepository[]> {
  return Promise.all(
    inputs.repositories.map((reference) =>
      observeRepository(ecr, inputs, reference, tags, accountId),
    ),
  );
}

async function observeRepository(
  ecr: Ecr,
  inputs: Pick<PushInputs, 'newRepository'>,
  reference: RepositoryReference,
  tags: readonly string[],
  accountId: string,
): Promise<ObservedRepository> {
  // Another account's repository of the same name would only confuse: the plan refuses it.
  const isOurs = reference.accountId === undefined || reference.accountId === accountId;
  const repository = isOurs ? await ecr.findRepository(reference.name) : undefined;
  if (repository === undefined) {
    return { reference, repository, remoteTags: new Map(), unfinished: undefined };
  }
  const [remoteTags, unfinished] = await Promise.all([
    ecr.imagesByTag(reference.name, tags),
    inputs.newRepository === undefined
      ? undefined
      : findUnfinished(ecr, repository, inputs.newRepository),
  ]);
  return { reference, repository, remoteTags, unfinished };
}

/** What of the settings a repository that is there does not have; nothing that was changed since. */
async function findUnfinished(
  ecr: Ecr,
  repository: Repository,
  settings: RepositorySettings,
): Promise<Unfinished | undefined> {
  if (settings.keepImages === undefined && settings.pullAccountIds.length === 0) return undefined;
  const state = await ecr.repositoryState(repository);
  const missing = {
    keepImages: state.hasLifecycle ? undefined : settings.keepImages,
    pullAccountIds: namesAllAccounts(state.policy, settings.pullAccountIds)
      ? []
      : settings.pullAccountIds,
  };
  const isWhole = missing.keepImages === undefined && missing.pullAccountIds.length === 0;
  if (isWhole) return undefined;
  // A policy that names others was written by somebody: it is not half-made.
  const madeHere =
    state.madeHere && (missing.pullAccountIds.length === 0 || state.policy === undefined);
  return { madeHere, settings: missing };
}

function observedSource(source: Source): ObservedSource {
  return source.kind === 'archive'
    ? { kind: 'archive', image: source.image }
    : { kind: source.kind, engineDescription: source.engine.description };
}
