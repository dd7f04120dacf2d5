import { UserError, type Problem } from '../shared/errors.js';
import type { LocalImage, Manifest } from './image.js';
import type { PushInputs } from './inputs.js';
import type { RepositorySettings } from './inputs/repositories.js';
import type { ScanSettings } from './inputs/scan.js';
import type { ContentKey } from './key/content-key.js';
import { exclusionFilters } from './moving-tags.js';
import {
  manifestOf,
  type RemoteImage,
  type Repository,
  type RepositoryReference,
} from './repository.js';
import { settleTags } from './tags.js';

/** What is to be pushed, as far as it is known before anything is built. */
export type ObservedSource =
  | { readonly kind: 'archive'; readonly image: LocalImage }
  | { readonly kind: 'image' | 'build'; readonly engineDescription: string };

export interface ObservedRepository {
  readonly reference: RepositoryReference;
  readonly repository: Repository | undefined;
  /** What the wanted tags and the content key name now. */
  readonly remoteTags: ReadonlyMap<string, RemoteImage>;
  /** What it lacks of what was asked for; absent where nothing was asked for. */
  readonly unfinished: Unfinished | undefined;
}

export interface Unfinished {
  /** Whether this action has made the repository, and may finish it. */
  readonly madeHere: boolean;
  readonly settings: Pick<RepositorySettings, 'keepImages' | 'pullAccountIds'>;
}

export interface Observed {
  readonly source: ObservedSource;
  /** Account of the credentials. */
  readonly accountId: string;
  /** In the order of the inputs. */
  readonly repositories: readonly ObservedRepository[];
  readonly tags: readonly string[];
  /** Those of them that each next image takes over. */
  readonly movingTags: readonly string[];
  readonly key: ContentKey;
}

/** What is done to a repository before an image is put into it. */
export type RepositoryStep = { readonly reason: string; readonly repository: string } & (
  | {
      readonly kind: 'create-repository';
      readonly settings: RepositorySettings;
      /** Exceptions from its immutable tags. */
      readonly movingTags: readonly string[];
    }
  | {
      readonly kind: 'finish-repository';
      readonly settings: Pick<RepositorySettings, 'keepImages' | 'pullAccountIds'>;
    }
  | { readonly kind: 'leave-repository' }
);

/** What is done with the image in one repository. */
type ImageStep = { readonly reason: string; readonly repository: string } &
  /** An image of the same content is there: it gets the tags. */
  (
    | { readonly kind: 'use-found'; readonly digest: string }
    /** With the engine: what each tag needs is settled once the image is built. */
    | { readonly kind: 'push-built'; readonly tags: readonly string[] }
    | { readonly kind: 'upload'; readonly image: LocalImage }
    | { readonly kind: 'write-tag'; readonly tag: string; readonly manifest: Manifest }
    | { readonly kind: 'keep-tag'; readonly tag: string; readonly digest: string }
    /** Reads back what the tags name, and compares. */
    | { readonly kind: 'verify'; readonly tags: readonly string[] }
    /** Waits for the scan of the image; what it finds is judged when all is done. */
    | { readonly kind: 'scan'; readonly settings: ScanSettings }
  );

export type Step = RepositoryStep | { readonly kind: 'build'; readonly reason: string } | ImageStep;

/**
 * Decides what a push does, each step with its reason; also the dry run.
 *
 * @throws UserError `repository-other-account`, `repository-missing`, `tag-immutable`
 */
export function plan(inputs: PushInputs, observed: Observed): readonly Step[] {
  const { repositories } = observed;
  const problems = repositoryProblems(inputs, repositories, observed.accountId);
  if (problems.length > 0) throw new UserError(problems);

  const found = foundByKey(observed);
  const perRepository = collect(
    repositories.map(
      (one) => () =>
        found === undefined
          ? pushSteps(observed, one, observed.source)
          : foundSteps(observed, one, found),
    ),
  );
  return [
    ...repositories.flatMap((one) => repositorySteps(inputs.newRepository, observed, one)),
    ...(observed.source.kind === 'build' && found === undefined
      ? [{ kind: 'build', reason: buildReason(observed.key, observed.source) } as const]
      : []),
    ...perRepository.flat(),
    ...repositories.map(({ reference }): Step => ({
      kind: 'verify',
      repository: reference.name,
      tags: observed.tags,
      reason: 'ECR is the one that knows what the tags name',
    })),
    ...scanSteps(inputs, observed),
  ];
}

/** After all is pushed: a scan may take minutes. Also for an image that was there. */
function scanSteps({ scan }: PushInputs, { repositories }: Observed): readonly Step[] {
  if (scan === undefined) return [];
  return repositories.map(({ reference }) => ({
    kind: 'scan',
    repository: reference.name,
    settings: scan,
    reason: `scan-fail-on is ${scan.failOn}`,
  }));
}

/** The image that bears the key in every repository; one that lacks it needs the build anyway. */
function foundByKey({ key, repositories }: Observed): RemoteImage | undefined {
  if (key.kind !== 'key') return undefined;
  const images = repositories.map(({ remoteTags }) => remoteTags.get(key.tag));
  const [first] = images;
  return images.every((image) => image !== undefined && image.digest === first?.digest)
    ? first
    : undefined;
}

