import type { Secrets } from '../secrets.js';

/** Slack docs, "Sending messages using incoming webhooks", and "GovSlack". */
const slackHosts: readonly string[] = ['hooks.slack.com', 'hooks.slack-gov.com'];

/** What is on this machine cannot be somebody else's; a name may be resolved to anything. */
const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]']);

/** Where messages go, or why they do not go there; the words do not hold the address. */
export type WebhookAddress =
  | { readonly kind: 'allowed'; readonly url: string }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Whether messages may be sent to a webhook: over https to Slack's own hosts and those of
 * `moreHosts` (`chat.example.com`, or with a port), and to this machine itself.
 */
export function webhookAddress(text: string, moreHosts: readonly string[]): WebhookAddress {
  if (!URL.canParse(text)) return refused('is not an address');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return refused('has a name or a password in it');
  const isLoopback = loopback.has(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    return refused('is not https');
  }
  const hosts = [...slackHosts, ...moreHosts.map((host) => host.toLowerCase())];
  if (!isLoopback && !hosts.includes(url.host)) {
    return refused(`is not at ${hosts.join(', ')}: name its host in slack-webhook-host`);
  }
  return { kind: 'allowed', url: url.href };
}

function refused(why: string): WebhookAddress {
  return { kind: 'refused', why };
}

/** Short parts of an address are words that stand elsewhere too. */
const secretCharacters = 16;

/** Masks a webhook, and what alone would give it away: its path and its last part. */
export function maskWebhook(text: string, secrets: Pick<Secrets, 'add'>): void {
  secrets.add(text);
  if (!URL.canParse(text)) return;
  const { href, pathname } = new URL(text);
  const parts = [href, pathname, pathname.slice(pathname.lastIndexOf('/') + 1)];
  for (const part of parts.filter(({ length }) => length >= secretCharacters)) secrets.add(part);
}
