import { readRoleArn, type AwsAccessInputs } from '../../shared/aws-access.js';
import type { InputReader } from '../../shared/inputs.js';
import {
  parseSourceReference,
  type SourceReference,
  type SourceReferenceProblem,
} from '../promote/source-reference.js';
import type { RepositoryReference } from '../repository.js';
import type { TagRule } from '../tag-rules.js';
import { keyTagPattern } from '../tags.js';
import {
  readRepositories,
  readRepositorySettings,
  type RepositorySettings,
} from './repositories.js';
import { readTags } from './tags.js';

/** Copies an image that lies in a registry. */
export interface PromoteInputs {
  readonly command: 'promote';
  readonly source: SourceReference;
  /** Absent: the credentials of the target read the source too. */
  readonly sourceRoleArn: string | undefined;
  /** Whether attestations and signatures that refer to the image go with it. */
  readonly referrers: boolean;
  /** At least one; the first is what the outputs name. */
  readonly repositories: readonly RepositoryReference[];
  readonly tags: readonly string[];
  /** At least one where `tags` is empty. */
  readonly tagRules: readonly TagRule[];
  /** How a missing repository is made; absent: it is not. */
  readonly newRepository: RepositorySettings | undefined;
  readonly dryRun: boolean;
  /** Of the target. */
  readonly aws: AwsAccessInputs;
}

/** What only a build or a push reads. */
const pushOnly = [
  ...['context', 'file', 'target', 'build-args', 'labels', 'secrets', 'secret-files', 'ssh'],
  ...['platforms', 'cache-from', 'cache-to', 'provenance', 'sbom', 'archive', 'image', 'engine'],
  ...['skip-if-exists', 'registries', 'target-file', 'scan-fail-on', 'scan-allow'],
] as const;

/** What these inputs hold where they were left out (`action.yml`). */
const leftOut = new Set([undefined, 'false', 'auto', 'none']);

/** Reads the inputs of `promote`; one that is for builds and pushes only is a problem. */
export function readPromoteInputs(reader: InputReader, aws: AwsAccessInputs): PromoteInputs {
  for (const name of pushOnly) {
    if (leftOut.has(reader.text(name)?.toLowerCase())) continue;
    reader.problem(
      name,
      'input-excluded',
      'does not fit promote, which copies an image as it is, with all platforms',
      `leave out ${name}`,
    );
  }
  const source = readSourceReference(reader);
  return {
    command: 'promote',
    source,
    sourceRoleArn: readRoleArn(reader, 'source-role-to-assume'),
    referrers: reader.boolean('referrers', true),
    repositories: readRepositories(reader, aws.region, undefined),
    ...readPromoteTags(reader, source),
    newRepository: readRepositorySettings(reader),
    dryRun: reader.boolean('dry-run', false),
    aws,
  };
}

/** Notes a problem for each input of `promote` that another command was given. */
export function refusePromoteInputs(reader: InputReader, command: string): void {
  const given: Readonly<Record<string, boolean>> = {
    source: reader.text('source') !== undefined,
    'source-role-to-assume': reader.text('source-role-to-assume') !== undefined,
    referrers: !reader.boolean('referrers', true),
  };
  for (const [name, isGiven] of Object.entries(given)) {
    if (!isGiven) continue;
    reader.problem(
      name,
      'input-excluded',
      `does not fit ${command}`,
      `set command: promote, or leave out ${name}`,
    );
  }
}

const sourceWords: Readonly<Record<SourceReferenceProblem, string>> = {
  malformed: 'is neither <registry>/<repository> nor <repository> with :<tag> or @sha256:<digest>',
  'without-version': 'names no image: it ends in neither :<tag> nor @sha256:<digest>',
};

function readSourceReference(reader: InputReader): SourceReference {
  const stand = { text: '', name: '' };
  const hint = 'for example 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:…';
  const text = reader.required('source', hint);
  if (text === '') return stand;
  const parsed = parseSourceReference(text);
  if ('problem' in parsed) {
    const words = sourceWords[parsed.problem];
    reader.problem('source', 'source-malformed', `${JSON.stringify(text)} ${words}`, hint);
    return stand;
  }
  return parsed.reference;
}

/** As a push reads them, but for the default: the tag of the source. */
function readPromoteTags(
  reader: InputReader,
  source: SourceReference,
): { readonly tags: readonly string[]; readonly tagRules: readonly TagRule[] } {
  if (reader.list('tags').length > 0 || reader.list('tag-rules').length > 0) {
    return readTags(reader, '', undefined);
  }
  if (source.tag !== undefined && !keyTagPattern.test(source.tag)) {
    return { tags: [source.tag], tagRules: [] };
  }
  if (source.name !== '') {
    reader.problem(
      'tags',
      'input-required',
      'is required where the source has no tag to keep',
      'name tags, or tag-rules such as environment:production',
    );
  }
  return { tags: [], tagRules: [] };
}
