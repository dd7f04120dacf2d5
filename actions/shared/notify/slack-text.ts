import { visible, visibleLines } from '../markdown.js';

/** Slack docs, "Formatting message text", "Escaping text": these three, and no others. */
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Text of others for a `mrkdwn` text object: without mentions, links and control characters, and
 * cut so that at most `limit` UTF-16 code units come out.
 *
 * Slack makes mentions and links of `<…>` alone; Mattermost, which takes the same messages, makes
 * mentions of `@all` and images of `![](…)` too, so that these are broken up with a space of no
 * width.
 */
export function slackText(text: string, limit: number): string {
  return escaped(visibleLines(text), limit);
}

/** The same in one line. */
export function slackLine(text: string, limit: number): string {
  return escaped(visible(text.replaceAll(/\s*[\r\n]+\s*/g, ' ')), limit);
}

function escaped(text: string, limit: number): string {
  const pieces: string[] = [];
  let length = 0;
  // By code point, so that no pair is cut in half.
  for (const character of text) {
    const piece = escapedCharacter(character, pieces.at(-1));
    pieces.push(piece);
    length += piece.length;
  }
  if (length <= limit) return pieces.join('');
  while (length > limit - 1) length -= pieces.pop()?.length ?? length;
  return `${pieces.join('')}…`;
}

function escapedCharacter(character: string, before: string | undefined): string {
  if (character === '@') return '@\u200b';
  if (character === '(' && before === ']') return '\u200b(';
  return entities[character] ?? character;
}

/** A link, or its label alone where the address is none of the web's. The label is text of others. */
export function slackLink(url: string, label: string, limit: number): string {
  const words = slackLine(label, limit);
  const address = webAddress(url);
  return address === undefined ? words : `<${address}|${words}>`;
}

/** Longer ones are no addresses of a run. */
const longestAddress = 400;

function webAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  const address = href.replaceAll(/[<>|@]/g, (character) => encodeURIComponent(character));
  const fits = address.length <= longestAddress;
  return fits && (protocol === 'https:' || protocol === 'http:') ? address : undefined;
}
