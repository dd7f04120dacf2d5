import { judgeMessage } from '../../../emulator/slack/message-schema.js';

const text = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) });

describe('the emulated webhook', () => {
  it.each([
    [{ text: 'Hello' }],
    [{ blocks: [{ type: 'section', text: text(3000) }] }],
    [{ blocks: [{ type: 'section', fields: Array.from({ length: 10 }, () => text(100)) }] }],
    [{ blocks: [{ type: 'context', elements: [text(1)] }, { type: 'divider' }] }],
    [{ blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(150) } }] }],
  ])('takes %j', (message) => {
    expect(judgeMessage(JSON.stringify(message)).kind).toBe('taken');
  });

  it.each([
    ['no JSON', '{', 'invalid_payload'],
    ['a list', '[]', 'invalid_payload'],
    ['nothing to show', '{}', 'no_text'],
    ['an empty text', '{"text":""}', 'no_text'],
  ])('refuses %s', (_what, body, word) => {
    expect(judgeMessage(body)).toEqual({ kind: 'refused', word });
  });

  it.each([
    ['a section without text', [{ type: 'section' }]],
    ['an empty text', [{ type: 'section', text: text(0) }]],
    ['a text that is too long', [{ type: 'section', text: text(3001) }]],
    ['a field that is too long', [{ type: 'section', fields: [text(2001)] }]],
    ['eleven fields', [{ type: 'section', fields: Array.from({ length: 11 }, () => text(1)) }]],
    ['eleven elements', [{ type: 'context', elements: Array.from({ length: 11 }, () => text(1)) }]],
    ['a header in markup', [{ type: 'header', text: text(10) }]],
    ['fifty-one blocks', Array.from({ length: 51 }, () => ({ type: 'divider' }))],
    ['too much in all', Array.from({ length: 6 }, () => ({ type: 'section', text: text(2500) }))],
    ['a block that there is not', [{ type: 'secton', text: text(1) }]],
    [
      'verbatim plain text',
      [{ type: 'section', text: { type: 'plain_text', text: 'x', verbatim: true } }],
    ],
  ])('refuses blocks with %s', (_what, blocks) => {
    expect(judgeMessage(JSON.stringify({ text: 'x', blocks }))).toEqual({
      kind: 'refused',
      word: 'invalid_blocks',
    });
  });
});
