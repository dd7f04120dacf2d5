import {
  bullets,
  code,
  details,
  heading,
  link,
  paragraph,
  renderMarkdown,
  text,
  type Inline,
  visible,
} from '../../shared/markdown.js';
import { fitPage, type Section } from '../report/sections.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { driftPage } from './drift-page.js';
import { hasDrifted } from './findings.js';
import type { KeptIssues } from './keep-issues.js';
import type { StackDrift } from './stack-drift.js';

/** With the run's own page, less than the 1 MiB of a job summary. */
const room = 400_000;

/** The part of the job summary that speaks of drift; empty where there is nothing to say. Pure. */
export function driftSummary(
  drifts: readonly StackDrift[],
  outcomes: readonly StackOutcome[],
  issues: KeptIssues,
): string {
  const notStarted = outcomes.filter(
    ({ end }) => end.status === 'not-started' && end.why.kind === 'time-budget',
  );
  const pendingOnly = outcomes.filter(
    ({ drift, end }) => end.status === 'changes' && drift !== undefined && !hasDrifted(drift),
  );
  if (drifts.length + notStarted.length + pendingOnly.length === 0) return '';
  const sections: readonly Section[] = [
    { rank: 0, render: () => renderMarkdown([heading(3, 'Drift')]) },
    ...listOf('No drift, only code that is not applied yet:', pendingOnly),
    ...listOf('Not checked, the time budget was over; the next run begins with:', notStarted),
    ...drifts.map((drift, index): Section => {
      return {
        rank: 10 + index,
        render: (left) => fold(drift, issues, Math.min(left, 60_000)),
      };
    }),
  ];
  return fitPage(
    sections,
    room,
    (leftOut) => renderMarkdown([paragraph(`${leftOut} more do not fit here: read the log.`)]),
    (value) => new TextEncoder().encode(value).length,
  ).markdown;
}

function fold(drift: StackDrift, issues: KeptIssues, left: number): string {
  const { stack, resources } = drift;
  const issue = issues.get(stack.id);
  const reference: readonly Inline[] =
    issue === undefined ? [] : [text('Issue: '), link(issue.url, code(`#${issue.number}`))];
  const [open, close] = details(`${visible(stack.displayId)} · ${resources.length} drifted`, []);
  return [
    ...(open === undefined ? [] : [renderMarkdown([open])]),
    ...(reference.length === 0 ? [] : [renderMarkdown([paragraph(...reference)])]),
    driftPage(drift, left - 1000),
    ...(close === undefined ? [] : [renderMarkdown([close])]),
  ].join('\n');
}

function listOf(words: string, outcomes: readonly StackOutcome[]): readonly Section[] {
  if (outcomes.length === 0) return [];
  const shownOnes = outcomes.slice(0, 50);
  const more = outcomes.length - shownOnes.length;
  const blocks = [
    paragraph(words),
    bullets([
      ...shownOnes.map(({ stack }) => [code(visible(stack.displayId))]),
      ...(more > 0 ? [[text(`${more} more`)]] : []),
    ]),
  ];
  return [{ rank: 1, render: () => renderMarkdown(blocks) }];
}
