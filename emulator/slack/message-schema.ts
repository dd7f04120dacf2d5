import { z } from 'zod';

/** Slack docs, "Text object": 1 to 3,000 characters. */
function text(maximum: number) {
  return z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('plain_text'),
      text: z.string().min(1).max(maximum),
      emoji: z.boolean().optional(),
    }),
    z.strictObject({
      type: z.literal('mrkdwn'),
      text: z.string().min(1).max(maximum),
      verbatim: z.boolean().optional(),
    }),
  ]);
}

const id = { block_id: z.string().max(255).optional() };

/** Slack docs, "Section block". */
const section = z
  .strictObject({
    type: z.literal('section'),
    ...id,
    text: text(3000).optional(),
    fields: z.array(text(2000)).min(1).max(10).optional(),
  })
  .refine((block) => block.text !== undefined || block.fields !== undefined);

/** Slack docs, "Context block"; its images are not emulated. */
const context = z.strictObject({
  type: z.literal('context'),
  ...id,
  elements: z.array(text(3000)).min(1).max(10),
});

/** Slack docs, "Header block". */
const header = z.strictObject({
  type: z.literal('header'),
  ...id,
  text: z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(150),
    emoji: z.boolean().optional(),
  }),
});

const divider = z.strictObject({ type: z.literal('divider'), ...id });

/** Slack docs, "Blocks": 50 a message. Other blocks are not emulated, and so are refused. */
const blocks = z.array(z.union([section, context, header, divider])).max(50);

const message = z.looseObject({
  text: z.string().optional(),
  blocks: z.unknown().optional(),
  attachments: z.array(z.unknown()).max(100).optional(),
});

/** A message as it was sent. */
export type SentMessage = z.infer<typeof message>;

export type JudgedMessage =
  | { readonly kind: 'taken'; readonly message: SentMessage }
  | { readonly kind: 'refused'; readonly word: 'invalid_payload' | 'no_text' | 'invalid_blocks' };

/** All blocks together; found by its users (slackapi/bolt-js#2509), not documented. */
const allBlocksCharacters = 13_000;

/**
 * What Slack says to a message: `invalid_payload` to what is no message (Slack docs, "Improving error
 * conditions for Incoming Webhooks"), `no_text` to an empty one, `invalid_blocks` to blocks that are
 * not as "Block Kit" describes them.
 */
export function judgeMessage(body: string): JudgedMessage {
  const read = message.safeParse(parse(body));
  if (!read.success) return { kind: 'refused', word: 'invalid_payload' };
  const sent = read.data;
  const isEmpty =
    (sent.text ?? '') === '' && sent.blocks === undefined && sent.attachments === undefined;
  if (isEmpty) return { kind: 'refused', word: 'no_text' };
  if (sent.blocks === undefined) return { kind: 'taken', message: sent };
  const fits =
    blocks.safeParse(sent.blocks).success &&
    JSON.stringify(sent.blocks).length <= allBlocksCharacters;
  return fits ? { kind: 'taken', message: sent } : { kind: 'refused', word: 'invalid_blocks' };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
