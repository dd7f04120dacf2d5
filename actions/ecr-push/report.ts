import {
  bullets,
  code,
  heading,
  listed,
  paragraph,
  renderMarkdown,
  table,
  text,
  type Inline,
} from '../shared/markdown.js';
import type { Step } from './plan.js';
import type { ImageOutcome, PushResult, RepositoryResult } from './result.js';
import type { GateReport } from './scan/gate-report.js';

export interface Report {
  readonly outputs: Readonly<Record<string, string>>;
  readonly markdown: string;
  readonly headline: string;
}

/** Every output of the action, empty; a command fills in its own. */
export const noOutputs = {
  repository: '',
  tag: '',
  tags: '',
  digest: '',
  image: '',
  images: '',
  outcome: '',
  key: '',
  registry: '',
  registries: '',
  'account-id': '',
  'docker-config': '',
  'auth-file': '',
  'scan-status': '',
  'scan-findings': '',
} as const satisfies Readonly<Record<string, string>>;

/** Outputs, job summary, and the one line of the log that says how it went. */
export function report(result: PushResult, gate?: GateReport): Report {
  const [first] = result.repositories;
  const images = result.repositories.map(imageOf);
  const tags = first?.tags.map(({ tag }) => tag) ?? [];
  return {
    outputs: {
      ...noOutputs,
      repository: first?.repository ?? '',
      tag: tags[0] ?? '',
      tags: tags.join('\n'),
      digest: first?.digest ?? '',
      image: images[0] ?? '',
      images: images.filter((image) => image !== '').join('\n'),
      outcome: result.dryRun ? 'dry-run' : (first?.outcome ?? ''),
      key: result.key.kind === 'key' ? result.key.tag : '',
      registry: first?.registry ?? '',
      registries: first?.registry ?? '',
      'account-id': result.accountId,
      ...gate?.outputs,
    },
    markdown: renderMarkdown([
      ...result.repositories.flatMap((one) => [
        heading(3, 'Image ', code(one.repository), ...(result.dryRun ? [' (dry run)'] : [])),
        table(['', ''], [...rows(result, one)]),
      ]),
      ...(gate?.blocks ?? []),
      ...(result.notes.length > 0 ? [bullets(result.notes.map((note) => [code(note)]))] : []),
    ]),
    headline: headline(result, images),
  };
}

function imageOf({ registry, repository, digest }: RepositoryResult): string {
  return digest === undefined || registry === '' ? '' : `${registry}/${repository}@${digest}`;
}

/** The steps as lines for the log. */
export function describeSteps(steps: readonly Step[]): readonly string[] {
  return steps.map((step) => `${describeStep(step)}: ${step.reason}`);
}

/** The steps of a dry run, for the summary. */
export function dryRunMarkdown(steps: readonly Step[]): string {
  return renderMarkdown([
    paragraph('Nothing was built or pushed. It would:'),
    table(
      ['step', 'why'],
      steps.map((step) => [describeStep(step), step.reason]),
    ),
  ]);
}

function describeStep(step: Step): string {
  switch (step.kind) {
    case 'create-repository':
      return `create the repository ${step.repository}${movingWords(step.movingTags)}`;
    case 'finish-repository':
      return `set what the repository ${step.repository} lacks`;
    case 'leave-repository':
      return `leave the settings of ${step.repository}`;
    case 'build':
      return 'build the image';
    case 'use-found':
      return `build nothing for ${step.repository}, take ${step.digest}`;
    case 'push-built':
      return `push it to ${step.repository} as ${step.tags.join(', ')}`;
    case 'upload':
      return `send up to ${step.image.blobs.length} layers to ${step.repository}`;
    case 'write-tag':
      return `put the tag ${step.tag} of ${step.repository} on ${step.manifest.digest}`;
    case 'keep-tag':
      return `leave the tag ${step.tag} of ${step.repository}`;
    case 'verify':
      return `verify the digests in ${step.repository}`;
    case 'scan':
      return `wait up to ${step.settings.timeoutMinutes} minutes for the scan in ${step.repository}`;
  }
}

function movingWords(movingTags: readonly string[]): string {
  return movingTags.length === 0
    ? ' with immutable tags'
    : `, where no tag can be moved but ${movingTags.join(', ')}`;
}

const outcomeWords: Readonly<Record<ImageOutcome, string>> = {
  pushed: 'Pushed',
  kept: 'Already there',
  found: 'Found, built earlier from the same content',
  adopted: 'Built by another run from the same content',
};

function headline(result: PushResult, images: readonly string[]): string {
  const names = result.repositories.map(({ repository }) => repository).join(', ');
  if (result.dryRun) return `Dry run: nothing was pushed to ${names}.`;
  return result.repositories
    .map((one, index) => {
      const tags = one.tags.map(({ tag }) => tag).join(', ');
      return `${outcomeWords[one.outcome]}: ${images[index] ?? ''} (${tags})`;
    })
    .join('\n');
}

function* rows(
  result: PushResult,
  one: RepositoryResult,
): Generator<readonly (string | readonly Inline[])[]> {
  const cell = (value: string): readonly Inline[] => [code(value)];
  const image = imageOf(one);
  if (image !== '') yield ['image', cell(image)];
  if (one.digest !== undefined) yield ['digest', cell(one.digest)];
  if (!result.dryRun) yield ['outcome', outcomeWords[one.outcome]];
  yield [
    'tags',
    listed(one.tags, ({ tag, outcome }) => [
      code(tag),
      ...(outcome === 'kept' ? [text(' (already there)')] : []),
    ]),
  ];
  if (result.key.kind === 'key') yield ['content key', cell(result.key.tag)];
  if (one.sizeBytes !== undefined) yield ['size', formatBytes(one.sizeBytes)];
  if (one.layers !== undefined) yield ['layers', String(one.layers)];
  if (one.outcome !== 'found') yield ['made with', result.madeWith];
  if (result.buildSeconds !== undefined) yield ['build', `${result.buildSeconds.toFixed(1)} s`];
  if (result.cache !== undefined) {
    yield ['build cache', `${result.cache.cachedSteps} of ${result.cache.steps} steps`];
  }
  if (one.pushSeconds !== undefined) yield ['push', `${one.pushSeconds.toFixed(1)} s`];
  if (one.upload !== undefined) {
    const { sent, skipped, sentBytes } = one.upload;
    yield ['sent', `${sent} layers (${formatBytes(sentBytes)}), ${skipped} already there`];
  }
}

/** Decimal units, as registries and the AWS console count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}
