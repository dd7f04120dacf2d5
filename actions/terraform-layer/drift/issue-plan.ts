import type { Issue } from '../../shared/issues.js';
import {
  link,
  paragraph,
  renderMarkdown,
  text,
  type Inline,
  visible,
} from '../../shared/markdown.js';
import { commentLimit } from '../../shared/sticky-comment.js';
import type { Stack } from '../stacks/workspace.js';
import { driftPage } from './drift-page.js';
import { digestOf, formatMarker, readMarker, type IssueMarker } from './issue-marker.js';
import type { StackDrift } from './stack-drift.js';

/** What the check of one stack has shown; a stack that could not be checked has none. */
export interface CheckedStack {
  readonly stack: Stack;
  /** Undefined: in sync. */
  readonly drift: StackDrift | undefined;
}

/** One thing to do with the issues of drift, and why. */
export type IssueStep =
  | { readonly kind: 'open'; readonly stack: Stack; readonly title: string; readonly body: string }
  | {
      readonly kind: 'update' | 'reopen';
      readonly stack: Stack;
      readonly number: number;
      readonly title: string;
      readonly body: string;
    }
  | {
      readonly kind: 'close';
      readonly number: number;
      readonly why: 'in-sync' | 'stack-gone' | 'second';
      readonly comment: string;
    }
  /** Nothing to write: it says so already, or a person has closed it for good. */
  | {
      readonly kind: 'keep';
      readonly stack: Stack;
      readonly number: number;
      readonly why: 'unchanged' | 'dismissed';
    };

export interface IssueContext {
  /** Which repository part the run looks after: issues of others are left alone. */
  readonly workingDirectory: string;
  /** Login that we write as; an issue of anyone else is not ours, whatever it says. */
  readonly author: string;
  readonly runUrl: string | undefined;
  /** ISO 8601. */
  readonly now: string;
  /** Every stack of the repository, whether this run has checked it or not. */
  readonly stacks: readonly Stack[];
}

/** GitHub refuses longer titles ("REST API endpoints for issues" answers 422 above 256). */
const titleCharacters = 256;
const bodyRoom = commentLimit - 1536;

interface OwnIssue extends Issue {
  readonly marker: IssueMarker;
}

/**
 * Decides what becomes of the one issue of each stack. Pure. A stack that was not checked keeps
 * its issue as it is; one whose code is gone has its issue closed; one that a person has closed as
 * not planned stays closed until what has drifted is something else.
 */
export function planIssues(
  existing: readonly Issue[],
  checked: readonly CheckedStack[],
  context: IssueContext,
): readonly IssueStep[] {
  const scope = digestOf(context.workingDirectory);
  const ours = existing
    .filter(({ author }) => author === context.author)
    .flatMap((issue): OwnIssue[] => {
      const marker = readMarker(issue.body);
      return marker?.scope === scope ? [{ ...issue, marker }] : [];
    });
  const steps = checked.flatMap((check) => {
    const own = ours.filter(({ marker }) => marker.stack === digestOf(check.stack.id)).sort(byUse);
    return check.drift === undefined
      ? closeAll(own, context)
      : driftSteps(check.drift, own, scope, context);
  });
  const known = new Set(context.stacks.map(({ id }) => digestOf(id)));
  const gone = ours.filter(({ marker, state }) => state === 'open' && !known.has(marker.stack));
  return [
    ...steps,
    ...gone.map(({ number }) =>
      closing(number, 'stack-gone', context, [
        text(
          'This stack is no longer in the code, so that nobody looks after what it made. If it was not destroyed before, it still exists.',
        ),
      ]),
    ),
  ];
}

/** The open one first, then the newest. */
function byUse(left: OwnIssue, right: OwnIssue): number {
  if (left.state !== right.state) return left.state === 'open' ? -1 : 1;
  return left.state === 'open' ? left.number - right.number : right.number - left.number;
}