function buildReason(key: ContentKey, source: { readonly engineDescription: string }): string {
  const engine = `with ${source.engineDescription}`;
  return key.kind === 'key' ? `${engine}; nothing is found under ${key.tag}` : engine;
}

/** What a repository needs before anything is put into it. */
export function repositorySteps(
  newRepository: RepositorySettings | undefined,
  { movingTags }: Pick<Observed, 'movingTags'>,
  one: ObservedRepository,
): readonly RepositoryStep[] {
  const repository = one.reference.name;
  if (one.repository === undefined) {
    if (newRepository === undefined) return [];
    return [
      {
        kind: 'create-repository',
        repository,
        settings: newRepository,
        movingTags: exclusionFilters(movingTags),
        reason: `${repository} is missing, and create-repository is set`,
      },
    ];
  }
  if (one.unfinished === undefined) return [];
  const { madeHere, settings } = one.unfinished;
  if (!madeHere) {
    return [
      {
        kind: 'leave-repository',
        repository,
        reason: 'it was made elsewhere, where its lifecycle and its rights are set too',
      },
    ];
  }
  return [
    {
      kind: 'finish-repository',
      repository,
      settings,
      reason: 'an earlier run made it and did not come to its end',
    },
  ];
}

function foundSteps(
  observed: Observed,
  one: ObservedRepository,
  found: RemoteImage,
): readonly Step[] {
  const name = one.reference.name;
  return [
    {
      kind: 'use-found',
      repository: name,
      digest: found.digest,
      reason: `it was built from the same content${observed.key.kind === 'key' ? ` (${observed.key.tag})` : ''}`,
    },
    ...tagSteps(observed, one, manifestOf(found), []),
  ];
}

function pushSteps(
  observed: Observed,
  one: ObservedRepository,
  source: ObservedSource,
): readonly Step[] {
  const repository = one.reference.name;
  if (source.kind !== 'archive') {
    return [
      {
        kind: 'push-built',
        repository,
        tags: observed.tags,
        reason: 'a tag that already names this image is left alone',
      },
    ];
  }
  const { image } = source;
  return tagSteps(observed, one, image.root, [
    {
      kind: 'upload',
      repository,
      image,
      reason: `${image.root.digest} is under none of the tags; layers that are there are not sent`,
    },
  ]);
}

/** Tags to keep, then `send` where none is kept, then tags to write. */
function tagSteps(
  observed: Observed,
  one: ObservedRepository,
  manifest: Manifest,
  send: readonly Step[],
): readonly Step[] {
  const { repository, remoteTags, reference } = one;
  const settled =
    repository === undefined
      ? { write: observed.tags, present: [], conflicts: [] }
      : settleTags(manifest, observed.tags, repository, remoteTags);
  if (settled.conflicts.length > 0) throw new UserError(settled.conflicts);
  return [
    ...settled.present.map(({ tag, digest }): Step => ({
      kind: 'keep-tag',
      repository: reference.name,
      tag,
      digest,
      reason: 'it already names this image',
    })),
    ...(settled.present.length > 0 ? [] : send),
    ...settled.write.map((tag): Step => {
      const there = remoteTags.get(tag);
      const reason = there === undefined ? 'it names nothing yet' : `it names ${there.digest}`;
      return { kind: 'write-tag', repository: reference.name, tag, manifest, reason };
    }),
  ];
}

/** Repositories that cannot be pushed to: `repository-other-account`, `repository-missing`. */
export function repositoryProblems(
  inputs: Pick<PushInputs, 'newRepository' | 'aws'>,
  repositories: readonly ObservedRepository[],
  accountId: string,
): readonly Problem[] {
  return [
    ...repositories.flatMap(({ reference }) => accountProblems(reference, accountId)),
    ...repositories.flatMap((one) => missingProblems(inputs, one)),
  ];
}

function accountProblems(reference: RepositoryReference, accountId: string): readonly Problem[] {
  if (reference.accountId === undefined || reference.accountId === accountId) return [];
  return [
    {
      code: 'repository-other-account',
      message: `the repository ${reference.name} lies in account ${reference.accountId}, and the credentials are of ${accountId}`,
      at: { input: 'repository' },
      hint: 'set role-to-assume to a role of that account',
    },
  ];
}

function missingProblems(
  inputs: Pick<PushInputs, 'newRepository' | 'aws'>,
  one: ObservedRepository,
): readonly Problem[] {
  if (one.repository !== undefined || inputs.newRepository !== undefined) return [];
  return [
    {
      code: 'repository-missing',
      message: `there is no repository ${one.reference.name} in ${inputs.aws.region}`,
      at: { input: 'repository' },
      hint: 'the Terraform module "ecr" of this project makes one, in the infrastructure repository; or set create-repository: true',
    },
  ];
}

/** All results, or one `UserError` with the problems of all. */
function collect<T>(attempts: readonly (() => T)[]): readonly T[] {
  const problems: Problem[] = [];
  const results: T[] = [];
  for (const attempt of attempts) {
    try {
      results.push(attempt());
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      problems.push(...thrown.problems);
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return results;
}
