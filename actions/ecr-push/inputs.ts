import { readAwsInputs, type AwsAccessInputs } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import type { GithubContext } from '../shared/github-context.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import { readNotify, type NotifyingInputs } from '../shared/notify/notify-inputs.js';
import type { Secrets } from '../shared/secrets.js';
import {
  readSource,
  type ArchiveSource,
  type BuildSource,
  type ImageSource,
} from './inputs/source.js';
import {
  readRegistries,
  readRepositories,
  readRepositorySettings,
  type RepositorySettings,
} from './inputs/repositories.js';
import { readPromoteInputs, refusePromoteInputs, type PromoteInputs } from './inputs/promote.js';
import { readScan, type ScanSettings } from './inputs/scan.js';
import { readTarget, type ReadText } from './inputs/target-file.js';
import { readTags } from './inputs/tags.js';
import type { RegistryReference, RepositoryReference } from './repository.js';
import type { TagRule } from './tag-rules.js';

const commandNames = ['push', 'promote', 'login'] as const;

export interface PushInputs {
  readonly command: 'push';
  readonly source: BuildSource | ImageSource | ArchiveSource;
  /** At least one; the first is what the outputs name. */
  readonly repositories: readonly RepositoryReference[];
  readonly tags: readonly string[];
  /** At least one where `tags` is empty. */
  readonly tagRules: readonly TagRule[];
  readonly skipIfExists: boolean;
  /** How a missing repository is made; absent: it is not. */
  readonly newRepository: RepositorySettings | undefined;
  /** Registries to log in to beside that of the repositories, for base images. */
  readonly registries: readonly RegistryReference[];
  /** What the scan of the image must not find; absent: nobody waits for it. */
  readonly scan: ScanSettings | undefined;
  readonly dryRun: boolean;
  readonly aws: AwsAccessInputs;
}

/** Logs later steps of the job in. */
export interface LoginInputs {
  readonly command: 'login';
  /** Empty: the registry of the credentials' own account. */
  readonly registries: readonly RegistryReference[];
  readonly aws: AwsAccessInputs;
}

/** The inputs of one command. */
export type Inputs = PushInputs | LoginInputs | PromoteInputs;

/**
 * Reads every input of the action; `readText` reads the target file.
 *
 * @throws UserError with every problem that the inputs alone show
 */
export function readInputs(
  source: InputSource,
  env: Env,
  github: GithubContext | undefined,
  readText: ReadText = () => undefined,
): Inputs & NotifyingInputs {
  const reader = new InputReader(source);
  const command = reader.oneOf('command', commandNames, 'push');
  const aws = readAwsInputs(reader, env);
  const notify = readNotify(reader);
  if (command === 'promote') return reader.finish({ ...readPromoteInputs(reader, aws), notify });
  refusePromoteInputs(reader, command);
  const registries = readRegistries(reader);
  if (command === 'login') return reader.finish({ command, registries, aws, notify });
  const target = readTarget(reader, readText);
  return reader.finish({
    command,
    source: readSource(reader),
    repositories: readRepositories(reader, aws.region, target?.repository),
    ...readTags(reader, github?.sha ?? '', target?.tag),
    skipIfExists: reader.boolean('skip-if-exists', false),
    newRepository: readRepositorySettings(reader),
    registries,
    scan: readScan(reader),
    dryRun: reader.boolean('dry-run', false),
    aws,
    notify,
  });
}

/** Masks the values of build secrets, also those that are no secrets of GitHub's. */
export function maskSecrets(inputs: Inputs, secrets: Secrets): void {
  if (inputs.command !== 'push' || inputs.source.kind !== 'build') return;
  for (const secret of inputs.source.secrets) {
    if (secret.from === 'value') secrets.add(secret.value);
  }
}
