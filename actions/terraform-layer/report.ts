import { counted } from '../shared/counted.js';
import { formatProblem } from '../shared/errors.js';
import { commentLimit } from '../shared/sticky-comment.js';
import {
  code,
  codeBlock,
  details,
  heading,
  link,
  paragraph,
  renderMarkdown,
  strong,
  text,
  visible,
  type Inline,
} from '../shared/markdown.js';
import { differenceText } from './changes/policy-difference.js';
import { renderMermaid } from './graph/render.js';
import type { RunPlan } from './plan.js';
import { annotationsOf, type Annotation } from './report/annotations.js';
import { describeFailure, headline, tally } from './report/headline.js';
import {
  pendingReaderBlocks,
  pendingReaders,
  pendingReaderText,
} from './report/pending-readers.js';
import { fitPage, type Section } from './report/sections.js';
import { hasDetails, stackFold, type FoldContext } from './report/stack-fold.js';
import { stackTable } from './report/stack-table.js';
import { nodeStatus, urgency } from './report/status.js';
import { stepOutputs } from './report/outputs.js';
import { upstreamOutputs } from './report/upstream-outputs.js';
import type { StackOutcome } from './schedule/outcome.js';

/** Of stacks that are gone, and of gates that change; the log has all. */
const maximumNotes = 10;

export interface ReportContext {
  /** Address of the run, where everything can be read. */
  readonly runUrl: string | undefined;
  /** The commit that was planned or applied. */
  readonly commit: string | undefined;
  /** What the person who started the run has typed. */
  readonly confirm?: string | undefined;
  readonly stacksPerRunner?: number | undefined;
}

export interface Report {
  /** Body of the pull request comment, less than GitHub's limit with the marker. */
  readonly comment: string;
  /** Markdown of the job summary, less than 1 MiB. */
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly annotations: readonly Annotation[];
  /** Why the step must fail; undefined where all went well. */
  readonly failure: string | undefined;
}

/** The hidden marker and what GitHub may count otherwise. */
const commentRoom = commentLimit - 1024;
const summaryRoomBytes = 1_000_000;
/** Lines of one kind in the head. */
const shownLines = 10;

/** Everything a run tells the world. Pure; holds no sensitive value. */
export function report(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  context: ReportContext,
): Report {
  const { values, stacksLeftOut } = stepOutputs(plan, outcomes, context);
  const readers = pendingReaderText(pendingReaders(plan, outcomes));
  const fold: FoldContext = {
    command: plan.command,
    labels: new Map(plan.workspace.stacks.map(({ id, displayId }) => [id, displayId])),
    upstreams: upstreamOutputs(plan.workspace.edges, outcomes),
  };
  return {
    comment: page(plan, outcomes, context, fold, 'comment'),
    summary: page(plan, outcomes, context, fold, 'summary'),
    outputs: values,
    annotations: [
      ...annotationsOf(outcomes),
      ...(readers === undefined
        ? []
        : [{ severity: 'notice' as const, message: readers, at: undefined }]),
      ...(stacksLeftOut === 0
        ? []
        : [
            {
              severity: 'warning' as const,
              message: `The output "stacks" has no room for ${stacksLeftOut} of ${counted(outcomes.length, 'stack')}: those that change come first.`,
              at: undefined,
            },
          ]),
    ],
    failure: describeFailure(plan.command, outcomes),
  };
}

function page(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  context: ReportContext,
  fold: FoldContext,
  target: 'comment' | 'summary',
): string {
  const small = target === 'comment';
  const folds = outcomes
    .filter((outcome) => hasDetails(outcome, fold))
    .sort((left, right) => urgency(left) - urgency(right))
    .map((outcome, index): Section => {
      // One huge plan must not push out all the others.
      const share = small ? 16_000 : 250_000;
      return {
        rank: urgency(outcome) <= 2 ? 10 + index : 1000 + index,
        render: (room) => stackFold(fold, outcome, Math.min(room, share)),
      };
    });
  const graph: Section = {
    rank: 500,
    render: (room) => graphSection(plan, outcomes, Math.min(room, small ? 12_000 : 60_000)),
  };
  const sections: readonly Section[] = [
    { rank: 0, render: () => headSection(plan, outcomes, context) },
    {
      rank: 1,
      render: (room) => stackTable(fold, outcomes, Math.min(room, small ? 24_000 : 300_000)),
    },
    ...(outcomes.length < 2 ? [] : [graph]),
    ...folds,
  ];
  const { markdown } = fitPage(
    sections,
    small ? commentRoom : summaryRoomBytes,
    (leftOut) => leftOutNote(leftOut, context, small),
    small ? undefined : (value) => new TextEncoder().encode(value).length,
  );
  return markdown;
}

function headSection(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  { runUrl, commit }: ReportContext,
): string {
  const origin: Inline[] = [
    ...(commit === undefined ? [] : [text('Commit '), code(commit.slice(0, 10))]),
    ...(runUrl === undefined
      ? []
      : [text(commit === undefined ? '' : ', '), link(runUrl, text('run'))]),
  ];
  return renderMarkdown([
    heading(3, ...headline(plan, outcomes)),
    paragraph(strong(text(tally(plan.command, outcomes)))),
    ...plan.leftOut
      .slice(0, shownLines)
      .map(({ environment, why }) =>
        paragraph(
          code(environment),
          why === 'never-applied'
            ? ' is never applied from here.'
            : ' needs approval: it is applied by a run that names it.',
        ),
      ),
    ...plan.earlierUpToDate.map((name) =>
      paragraph(code(name), ' comes before, and has nothing to get from this commit.'),
    ),
    ...pendingReaderBlocks(pendingReaders(plan, outcomes)),
    ...plan.findings
      .slice(0, maximumNotes)
      .map(({ severity, problem }) =>
        paragraph(
          { error: '❌ ', warning: '⚠️ ', notice: 'ℹ️ ' }[severity],
          code(visible(formatProblem(problem))),
        ),
      ),
    ...plan.policyDifferences
      .slice(0, maximumNotes)
      .map((difference) => paragraph('🔒 ', code(visible(differenceText(difference))))),
    ...(plan.findings.length > maximumNotes || plan.policyDifferences.length > maximumNotes
      ? [paragraph('More of these are in the log.')]
      : []),
    ...(origin.length === 0 ? [] : [paragraph(...origin)]),
  ]);
}

function graphSection(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  room: number,
): string | undefined {
  const statuses = new Map(outcomes.map((outcome) => [outcome.stack.id, nodeStatus(outcome)]));
  const all = outcomes.map(({ stack }) => stack.id);
  const busy = outcomes
    .filter(({ end }) => end.status !== 'unchanged')
    .map(({ stack }) => stack.id);
  for (const [title, ids] of [
    ['Graph', all],
    ['Graph of the stacks with changes', busy],
  ] as const) {
    if (ids.length === 0) continue;
    const picture = renderMermaid(plan.workspace, { statuses, only: new Set(ids) }).trimEnd();
    const markdown = renderMarkdown(details(title, [codeBlock('mermaid', picture)], true));
    if (markdown.length <= room) return markdown;
  }
  return undefined;
}

function leftOutNote(leftOut: number, { runUrl }: ReportContext, small: boolean): string {
  const where = small ? 'the job summary and the log of the run' : 'the log of the run';
  return renderMarkdown([
    paragraph(
      `${leftOut} ${leftOut === 1 ? 'part does' : 'parts do'} not fit here: read `,
      runUrl === undefined ? text(where) : link(runUrl, text(where)),
      '.',
    ),
  ]);
}
