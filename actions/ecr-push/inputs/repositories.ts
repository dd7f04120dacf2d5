import { readAccountIds } from '../../shared/aws-access.js';
import type { InputReader } from '../../shared/inputs.js';
import {
  parseRegistry,
  parseRepository,
  type RegistryReference,
  type RepositoryReference,
} from '../repository.js';

/** How a repository is made, beside immutable tags and scan on push. */
export interface RepositorySettings {
  /** Id, ARN or alias; absent: AES256 with a key of Amazon S3. */
  readonly kmsKey: string | undefined;
  /** How many of the newest images are kept; absent: all. */
  readonly keepImages: number | undefined;
  /** Accounts that may pull. */
  readonly pullAccountIds: readonly string[];
}

/** What "keep the newest" means where no number is given. */
const defaultKeptImages = 10;

/**
 * Reads `repository` and `repositories`: one list without repeats, `repository` (or that of the
 * target file) first.
 */
export function readRepositories(
  reader: InputReader,
  region: string,
  target: RepositoryReference | undefined,
): readonly RepositoryReference[] {
  const single = reader.text('repository');
  const several = reader.list('repositories');
  if (single === undefined && several.length === 0 && reader.text('target-file') === undefined) {
    reader.problem(
      'repository',
      'input-required',
      'is required',
      'the name of a repository, for example shop/service-a',
    );
  }
  const given = [
    ...(single === undefined ? [] : [{ input: 'repository', text: single }]),
    ...several.map((text) => ({ input: 'repositories', text })),
  ];
  const byName = new Map<string, RepositoryReference>();
  const found = [
    ...(target === undefined
      ? []
      : [{ input: 'target-file', text: target.name, repository: target }]),
    ...given.map((one) => ({ ...one, repository: parseRepository(one.text) })),
  ];
  for (const { input, text, repository } of found) {
    if (repository === undefined) {
      reader.problem(
        input,
        'repository-malformed',
        `${JSON.stringify(text)} is neither the name nor the URI of an ECR repository`,
        'lower-case letters and digits, parted by "/", ".", "_" or "-", 2 to 256 characters',
      );
      continue;
    }
    if (repository.region !== undefined && region !== '' && repository.region !== region) {
      reader.problem(
        input,
        'repository-other-region',
        `${text} lies in ${repository.region}, but this step works in ${region}`,
        'set aws-region, and push to each region in a step of its own',
      );
    }
    // A URI says more than a name.
    if (!byName.has(repository.name) || repository.accountId !== undefined) {
      byName.set(repository.name, repository);
    }
  }
  return [...byName.values()];
}

/** Reads `create-repository` and the inputs that say how; `undefined` where it is off. */
export function readRepositorySettings(reader: InputReader): RepositorySettings | undefined {
  const create = reader.boolean('create-repository', false);
  const kmsKey = reader.matching(
    'kms-key',
    /^[\w:/.-]{1,2048}$/,
    'the id, ARN or alias of a KMS key',
  );
  const keepImages = readKeepImages(reader);
  const pullAccountIds = readAccountIds(reader, 'pull-account-ids');
  const given = {
    'kms-key': kmsKey,
    'keep-images': keepImages,
    'pull-account-ids': pullAccountIds[0],
  };
  if (create) return { kmsKey, keepImages, pullAccountIds };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    reader.problem(
      name,
      'input-excluded',
      'says how a repository is made, and create-repository is off',
      `set create-repository: true, or leave out ${name}`,
    );
  }
  return undefined;
}

function readKeepImages(reader: InputReader): number | undefined {
  if (reader.text('keep-images')?.toLowerCase() === 'true') return defaultKeptImages;
  // ECR user guide, "Lifecycle policy properties": countNumber is a positive integer.
  return reader.integer('keep-images', { min: 1, max: 100_000 });
}

/** Reads `registries`: account ids, or hosts of ECR registries. */
export function readRegistries(reader: InputReader): readonly RegistryReference[] {
  return reader.list('registries').flatMap((text) => {
    const registry = parseRegistry(text);
    if (registry === undefined) {
      reader.problem(
        'registries',
        'input-malformed',
        `${JSON.stringify(text)} is neither an account id nor the host of an ECR registry`,
        'for example 111111111111 or 111111111111.dkr.ecr.eu-west-1.amazonaws.com',
      );
    }
    return registry === undefined ? [] : [registry];
  });
}
