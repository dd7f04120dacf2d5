import { runUrl, type GithubContext } from '../github-context.js';
import type { Fact, Notice } from './notice.js';
import { slackLine, slackLink, slackText } from './slack-text.js';

interface MrkdwnText {
  readonly type: 'mrkdwn';
  readonly text: string;
  /** Slack docs, "Text object": names and addresses in the text do not become links by themselves. */
  readonly verbatim: true;
}

type SlackBlock =
  | { readonly type: 'section'; readonly text: MrkdwnText; readonly fields?: readonly MrkdwnText[] }
  | { readonly type: 'context'; readonly elements: readonly MrkdwnText[] };

/** What an incoming webhook of Slack takes (Slack docs, "Sending messages using incoming webhooks"). */
export interface SlackMessage {
  /** What a notification shows, and all that chats without Block Kit show. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

/**
 * Slack docs, "Section block": a text of 3,000 characters, ten fields of 2,000. All blocks together
 * hold some 13,000 (slackapi/bolt-js#2509, not documented), and a text beyond 4,000 is bad to read:
 * what is left here stays below all of them.
 */
const limits = { subject: 200, sentence: 2000, fields: 8, name: 40, value: 250, label: 100 };

const shownPulls = 5;

/** Renders a notice for Slack. Pure; `github` is where the links lead. */
export function slackMessage(notice: Notice, github: GithubContext | undefined): SlackMessage {
  const words = [headline(notice), sentenceOf(notice)].filter((part) => part !== '').join('\n');
  const place = github === undefined ? [] : placeOf(notice, github);
  const fields = (notice.facts ?? []).slice(0, limits.fields).map(field);
  return {
    text: [words, place.join(' · ')].filter((part) => part !== '').join('\n'),
    blocks: [
      { type: 'section', text: mrkdwn(words), ...(fields.length === 0 ? {} : { fields }) },
      ...(place.length === 0
        ? []
        : [{ type: 'context' as const, elements: place.map((part) => mrkdwn(part)) }]),
    ],
    unfurl_links: false,
    unfurl_media: false,
  };
}

function headline(notice: Notice): string {
  const subject = `*${slackLine(capitalised(notice.subject), limits.subject)}*`;
  switch (notice.kind) {
    case 'started':
      return `🚀 ${subject} started`;
    case 'waiting-for-approval':
      return `✋ ${subject} waits for approval`;
    case 'paused':
      return `⏸️ ${subject} is paused`;
    case 'done':
      return `✅ ${subject} is done`;
    case 'failed':
      return `❌ ${subject} failed`;
    case 'rolled-back':
      return `↩️ ${subject} failed and was rolled back`;
    case 'superseded':
      return `⏭️ ${subject} was superseded`;
    case 'cancelled':
      return `🛑 ${subject} was cancelled`;
    case 'drift-found':
      return `⚠️ ${subject} found drift`;
  }
}

function sentenceOf(notice: Notice): string {
  if (notice.kind === 'started') return '';
  return slackText('cause' in notice ? notice.cause : notice.sentence, limits.sentence);
}

function field({ name, value }: Fact): MrkdwnText {
  return mrkdwn(`*${slackLine(name, limits.name)}*\n${slackLine(value, limits.value)}`);
}

/** The repository, who, the commit, pull requests and the run: ten, as many as a context block holds. */
function placeOf({ pullNumbers }: Notice, github: GithubContext): readonly string[] {
  const { repository, serverUrl, actor, sha, pullRequest } = github;
  const base = `${serverUrl}/${repository.owner}/${repository.name}`;
  const own = pullRequest === undefined ? [] : [pullRequest.number];
  const pulls = [...new Set([...own, ...(pullNumbers ?? [])])];
  const more = pulls.length - shownPulls;
  return [
    slackLine(`${repository.owner}/${repository.name}`, limits.label),
    ...(actor === '' ? [] : [slackLine(`by ${actor}`, limits.label)]),
    ...(sha === '' ? [] : [slackLink(`${base}/commit/${sha}`, sha.slice(0, 10), limits.label)]),
    ...pulls
      .slice(0, shownPulls)
      .map((number) => slackLink(`${base}/pull/${number}`, `#${number}`, limits.label)),
    ...(more > 0 ? [`${more} more`] : []),
    slackLink(runUrl(github), 'run', limits.label),
  ];
}

function mrkdwn(text: string): MrkdwnText {
  return { type: 'mrkdwn', text, verbatim: true };
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
