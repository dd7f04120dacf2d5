import { readAwsInputs, type AwsAccessInputs } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import type { GithubContext } from '../shared/github-context.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import { parseRepository, type RepositoryReference } from './repository.js';
import { commitTag, tagProblems } from './tags.js';

export const engineNames = ['docker', 'podman', 'buildah'] as const;
export type EngineName = (typeof engineNames)[number];

/** What a container engine is to build. Paths are as the workflow wrote them. */
export interface BuildSource {
  readonly kind: 'build';
  readonly context: string;
  /** Absent: the context's own Dockerfile or Containerfile. */
  readonly file: string | undefined;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** `os/architecture[/variant]`; absent: the engine's own. */
  readonly platform: string | undefined;
  readonly engine: EngineName | 'auto';
}

/** An image that another step left as an archive; needs no engine. */
export interface ArchiveSource {
  readonly kind: 'archive';
  readonly path: string;
}

export interface PushInputs {
  readonly source: BuildSource | ArchiveSource;
  readonly repository: RepositoryReference;
  /** At least one. */
  readonly tags: readonly string[];
  readonly createRepository: boolean;
  readonly dryRun: boolean;
  readonly aws: AwsAccessInputs;
}

/**
 * Reads every input of the action.
 *
 * @throws UserError with every problem that the inputs alone show
 */
export function readInputs(
  source: InputSource,
  env: Env,
  github: GithubContext | undefined,
): PushInputs {
  const reader = new InputReader(source);
  reader.oneOf('command', ['push'], 'push');
  const aws = readAwsInputs(reader, env);
  return reader.finish({
    source: readSource(reader),
    repository: readRepository(reader, aws),
    tags: readTags(reader, github),
    createRepository: reader.boolean('create-repository', false),
    dryRun: reader.boolean('dry-run', false),
    aws,
  });
}

const platformPattern = /^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9_.]+)?$/;

function readSource(reader: InputReader): BuildSource | ArchiveSource {
  const archive = reader.text('archive');
  const engine = reader.oneOf('engine', ['auto', ...engineNames], 'auto');
  const platforms = reader.list('platforms');
  const context = reader.text('context');
  const build: BuildSource = {
    kind: 'build',
    context: context ?? '.',
    file: reader.text('file'),
    target: reader.text('target'),
    buildArgs: reader.keyValues('build-args'),
    platform: platforms[0],
    engine,
  };
  for (const platform of platforms.filter((candidate) => !platformPattern.test(candidate))) {
    reader.problem(
      'platforms',
      'input-malformed',
      `${JSON.stringify(platform)} is not os/architecture`,
      'for example linux/amd64',
    );
  }
  if (platforms.length > 1) {
    reader.problem(
      'platforms',
      'input-not-allowed',
      `names ${platforms.length} platforms, not one`,
    );
  }
  if (archive === undefined) return build;

  const alsoGiven = {
    context,
    file: build.file,
    target: build.target,
    'build-args': Object.keys(build.buildArgs)[0],
    platforms: build.platform,
    engine: engine === 'auto' ? undefined : engine,
  };
  for (const [name, value] of Object.entries(alsoGiven)) {
    if (value === undefined) continue;
    reader.problem(
      name,
      'input-excluded',
      'says how to build, but archive names an image that is built already',
      `leave out archive or ${name}`,
    );
  }
  return { kind: 'archive', path: archive };
}

function readRepository(reader: InputReader, aws: AwsAccessInputs): RepositoryReference {
  const text = reader.required(
    'repository',
    'the name of a repository, for example shop/service-a',
  );
  const repository = parseRepository(text);
  if (repository === undefined) {
    if (text !== '') {
      reader.problem(
        'repository',
        'repository-malformed',
        `${JSON.stringify(text)} is neither the name nor the URI of an ECR repository`,
        'lower-case letters and digits, parted by "/", ".", "_" or "-", 2 to 256 characters',
      );
    }
    return { name: text };
  }
  if (repository.region !== undefined && aws.region !== '' && repository.region !== aws.region) {
    reader.problem(
      'repository',
      'repository-other-region',
      `lies in ${repository.region}, but this step works in ${aws.region}`,
      'set aws-region',
    );
  }
  return repository;
}

function readTags(reader: InputReader, github: GithubContext | undefined): readonly string[] {
  const given = reader.list('tags');
  const sha = github?.sha ?? '';
  if (given.length === 0 && sha === '') {
    reader.problem('tags', 'input-required', 'is required where there is no commit to name');
  }
  for (const problem of tagProblems(given)) {
    reader.problem('tags', problem.code, problem.message, problem.hint);
  }
  return given.length > 0 ? given : [commitTag(sha)];
}
