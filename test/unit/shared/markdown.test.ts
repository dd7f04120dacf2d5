import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import fc from 'fast-check';
import {
  code,
  codeBlock,
  details,
  escapeHtml,
  hidden,
  paragraph,
  renderMarkdown,
  table,
  text,
} from '../../../actions/shared/markdown.js';

function parse(markdown: string) {
  return fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

describe('markdown', () => {
  it('keeps a hostile name inside its cell and its code span', () => {
    const hostile = 'a`|b</details><script>@org/team #12\n## title';
    const tree = parse(renderMarkdown([table(['name'], [[code(hostile)]])]));
    expect(tree.children).toHaveLength(1);
    expect(tree.children[0]).toMatchObject({
      type: 'table',
      children: [
        {},
        {
          children: [{ children: [{ type: 'inlineCode', value: hostile.replace('\n', ' ') }] }],
        },
      ],
    });
  });

  it('keeps plain text plain, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        const trimmed = value.trim();
        fc.pre(trimmed !== '');
        const tree = parse(renderMarkdown([paragraph(text(trimmed))]));
        expect(tree.children.every((child) => child.type === 'paragraph')).toBe(true);
      }),
    );
  });

  it('fences a block that holds fences', () => {
    const value = 'before\n````\n```hcl\nafter';
    const tree = parse(renderMarkdown([codeBlock('diff', value)]));
    expect(tree.children).toMatchObject([{ type: 'code', lang: 'diff', value }]);
  });

  it('cannot be left through the title of a fold or a hidden note', () => {
    expect(renderMarkdown([...details('</summary><img src=x> @team', [])])).not.toMatch(
      /<img|@team/,
    );
    expect(renderMarkdown([hidden('x --> <b>')])).not.toContain('x -->');
  });

  it('escapes all that HTML, mentions and references need', () => {
    expect(escapeHtml(`<a b="c" d='e'> & @x #1`)).toBe(
      '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt; &amp; @&#8203;x #&#8203;1',
    );
  });
});
