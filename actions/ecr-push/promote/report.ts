import { counted } from '../../shared/counted.js';
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
} from '../../shared/markdown.js';
import { describeSteps, formatBytes, noOutputs, type Report } from '../report.js';
import type { TargetPlan } from './plan.js';
import type { PromotedRepository, PromotionResult } from './result.js';

/** Outputs, job summary, and the lines of the log that say how it went. */
export function reportPromotion(result: PromotionResult): Report {
  const { repositories, image, tags, dryRun } = result;
  const [first] = repositories;
  const images = repositories.map((one) => referenceOf(one, image.root.digest));
  return {
    outputs: {
      ...noOutputs,
      repository: first?.repository ?? '',
      tag: tags[0] ?? '',
      tags: tags.join('\n'),
      digest: image.root.digest,
      image: images[0] ?? '',
      images: images.filter((one) => one !== '').join('\n'),
      outcome: dryRun ? 'dry-run' : outcomeOf(first),
      registry: first?.registry ?? '',
      registries: first?.registry ?? '',
      'account-id': result.accountId,
    },
    markdown: renderMarkdown([
      ...repositories.flatMap((one, index) => [
        heading(3, 'Promotion to ', code(one.repository), ...(dryRun ? [' (dry run)'] : [])),
        ...(dryRun
          ? [
              paragraph('Nothing was copied or tagged. It would:'),
              bullets(describePlan(one.plan).map((line) => [code(line)])),
            ]
          : []),
        table(['', ''], [...rows(result, one, images[index] ?? '')]),
      ]),
      ...(result.notes.length > 0 ? [bullets(result.notes.map((note) => [code(note)]))] : []),
    ]),
    headline: repositories
      .map((one, index) => headlineOf(result, one, images[index] ?? ''))
      .join('\n'),
  };
}

/** What a plan does in one repository, as lines for the log. */
export function describePlan(plan: TargetPlan): readonly string[] {
  const { repository, blobs, blobsKept, manifests, companionTags, writeTags, keepTags } = plan;
  const lines = [...describeSteps(plan.prepare)];
  if (plan.isSource) lines.push(`copy nothing: ${repository} is where the image is`);
  if (blobs.length > 0) {
    lines.push(
      `copy ${counted(blobs.length, 'layer')} (${formatBytes(bytesOf(plan))}) to ${repository}: ${blobsKept} of the image are there`,
    );
  }
  if (manifests.length > 0) {
    lines.push(
      `put ${counted(manifests.length, 'manifest')} into ${repository}: none is there yet`,
    );
  }
  for (const { tag, manifest } of [...companionTags, ...writeTags]) {
    lines.push(`put the tag ${tag} of ${repository} on ${manifest.digest}`);
  }
  for (const tag of keepTags) {
    lines.push(`leave the tag ${tag} of ${repository}: it already names this image`);
  }
  return lines;
}

function referenceOf({ registry, repository }: PromotedRepository, digest: string): string {
  return registry === '' ? '' : `${registry}/${repository}@${digest}`;
}

/** `kept` where nothing was to be done. */
function outcomeOf(one: PromotedRepository | undefined): 'promoted' | 'kept' | '' {
  if (one === undefined) return '';
  const { blobs, manifests, companionTags, writeTags } = one.plan;
  const done = blobs.length + manifests.length + companionTags.length + writeTags.length;
  return done === 0 ? 'kept' : 'promoted';
}

function headlineOf(result: PromotionResult, one: PromotedRepository, image: string): string {
  if (result.dryRun) return `Dry run: nothing was promoted to ${one.repository}.`;
  const words = outcomeOf(one) === 'kept' ? 'Already there' : 'Promoted';
  const { blobs, blobsKept } = one.plan;
  return `${words}: ${image} (${result.tags.join(', ')}), ${counted(blobs.length, 'layer')} sent, ${blobsKept} there`;
}

function* rows(
  { from, sourceAccountId, sourceRegion, image, tags, dryRun }: PromotionResult,
  one: PromotedRepository,
  reference: string,
): Generator<readonly (string | readonly Inline[])[]> {
  const { plan, outcomes } = one;
  yield ['from', [code(from), text(` in ${sourceAccountId}, ${sourceRegion}`)]];
  if (reference !== '') yield ['to', [code(reference)]];
  yield ['digest', [code(image.root.digest)]];
  yield [
    'tags',
    listed(tags, (tag) => [
      code(tag),
      ...(outcomes.get(tag) === 'kept' ? [text(' (already there)')] : []),
    ]),
  ];
  const { platforms } = image.root;
  if (platforms.length > 0) yield ['platforms', listed(platforms, (one) => [code(one)])];
  if (plan.isSource) {
    yield ['copied', 'nothing: the image is in this repository'];
  } else {
    yield ['attestations and signatures', `${image.referrers.length} refer to the image`];
    yield [
      dryRun ? 'to send' : 'sent',
      `${counted(plan.blobs.length, 'layer')} (${formatBytes(bytesOf(plan))}), ${plan.blobsKept} already there`,
    ];
  }
  if (one.sizeBytes !== undefined) yield ['size', formatBytes(one.sizeBytes)];
  if (one.seconds !== undefined) yield ['time', `${one.seconds.toFixed(1)} s`];
}

function bytesOf({ blobs }: TargetPlan): number {
  return blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