function driftSteps(
  drift: StackDrift,
  own: readonly OwnIssue[],
  scope: string,
  context: IssueContext,
): readonly IssueStep[] {
  const [issue, ...others] = own;
  const { stack } = drift;
  const fingerprint = fingerprintOf(drift);
  const dismissed =
    issue?.state === 'closed' && ['not_planned', 'duplicate'].includes(issue.stateReason ?? '');
  const continues = issue !== undefined && (issue.state === 'open' || dismissed);
  const since = (continues ? issue.marker.since : undefined) ?? drift.findings.since ?? context.now;
  const page = driftPage(drift, bodyRoom);
  const title = titleOf(stack);
  const content = digestOf([title, page]);
  const marker = formatMarker({
    scope,
    stack: digestOf(stack.id),
    fingerprint,
    content,
    since,
  });
  const body = [marker, page.trimEnd(), footer(since, context)].join('\n\n');
  const seconds = others
    .filter(({ state }) => state === 'open')
    .map(({ number }) =>
      closing(number, 'second', context, [
        text(`#${issue?.number ?? 0} speaks of the same stack.`),
      ]),
    );
  if (issue === undefined) return [{ kind: 'open', stack, title, body }];
  const { number } = issue;
  if (issue.state === 'open') {
    const same = issue.marker.content === content && issue.title === title;
    const step: IssueStep = same
      ? { kind: 'keep', stack, number, why: 'unchanged' }
      : { kind: 'update', stack, number, title, body };
    return [step, ...seconds];
  }
  if (dismissed && issue.marker.fingerprint === fingerprint) {
    return [{ kind: 'keep', stack, number, why: 'dismissed' }];
  }
  return [{ kind: 'reopen', stack, number, title, body }];
}

/** What has drifted, without what the code says or where: an edit of the code is no new drift. */
function fingerprintOf({ findings }: StackDrift): string {
  return digestOf(
    findings.drifted.map(({ address, kind, attributes }) => [
      address,
      kind,
      attributes.map(({ path, world }) => [path, world]),
    ]),
  );
}

function titleOf(stack: Stack): string {
  // In a title, `@name` and `#1` would otherwise be linked.
  const name = visible(stack.displayId).replaceAll(/[@#]/g, '$&\u200B');
  const named = stack.displayId.split('/').includes(stack.environment);
  const environment = visible(stack.environment).replaceAll(/[@#]/g, '$&\u200B');
  const title = `Drift: ${name}${named ? '' : ` (${environment})`}`;
  return title.length <= titleCharacters ? title : `${title.slice(0, titleCharacters - 1)}…`;
}

function footer(since: string, { runUrl, now }: IssueContext): string {
  return renderMarkdown([
    paragraph(
      `First seen ${since}. Seen like this since the `,
      ...(runUrl === undefined ? [text('run')] : [link(runUrl, text('run'))]),
      ` of ${now}. `,
      'This issue is closed by itself once the stack is in sync; close it as not planned to hear of it again only when something else drifts.',
    ),
  ]);
}

function closeAll(own: readonly OwnIssue[], context: IssueContext): readonly IssueStep[] {
  return own
    .filter(({ state }) => state === 'open')
    .map(({ number }) =>
      closing(number, 'in-sync', context, [text('The world is in sync with the code again.')]),
    );
}

function closing(
  number: number,
  why: Extract<IssueStep, { readonly kind: 'close' }>['why'],
  { runUrl, now }: IssueContext,
  words: readonly Inline[],
): IssueStep {
  const seen: readonly Inline[] =
    runUrl === undefined
      ? [text(` (${now})`)]
      : [text(' ('), link(runUrl, text('run')), text(` of ${now})`)];
  return { kind: 'close', number, why, comment: renderMarkdown([paragraph(...words, ...seen)]) };
}

/** One line for the log. */
export function describeStep(step: IssueStep): string {
  switch (step.kind) {
    case 'open':
      return `issue opened for ${step.stack.displayId}`;
    case 'update':
    case 'reopen':
      return `issue #${step.number} ${step.kind === 'update' ? 'updated' : 'reopened'} for ${step.stack.displayId}`;
    case 'close':
      return `issue #${step.number} closed (${step.why})`;
    case 'keep':
      return `issue #${step.number} of ${step.stack.displayId} left as it is (${step.why})`;
  }
}
