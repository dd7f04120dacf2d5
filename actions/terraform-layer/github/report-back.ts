import { counted } from '../../shared/counted.js';
import { toError } from '../../shared/errors.js';
import { isDenied } from '../../shared/github-client.js';
import type { Comments } from '../../shared/github-comments.js';
import type { Logger } from '../../shared/log.js';
import {
  bullets,
  code,
  heading,
  link,
  paragraph,
  renderMarkdown,
  table,
  text,
  type Block,
  visible,
} from '../../shared/markdown.js';
import type { Secrets } from '../../shared/secrets.js';
import { upsertStickyComment, type StickyOutcome } from '../../shared/sticky-comment.js';

/** How an apply ended for the pull requests that it covers. */
export type ApplyEnd =
  | { readonly kind: 'applied' }
  /** Something failed or was cancelled. */
  | { readonly kind: 'failed' }
  /** A review, guard or policy kept at least one stack from being applied. */
  | { readonly kind: 'stopped' }
  /** What could be reviewed is applied; the rest waited for it at review, and is the next wave. */
  | { readonly kind: 'next-wave' }
  /** It did not begin: a gate, a right, or the code itself is not as it must be. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  /** It did not begin, since a newer commit is applied already. */
  | { readonly kind: 'superseded'; readonly reasons: readonly string[] }
  /** It began, and nobody knows of each stack how far it came. */
  | { readonly kind: 'broke-off'; readonly reasons: readonly string[] };

export interface ApplyResult {
  readonly environments: readonly string[];
  readonly end: ApplyEnd;
  readonly sha: string;
  readonly runUrl: string;
  readonly stacks: readonly {
    readonly id: string;
    /** One of ours, `applied`, `stopped`. */
    readonly status: string;
    /** Few words for people; may hold names of the user's. */
    readonly detail: string;
  }[];
}

/** So that 100 rows stay within a comment, whatever is in them. */
const rowLimit = 100;
const cellLimit = 200;
const shownReasons = 10;
const reasonCharacters = 1000;

/** What a pull request is told about the apply of what it brought. */
export function renderApplyResult(result: ApplyResult): string {
  const shown = result.stacks.slice(0, rowLimit);
  const left = result.stacks.length - shown.length;
  const blocks: readonly Block[] = [
    heading(3, 'Terraform apply', ...environmentNames(result)),
    paragraph(...sentence(result)),
    ...reasonBlocks(result.end),
    ...(shown.length === 0
      ? []
      : [
          table(
            ['Stack', 'Status', 'Detail'],
            shown.map(({ id, status, detail }) => [
              code(cell(id)),
              text(status),
              detail === '' ? text('') : code(cell(detail)),
            ]),
          ),
        ]),
    ...(left === 0 ? [] : [paragraph(`${counted(left, 'more stack')}: see the run.`)]),
  ];
  return renderMarkdown(blocks);
}

function cell(value: string): string {
  const shown = visible(value);
  return shown.length <= cellLimit ? shown : `${shown.slice(0, cellLimit - 1)}…`;
}

function environmentNames({ environments }: ApplyResult) {
  return environments.flatMap((name, index) => [text(index === 0 ? ': ' : ', '), code(cell(name))]);
}

function sentence({ end, sha, runUrl }: ApplyResult) {
  const commit = code(sha.slice(0, 10));
  const run = link(runUrl, text('this run'));
  switch (end.kind) {
    case 'applied':
      return [text('Applied at '), commit, text(' by '), run, text('.')];
    case 'failed':
      return [
        text('Not fully applied at '),
        commit,
        text(': '),
        run,
        text(' says what failed. What was applied stays; run it again, or fix it forward.'),
      ];
    case 'stopped':
      return [
        text('Stopped at '),
        commit,
        text(': what would have been applied is not what was reviewed or allowed. '),
        run,
        text(' says what differs.'),
      ];
    case 'next-wave':
      return [
        text('Applied in part at '),
        commit,
        text(' by '),
        run,
        text(': the rest waited for that at review, so nobody has seen its plan. Start the apply '),
        text('workflow by hand with '),
        code('apply-again'),
        text(', the number of this pull request: the plan of that run is the review, and its '),
        text('approval that of the next wave.'),
      ];
    case 'refused':
      return [text('Not applied at '), commit, text(': '), run, text(' could not begin.')];
    case 'superseded':
      return [
        text('Nothing to apply at '),
        commit,
        text(': '),
        run,
        text(' came after a newer commit was applied.'),
      ];
    case 'broke-off':
      return [
        text('The apply at '),
        commit,
        text(' broke off: '),
        run,
        text(' has done a part, or nothing. Run it again: it does the rest.'),
      ];
  }
}

function reasonBlocks(end: ApplyEnd): readonly Block[] {
  if (!('reasons' in end)) return [];
  const shown = end.reasons.slice(0, shownReasons).map((reason) => {
    const words = visible(reason);
    const cut = words.length > reasonCharacters;
    return [code(cut ? `${words.slice(0, reasonCharacters - 1)}…` : words)];
  });
  const left = end.reasons.length - shown.length;
  return [bullets([...shown, ...(left === 0 ? [] : [[text(`${left} more: see the run.`)]])])];
}

/** GitHub slows the writing of comments to one in three seconds: so many take two minutes. */
const toldLimit = 40;

/**
 * Tells each pull request what became of it, in one comment a set of environments, in place. Its
 * head does not matter any more. A pull request that cannot be told fails nothing; of very many,
 * the newest are told.
 *
 * @returns what was done by pull request; undefined where it could not be told
 */
export async function tellPulls(
  request: {
    readonly pullNumbers: readonly number[];
    /** Tells workflows apart, as the plan's comment does. */
    readonly key: string;
    /** Undefined: GitHub is asked who the token is. */
    readonly author: string | undefined;
    readonly result: ApplyResult;
    /** In milliseconds since the epoch. */
    readonly startedAt: number;
  },
  ports: { readonly comments: Comments; readonly log: Logger; readonly secrets: Secrets },
): Promise<ReadonlyMap<number, StickyOutcome | undefined>> {
  const { result, author, startedAt } = request;
  const body = ports.secrets.redact(renderApplyResult(result));
  // What the newer run has told stays.
  const suffix = result.end.kind === 'superseded' ? ':superseded' : '';
  const key = `${request.key}:apply:${[...result.environments].sort().join(',')}${suffix}`;
  const newestFirst = [...new Set(request.pullNumbers)].sort((left, right) => right - left);
  const left = newestFirst.length - toldLimit;
  if (left > 0) {
    ports.log.notice(`${left} older pull requests are not told: the job summary has everything.`);
  }
  const outcomes = new Map<number, StickyOutcome | undefined>();
  // One after the other: GitHub limits how fast content is created.
  for (const pullNumber of newestFirst.slice(0, toldLimit)) {
    outcomes.set(
      pullNumber,
      await upsertStickyComment(ports.comments, {
        ...{ pullNumber, key, author, body, startedAt, headSha: undefined },
      }).catch((thrown: unknown) => {
        const hint = isDenied(thrown) ? ' Give the job "permissions: pull-requests: write".' : '';
        ports.log.warning(
          ports.secrets.redact(
            `Pull request ${pullNumber} could not be told (${toError(thrown).message}).${hint}`,
          ),
        );
        return undefined;
      }),
    );
  }
  return outcomes;
}
