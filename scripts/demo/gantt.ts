import { escapeHtml } from '../../actions/shared/markdown.js';

interface Bar {
  readonly name: string;
  readonly critical: boolean;
  readonly startMs: number;
  readonly endMs: number;
}

const barLine = /^\s*(.+?)\s*:(?:(\w+),)?\s*\w+,\s*(\d+),\s*(\d+)\s*$/;
const rowHeight = 26;
const nameWidth = 180;
const width = 760;

/**
 * Draws the Mermaid gantt charts that our reports write (`dateFormat x`, a start and an end a
 * bar), which the library for diagrams does not know; undefined for any other text.
 */
export function drawGantt(source: string): string | undefined {
  if (!source.startsWith('gantt')) return undefined;
  const bars = source.split('\n').flatMap((line): Bar[] => {
    const [, name, flag, start, end] = barLine.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name, critical: flag === 'crit', startMs: Number(start), endMs: Number(end) }];
  });
  if (bars.length === 0) return undefined;
  const from = Math.min(...bars.map(({ startMs }) => startMs));
  const to = Math.max(from + 1, ...bars.map(({ endMs }) => endMs));
  const scale = (width - nameWidth - 70) / (to - from);
  const rows = bars.map((bar, index) => {
    const x = nameWidth + (bar.startMs - from) * scale;
    const length = Math.max(2, (bar.endMs - bar.startMs) * scale);
    const y = index * rowHeight + 6;
    const colour = bar.critical ? '#cf222e' : '#1a7f37';
    const seconds = ((bar.endMs - bar.startMs) / 1000).toFixed(0);
    return (
      `<text x="0" y="${y + 11}">${escapeHtml(bar.name)}</text>` +
      `<rect x="${x.toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="14" rx="3" fill="${colour}"/>` +
      `<text x="${(x + length + 6).toFixed(1)}" y="${y + 11}">${seconds} s</text>`
    );
  });
  const height = bars.length * rowHeight + 8;
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-size="12" font-family="system-ui, sans-serif">${rows.join('')}</svg>`;
}
