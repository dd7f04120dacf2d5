import { counted } from '../../actions/shared/counted.js';
import { formatLocation } from '../../actions/shared/errors.js';
import { visible } from '../../actions/shared/markdown.js';
import { styled, wrapped, type Style, type Terminal } from '../terminal.js';
import type { Finding, FindingArea, FindingStatus } from './finding.js';

const areas: readonly (readonly [FindingArea, string])[] = [
  ['configuration', 'Stacks and infra.yml'],
  ['workflows', 'Workflows'],
  ['github', 'Settings on GitHub'],
];
const labels: Readonly<Record<FindingStatus, readonly [label: string, style: Style]>> = {
  problem: ['problem', 'red'],
  warning: ['warning', 'yellow'],
  'not-checked': ['not checked', 'dim'],
  ok: ['ok', 'green'],
};
const order = Object.keys(labels);
const labelColumns = 13;

/** A table for people, worst first in each part; every name in it is theirs, and shown as data. */
export function findingsAsText(
  findings: readonly Finding[],
  terminal: Pick<Terminal, 'columns' | 'colours'>,
): string {
  const lines: string[] = [];
  for (const [area, title] of areas) {
    const rows = findings
      .filter((finding) => finding.area === area)
      .sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
    if (rows.length === 0) continue;
    lines.push(styled(terminal, 'bold', title));
    for (const row of rows) lines.push(...rowLines(row, terminal));
    lines.push('');
  }
  lines.push(summaryOf(findings));
  return `${lines.join('\n')}\n`;
}

function rowLines(
  { status, message, at, hint }: Finding,
  terminal: Pick<Terminal, 'columns' | 'colours'>,
): readonly string[] {
  const [label, style] = labels[status];
  const columns = terminal.columns - labelColumns - 2;
  const where = at === undefined ? '' : `${formatLocation(at)}: `;
  const [first = '', ...others] = wrapped(visible(`${where}${message}`), columns);
  const arrow = hint === undefined ? [] : wrapped(`→ ${visible(hint)}`, columns);
  const indent = ' '.repeat(labelColumns + 2);
  return [
    `  ${styled(terminal, style, label.padEnd(labelColumns))}${first}`,
    ...others.map((line) => `${indent}${line}`),
    ...arrow.map((line) => `${indent}${styled(terminal, 'dim', line)}`),
  ];
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (status: FindingStatus): number => countOf(findings, status);
  const parts = [
    counted(count('problem'), 'problem'),
    counted(count('warning'), 'warning'),
    ...(count('not-checked') > 0 ? [`${count('not-checked')} not checked`] : []),
    `${count('ok')} ok`,
  ];
  return parts.join(', ');
}

export function countOf(findings: readonly Finding[], status: FindingStatus): number {
  return findings.filter((finding) => finding.status === status).length;
}

/** The same for programs: one JSON document. */
export function findingsAsJson(findings: readonly Finding[]): string {
  const counts = {
    problems: countOf(findings, 'problem'),
    warnings: countOf(findings, 'warning'),
    notChecked: countOf(findings, 'not-checked'),
    ok: countOf(findings, 'ok'),
  };
  return `${JSON.stringify({ counts, findings }, null, 2)}\n`;
}
