import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawGantt } from '../../../scripts/demo/gantt.js';
import { writeGallery } from '../../../scripts/demo/gallery.js';
import { Timeline } from '../../../scripts/demo/timeline.js';

describe('the gallery', () => {
  let directory: string;
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'gallery-')), 'output');
  });
  afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

  it('keeps each exhibit as markdown, and draws graphs on a page that asks nothing of the network', async () => {
    const { page } = await writeGallery(directory, [
      {
        name: 'comment',
        title: 'Pull request #1 <b>',
        markdown: '| a |\n| - |\n| `x` |\n\n```mermaid\nflowchart LR\n  a["dev"] --> b\n```\n',
      },
    ]);
    expect(await readdir(directory)).toEqual(['01-comment.md', 'index.html']);
    const html = await readFile(page, 'utf8');
    expect(html).toContain('<svg');
    expect(html).toContain('<table>');
    expect(html).not.toContain('<b>');
    expect(html).not.toMatch(/@import|<script|<link|src="http/);
  });

  it('leaves a diagram that it cannot draw as text', async () => {
    const { page } = await writeGallery(directory, [
      { name: 'odd', title: 'Odd', markdown: '```mermaid\nnothing that exists\n```\n' },
    ]);
    expect(await readFile(page, 'utf8')).toContain('nothing that exists');
  });
});

describe('a gantt chart', () => {
  it('gets one bar a line, on a common scale, with its length in seconds', () => {
    const svg = drawGantt(
      'gantt\n  dateFormat x\n  section S\n  rollout :crit, b0, 1000, 5000\n  rollback :b1, 5000, 6000\n',
    );
    expect(svg?.match(/<rect/g)).toHaveLength(2);
    expect(svg).toContain('>4 s<');
    expect(svg).toContain('>1 s<');
  });

  it('is nothing else', () => {
    expect(drawGantt('flowchart LR\n a --> b')).toBeUndefined();
    expect(drawGantt('gantt\n  title empty')).toBeUndefined();
  });
});

describe('the timeline', () => {
  it('shows what failed too', async () => {
    let now = 0;
    const timeline = new Timeline({ now: () => now, sleep: () => Promise.resolve() });
    await timeline.record('first', () => {
      now += 2000;
      return Promise.resolve();
    });
    await expect(
      timeline.record('second', () => {
        now += 500;
        return Promise.reject(new Error('broken'));
      }),
    ).rejects.toThrow('broken');
    expect(timeline.render(80).map((line) => line.replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/^first .* 2\.0 s$/),
      expect.stringMatching(/^second .* 0\.5 s$/),
    ]);
  });
});
