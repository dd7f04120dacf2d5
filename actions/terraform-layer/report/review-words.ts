import { bullets, link, paragraph, text, type Block, type Inline } from '../../shared/markdown.js';
import type { ReviewDifference, ReviewSource, ReviewSummary } from '../review/verdict.js';
import { nameList, shortCode } from './name-list.js';

const shownDifferences = 15;

/** `as reviewed in #12`, for a cell of a table. */
export function verdictWords({ verdict, differences, sources }: ReviewSummary): readonly Inline[] {
  const where = sources.length === 0 ? [] : [text(' in '), ...sourceNames(sources)];
  switch (verdict) {
    case 'equivalent':
      return [text('as reviewed'), ...where];
    case 'less': {
      const done = differences.filter(({ kind }) => kind === 'done').length;
      return [text('as reviewed'), ...where, text(`, less: ${done} done`)];
    }
    case 'more':
      return [text('more than was reviewed'), ...where];
    case 'different':
      return [text('not as reviewed'), ...where];
    case 'unreviewed':
      return [text('not reviewed')];
  }
}

/** What a review says of a stack's plan, most important first. */
export function reviewBlocks(review: ReviewSummary): readonly Block[] {
  const open = review.differences.filter(({ kind }) => kind !== 'done');
  const shown = open.slice(0, shownDifferences);
  const planned = review.sources.flatMap(({ sha, runUrl }): Inline[] =>
    runUrl === undefined ? [] : [text(' '), link(runUrl, text(sha.slice(0, 10)))],
  );
  return [
    paragraph(
      'Review: ',
      ...verdictWords(review),
      ...(planned.length === 0 ? [] : [text(', planned at'), ...planned.slice(0, 6)]),
      '.',
    ),
    ...(shown.length === 0
      ? []
      : [
          bullets([
            ...shown.map(differenceWords),
            ...(open.length > shown.length
              ? [[`… and ${open.length - shown.length} more, in the log`]]
              : []),
          ]),
        ]),
    ...(review.notes.length === 0
      ? []
      : [bullets(review.notes.slice(0, 5).map((note) => [shortCode(note, 300)]))]),
  ];
}

/** `aws_x.y` differs in `tags.Name`. */
function differenceWords({
  address,
  kind,
  attributes,
  detail,
}: ReviewDifference): readonly Inline[] {
  const subject = shortCode(address, 200);
  const inAttributes = attributes.length === 0 ? [] : [text(' in '), ...nameList(attributes, 8)];
  const more = detail === '' ? [] : [text(': '), shortCode(detail, 300)];
  switch (kind) {
    case 'values':
      return [subject, text(' differs'), ...inAttributes, ...(attributes.length > 0 ? [] : more)];
    case 'action':
      return [subject, text(' would be done in another way'), ...more];
    case 'added':
      return [subject, text(' was not reviewed'), ...more];
    case 'missing':
      return [subject, text(' was reviewed and is not planned any more'), ...more];
    case 'now-known':
      return [subject, text(' was unknown at review and is known now'), ...inAttributes];
    case 'upstream':
      return [subject, text(' reads another value than at review'), ...inAttributes, ...more];
    case 'done':
      return [subject, text(' is done'), ...more];
  }
}

function sourceNames(sources: readonly ReviewSource[]): readonly Inline[] {
  const names = [
    ...new Set(
      sources.map(({ pullNumber, sha }) =>
        pullNumber === undefined ? sha.slice(0, 10) : `#${pullNumber}`,
      ),
    ),
  ];
  // As code: a link would leave a note on each of those pull requests.
  return nameList(names);
}
