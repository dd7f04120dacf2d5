import {
  code,
  heading,
  paragraph,
  renderMarkdown,
  table,
  type Inline,
} from '../shared/markdown.js';
import type { Step } from './plan.js';

/** What a push came to. */
export interface PushResult {
  readonly dryRun: boolean;
  readonly repository: string;
  readonly registry: string;
  readonly accountId: string;
  readonly tags: readonly { readonly tag: string; readonly outcome: 'written' | 'kept' }[];
  /** Unknown in the dry run of a build. */
  readonly digest: string | undefined;
  readonly sizeBytes: number | undefined;
  /** Engine or archive format, for people. */
  readonly madeWith: string;
  readonly buildSeconds: number | undefined;
  readonly pushSeconds: number | undefined;
  /** Layers sent by this action itself, where it did. */
  readonly upload:
    { readonly sent: number; readonly skipped: number; readonly sentBytes: number } | undefined;
}

export interface Report {
  readonly outputs: Readonly<Record<string, string>>;
  readonly markdown: string;
  readonly headline: string;
}

/** Outputs, job summary, and the one line of the log that says how it went. */
export function report(result: PushResult): Report {
  const image =
    result.digest === undefined || result.registry === ''
      ? ''
      : `${result.registry}/${result.repository}@${result.digest}`;
  const tags = result.tags.map(({ tag }) => tag);
  const allKept = result.tags.every(({ outcome }) => outcome === 'kept');
  return {
    outputs: {
      repository: result.repository,
      tag: tags[0] ?? '',
      tags: tags.join('\n'),
      digest: result.digest ?? '',
      image,
      registry: result.registry,
      'account-id': result.accountId,
    },
    markdown: renderMarkdown([
      heading(3, 'Image ', code(result.repository), ...(result.dryRun ? [' (dry run)'] : [])),
      table(['', ''], [...rows(result, image)]),
    ]),
    headline: headline(result, image, tags, allKept),
  };
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
      return 'create the repository';
    case 'build':
      return 'build the image';
    case 'push-built':
      return `push it as ${step.tags.join(', ')}`;
    case 'upload':
      return `send up to ${step.image.blobs.length} layers`;
    case 'write-tag':
      return `put the tag ${step.tag} on ${step.image.root.digest}`;
    case 'keep-tag':
      return `leave the tag ${step.tag}`;
    case 'verify':
      return 'verify the digests';
  }
}

function headline(
  result: PushResult,
  image: string,
  tags: readonly string[],
  allKept: boolean,
): string {
  if (result.dryRun) return `Dry run: nothing was pushed to ${result.repository}.`;
  return `${allKept ? 'Already there' : 'Pushed'}: ${image} (${tags.join(', ')})`;
}

function* rows(
  result: PushResult,
  image: string,
): Generator<readonly (string | readonly Inline[])[]> {
  const cell = (value: string): readonly Inline[] => [code(value)];
  if (image !== '') yield ['image', cell(image)];
  if (result.digest !== undefined) yield ['digest', cell(result.digest)];
  yield [
    'tags',
    result.tags.flatMap(({ tag, outcome }, index): readonly Inline[] => [
      ...(index === 0 ? [] : [{ type: 'text', value: ', ' } as const]),
      code(tag),
      ...(outcome === 'kept' ? [{ type: 'text', value: ' (already there)' } as const] : []),
    ]),
  ];
  if (result.sizeBytes !== undefined) yield ['size', formatBytes(result.sizeBytes)];
  yield ['made with', result.madeWith];
  if (result.buildSeconds !== undefined) yield ['build', `${result.buildSeconds.toFixed(1)} s`];
  if (result.pushSeconds !== undefined) yield ['push', `${result.pushSeconds.toFixed(1)} s`];
  if (result.upload !== undefined) {
    const { sent, skipped, sentBytes } = result.upload;
    yield ['layers', `${sent} sent (${formatBytes(sentBytes)}), ${skipped} already there`];
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
