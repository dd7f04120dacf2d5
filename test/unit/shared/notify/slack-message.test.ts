import fc from 'fast-check';
import { slackMessage } from '../../../../actions/shared/notify/slack-message.js';
import type { Notice } from '../../../../actions/shared/notify/notice.js';
import { slackLink, slackText } from '../../../../actions/shared/notify/slack-text.js';
import { judgeMessage } from '../../../../emulator/slack/message-schema.js';
import { notices, whereItRuns } from '../../../support/notices.js';

/** All text objects of a message, and its plain text. */
function textsOf(notice: Notice): readonly string[] {
  const { text, blocks } = slackMessage(notice, whereItRuns);
  return [
    text,
    ...blocks.flatMap((block) =>
      block.type === 'section'
        ? [block.text.text, ...(block.fields ?? []).map((one) => one.text)]
        : block.elements.map((one) => one.text),
    ),
  ];
}

/** Texts in which what a chat takes for a command is common. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['<!channel>', '<!here|here>', '<@U012AB3CD>', '<#C01|x>', '@here', '@all', '@channel'],
        ...[
          '<https://evil.example|run>',
          '&lt;!here&gt;',
          '&',
          '<',
          '>',
          '|',
          '](',
          '![x](http://e)',
        ],
        ...[
          '```',
          '*',
          '\n',
          '\r\n',
          '\u202e',
          '\ud800',
          '😀',
          '"',
          '\\',
          '\u2028',
          '\0',
          ']',
          '(',
        ],
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

const anyNotice: fc.Arbitrary<Notice> = fc
  .record({
    index: fc.nat(notices.length - 1),
    subject: hostile,
    words: hostile,
    facts: fc.array(fc.record({ name: hostile, value: hostile }), { maxLength: 20 }),
    pullNumbers: fc.array(fc.nat(), { maxLength: 20 }),
  })
  .map(({ index, subject, words, facts, pullNumbers }) => {
    const { kind } = notices[index] ?? { kind: 'started' };
    const common = { subject, facts, pullNumbers };
    switch (kind) {
      case 'started':
        return { kind, ...common };
      case 'failed':
      case 'rolled-back':
        return { kind, ...common, cause: words };
      default:
        return { kind, ...common, sentence: words };
    }
  });

describe('a message for Slack', () => {
  it.each(notices.map((notice) => [notice.kind, notice] as const))(
    'of the kind %s is one that Slack takes',
    (_kind, notice) => {
      const message = slackMessage(notice, whereItRuns);
      expect(judgeMessage(JSON.stringify(message)).kind).toBe('taken');
    },
  );

  it('says what failed and why, and leads to the run, the commit and the pull requests', () => {
    const message = slackMessage(
      {
        kind: 'failed',
        subject: 'deploy of web in production',
        cause: 'web failed to roll out web:8: the container app ended with exit code 3',
        facts: [{ name: 'image', value: 'sha256:abc' }],
        pullNumbers: [12],
      },
      whereItRuns,
    );
    expect(message.text).toContain('Deploy of web in production');
    expect(message.text).toContain('exit code 3');
    for (const text of [message.text, JSON.stringify(message.blocks)]) {
      expect(text).toContain('<https://github.com/acme/shop/actions/runs/77|run>');
      expect(text).toContain('<https://github.com/acme/shop/pull/12|#12>');
      expect(text).toContain('/commit/0123456789abcdef');
    }
    expect(JSON.stringify(message.blocks)).toContain('sha256:abc');
  });

  it('works outside of GitHub', () => {
    const message = slackMessage({ kind: 'started', subject: 'deploy' }, undefined);
    expect(judgeMessage(JSON.stringify(message)).kind).toBe('taken');
    expect(message.text).not.toContain('<');
  });

  it('mentions nobody and links nowhere but to GitHub, whatever it is given', () => {
    fc.assert(
      fc.property(anyNotice, (notice) => {
        for (const text of textsOf(notice)) {
          const rest = text.replaceAll(
            /<https:\/\/github\.com\/acme\/shop\/[\w/-]+\|(?:run|#\d+|[0-9a-f]{10})>/g,
            '',
          );
          expect(rest).not.toMatch(/[<>]/);
          expect(rest).not.toMatch(/&(?!amp;|lt;|gt;)/);
          // Mattermost's mentions and pictures.
          expect(rest).not.toMatch(/@(?!\u200b)/);
          expect(rest).not.toContain('](');
        }
      }),
    );
  });

  it('is cut to what Slack takes where everything is very long', () => {
    for (const unit of ['x', '&', '<!here>', '😀', 'a\n']) {
      const long = unit.repeat(10_000);
      const message = slackMessage(
        {
          ...{ kind: 'failed', subject: long, cause: long },
          facts: Array.from({ length: 20 }, () => ({ name: long, value: long })),
          pullNumbers: Array.from({ length: 50 }, (_, index) => index),
        },
        { ...whereItRuns, actor: long },
      );
      expect(judgeMessage(JSON.stringify(message)).kind).toBe('taken');
    }
  });

  it('keeps the limits of Slack and of Mattermost, whatever it is given', () => {
    fc.assert(
      fc.property(anyNotice, (notice) => {
        const message = slackMessage(notice, whereItRuns);
        const sent = JSON.stringify(message);
        expect(judgeMessage(sent).kind).toBe('taken');
        expect(JSON.parse(sent)).toEqual(message);
        expect(message.text.length).toBeLessThan(16_000);
      }),
    );
  });
});

describe('text for Slack', () => {
  it('is cut to its limit after it is escaped, and never within an entity or a pair', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 60 }), (text, limit) => {
        const cut = slackText(text, limit);
        expect(cut.length).toBeLessThanOrEqual(limit);
        expect(cut).not.toMatch(/&(?!amp;|lt;|gt;)|[<>]|\p{Cs}/u);
      }),
    );
  });

  it('shows characters that would hide or turn round what is read', () => {
    expect(slackText('a\u202eb\0', 100)).toBe('a\\u202eb\\u0000');
  });

  it('links only to addresses of the web', () => {
    expect(slackLink('javascript:alert(1)', 'run', 50)).toBe('run');
    expect(slackLink('https://ghe.example/a|b@c', 'r>un', 50)).toBe(
      '<https://ghe.example/a%7Cb%40c|r&gt;un>',
    );
  });
});
