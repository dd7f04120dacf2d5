import { UserError, type Problem } from '../shared/errors.js';
import type { LocalImage } from './image.js';
import type { EngineName, PushInputs } from './inputs.js';
import type { RemoteImage, Repository } from './repository.js';
import { settleTags } from './tags.js';

/** What is to be pushed, as far as it is known before anything is built. */
export type ObservedSource =
  | { readonly kind: 'archive'; readonly image: LocalImage }
  | { readonly kind: 'build'; readonly engine: EngineName; readonly engineDescription: string };

export interface Observed {
  readonly source: ObservedSource;
  /** Account of the credentials. */
  readonly accountId: string;
  readonly repository: Repository | undefined;
  /** What the wanted tags name now. */
  readonly remoteTags: ReadonlyMap<string, RemoteImage>;
}

export type Step = { readonly reason: string } & (
  | { readonly kind: 'create-repository' }
  | { readonly kind: 'build' }
  /** With the engine: what each tag needs is settled once the image is built. */
  | { readonly kind: 'push-built'; readonly tags: readonly string[] }
  | { readonly kind: 'upload'; readonly image: LocalImage }
  | { readonly kind: 'write-tag'; readonly tag: string; readonly image: LocalImage }
  | { readonly kind: 'keep-tag'; readonly tag: string; readonly digest: string }
  /** Reads back what the tags name, and compares. */
  | { readonly kind: 'verify'; readonly tags: readonly string[] }
);

/**
 * Decides what a push does, each step with its reason; also the dry run.
 *
 * @throws UserError `repository-other-account`, `repository-missing`, `tag-immutable`
 */
export function plan(inputs: PushInputs, observed: Observed): readonly Step[] {
  const problems = [
    ...accountProblems(inputs, observed.accountId),
    ...repositoryProblems(inputs, observed.repository),
  ];
  if (problems.length > 0) throw new UserError(problems);
  return [
    ...(observed.repository === undefined
      ? [
          {
            kind: 'create-repository',
            reason: `${inputs.repository.name} is missing, and create-repository is set`,
          } as const,
        ]
      : []),
    ...(observed.source.kind === 'build'
      ? buildSteps(inputs, observed.source)
      : archiveSteps(inputs, observed, observed.source.image)),
    {
      kind: 'verify',
      tags: inputs.tags,
      reason: 'ECR is the one that knows what the tags name',
    },
  ];
}

function buildSteps(
  inputs: PushInputs,
  source: Extract<ObservedSource, { kind: 'build' }>,
): readonly Step[] {
  return [
    { kind: 'build', reason: `with ${source.engineDescription}` },
    {
      kind: 'push-built',
      tags: inputs.tags,
      reason: 'a tag that already names the built image is left alone',
    },
  ];
}

function archiveSteps(inputs: PushInputs, observed: Observed, image: LocalImage): readonly Step[] {
  const { repository, remoteTags } = observed;
  const settled =
    repository === undefined
      ? { write: inputs.tags, present: [], conflicts: [] }
      : settleTags(image.root, inputs.tags, repository, remoteTags);
  if (settled.conflicts.length > 0) throw new UserError(settled.conflicts);
  return [
    ...settled.present.map(({ tag, digest }): Step => ({
      kind: 'keep-tag',
      tag,
      digest,
      reason: 'it already names this image',
    })),
    ...(settled.present.length > 0
      ? []
      : [
          {
            kind: 'upload',
            image,
            reason: `${image.root.digest} is under none of the tags; layers that are there are not sent`,
          } as const,
        ]),
    ...settled.write.map((tag): Step => {
      const there = remoteTags.get(tag);
      const reason = there === undefined ? 'it names nothing yet' : `it names ${there.digest}`;
      return { kind: 'write-tag', tag, image, reason };
    }),
  ];
}

function accountProblems({ repository }: PushInputs, accountId: string): readonly Problem[] {
  if (repository.accountId === undefined || repository.accountId === accountId) return [];
  return [
    {
      code: 'repository-other-account',
      message: `the repository lies in account ${repository.accountId}, and the credentials are of ${accountId}`,
      at: { input: 'repository' },
      hint: 'set role-to-assume to a role of that account',
    },
  ];
}

function repositoryProblems(
  inputs: PushInputs,
  repository: Repository | undefined,
): readonly Problem[] {
  if (repository !== undefined || inputs.createRepository) return [];
  return [
    {
      code: 'repository-missing',
      message: `there is no repository ${inputs.repository.name} in ${inputs.aws.region}`,
      at: { input: 'repository' },
      hint: 'the Terraform module "ecr" of this project makes one, in the infrastructure repository; or set create-repository: true',
    },
  ];
}
