import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderMermaidSVG } from 'beautiful-mermaid';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { escapeHtml } from '../../actions/shared/markdown.js';
import { drawGantt } from './gantt.js';

/** One thing that GitHub would have shown: a comment, a job summary. */
export interface Exhibit {
  /** Kebab-case, names the file. */
  readonly name: string;
  readonly title: string;
  readonly markdown: string;
}

/** Files what GitHub would have shown: one markdown file each, and a page that renders them all. */
export async function writeGallery(
  directory: string,
  exhibits: readonly Exhibit[],
): Promise<{ readonly page: string }> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await Promise.all(
    exhibits.map((exhibit, index) =>
      writeFile(join(directory, `${fileStem(index, exhibit)}.md`), exhibit.markdown),
    ),
  );
  const page = join(directory, 'index.html');
  await writeFile(page, renderPage(exhibits));
  return { page };
}

function renderPage(exhibits: readonly Exhibit[]): string {
  const links = exhibits.map(
    (exhibit, index) =>
      `<li><a href="#${fileStem(index, exhibit)}">${escapeHtml(exhibit.title)}</a></li>`,
  );
  const sections = exhibits.map(
    (exhibit, index) =>
      `<section id="${fileStem(index, exhibit)}"><h1>${escapeHtml(exhibit.title)}</h1>` +
      `<article>${renderExhibit(exhibit.markdown)}</article></section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What GitHub would have shown</title>
<style>${style}</style>
</head>
<body>
<nav><ol>${links.join('')}</ol></nav>
<main>${sections.join('\n')}</main>
</body>
</html>
`;
}

/**
 * Renders as GitHub does: `<details>` passes through, which is safe here because the reports
 * escape all that they did not write themselves.
 */
function renderExhibit(markdown: string): string {
  const html = micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  return html.replaceAll(
    /<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g,
    (block, source: string) => drawMermaid(unescapeHtml(source)) ?? block,
  );
}

/** `undefined` for kinds of diagram that cannot be drawn here; they stay as text. */
function drawMermaid(source: string): string | undefined {
  try {
    const svg = drawGantt(source) ?? renderMermaidSVG(source);
    // The page must ask nothing of the network.
    return `<div class="diagram">${svg.replaceAll(/@import url\([^)]*\);/g, '')}</div>`;
  } catch {
    return undefined;
  }
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

function fileStem(index: number, exhibit: Exhibit): string {
  return `${String(index + 1).padStart(2, '0')}-${exhibit.name}`;
}

const style = `
body { margin: 0; font: 14px/1.5 system-ui, sans-serif; color: #1f2328; background: #f6f8fa; }
nav { padding: 1rem 2rem; border-bottom: 1px solid #d1d9e0; background: #fff; }
main { max-width: 64rem; margin: 0 auto; padding: 1rem; }
section > h1 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
article { background: #fff; border: 1px solid #d1d9e0; border-radius: 6px; padding: 1rem 1.5rem; overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #d1d9e0; padding: .35rem .75rem; text-align: left; }
code, pre { font: 12px/1.45 ui-monospace, monospace; background: #f6f8fa; border-radius: 4px; }
code { padding: .15rem .35rem; }
pre { padding: .75rem; overflow-x: auto; }
pre code { padding: 0; }
summary { cursor: pointer; padding: .25rem 0; }
.diagram svg { max-width: 100%; height: auto; }
`;
