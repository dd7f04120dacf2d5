import type { Repositories } from './ecr.js';
import type { RepositorySettings } from './inputs/repositories.js';
import type { RepositoryStep } from './plan.js';
import type { Repository } from './repository.js';
import { lifecyclePolicy, pullPolicy } from './repository-documents.js';

/** Makes a repository that is missing, with all that it is to have. */
export async function makeRepository(
  repositories: Repositories,
  step: Extract<RepositoryStep, { readonly kind: 'create-repository' }>,
): Promise<Repository> {
  const made = await repositories.createRepository(step.repository, {
    kmsKey: step.settings.kmsKey,
    movingTags: step.movingTags,
  });
  await finishRepository(repositories, made, step.settings);
  return made;
}

/** Sets what a repository gets after it was made; doing it twice does no harm. */
export async function finishRepository(
  repositories: Repositories,
  { name, arn }: Repository,
  settings: Pick<RepositorySettings, 'keepImages' | 'pullAccountIds'>,
): Promise<void> {
  const { keepImages, pullAccountIds } = settings;
  if (keepImages !== undefined) {
    await repositories.putLifecycle(name, lifecyclePolicy(keepImages));
  }
  if (pullAccountIds.length > 0) {
    const partition = arn?.split(':')[1] ?? 'aws';
    await repositories.putPolicy(name, pullPolicy(pullAccountIds, partition));
  }
}
