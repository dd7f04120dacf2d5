import { counted } from '../../shared/counted.js';
import {
  bullets,
  code,
  codeBlock,
  heading,
  paragraph,
  renderMarkdown,
  strong,
  table,
  text,
  type Block,
  type Inline,
  visible,
} from '../../shared/markdown.js';
import type { ShownValue } from '../review/changes.js';
import { fitPage, type Section } from '../report/sections.js';
import { valueText } from '../report/value-text.js';
import { meaningOf } from './meaning.js';
import type { LocatedAttribute, LocatedResource, Offer, StackDrift } from './stack-drift.js';

const maximumRows = 200;
const maximumSentences = 100;
const maximumEdits = 50;

/** One stack's drift for people, within `room` characters. Pure; holds no sensitive value. */
export function driftPage(drift: StackDrift, room: number): string {
  const { stack, resources, offers, findings } = drift;
  // One long part must not push out the others.
  const share = (left: number, part: number): number => Math.min(left, room * part);
  const sections: readonly Section[] = [
    { rank: 0, render: () => renderMarkdown([headline(drift)]) },
    {
      rank: 1,
      render: (left) => {
        const rows = resources.flatMap(rowsOf);
        return fit(share(left, 0.45), Math.min(rows.length, maximumRows), (count) =>
          driftTable(rows, count),
        );
      },
    },
    {
      rank: 2,
      render: (left) => {
        const sentences = resources.flatMap(meaningOf);
        return fit(share(left, 0.3), Math.min(sentences.length, maximumSentences), (count) => [
          heading(4, 'What it means'),
          bullets(sentences.slice(0, count)),
          ...more(sentences.length - count, 'sentences'),
        ]);
      },
    },
    {
      rank: 3,
      render: (left) =>
        offers.length === 0
          ? ''
          : fit(share(left, 0.2), Math.min(offers.length, maximumEdits), (count) =>
              edits(offers, count),
            ),
    },
    {
      rank: 4,
      render: () =>
        renderMarkdown([
          heading(4, 'To set the world back'),
          paragraph(
            'Apply the stack: command ',
            code('apply'),
            ', environment ',
            code(visible(stack.environment)),
            ', layers ',
            code(visible(stack.displayId)),
            '.',
          ),
        ]),
    },
    {
      rank: 5,
      render: (left) =>
        findings.pending.length + findings.pendingOutputs.length === 0
          ? ''
          : fit(left, findings.pending.length, (count) => pending(drift, count)),
    },
  ];
  const { markdown } = fitPage(sections, room, () =>
    renderMarkdown([paragraph('More does not fit here: read the log of the run.')]),
  );
  return markdown.replaceAll(/\n{3,}/g, '\n\n');
}

function headline({ stack, resources }: StackDrift): Block {
  return paragraph(
    strong(text(counted(resources.length, 'resource'))),
    ' of ',
    code(visible(stack.displayId)),
    ' (',
    code(visible(stack.directory)),
    `) ${resources.length === 1 ? 'was' : 'were'} changed outside of Terraform.`,
  );
}

type Row = readonly (readonly Inline[])[];

function rowsOf(resource: LocatedResource): readonly Row[] {
  const name = [code(visible(resource.address))];
  if (resource.kind === 'deleted') {
    return [[name, [text('(whole)')], [text('exists')], [text('deleted')], [text('exists')]]];
  }
  return resource.attributes.map((attribute) => [
    name,
    [code(visible(attribute.path))],
    ...valueCells(attribute),
  ]);
}

/** Last applied, world and code; long lists as what came and went, since they differ in little. */
function valueCells({ state, world, code: wanted, added, removed }: LocatedAttribute): Row {
  const texts = [state, world, wanted].map(valueText);
  if (added === undefined || removed === undefined || texts.every((one) => one.length <= 80)) {
    return texts.map((one) => [code(one)]);
  }
  const items = (value: ShownValue): string => {
    const count = value.kind === 'value' && Array.isArray(value.value) ? value.value.length : 0;
    return counted(count, 'item');
  };
  return [
    [text(items(state))],
    [text(`${items(world)} (${added.length} added, ${removed.length} removed)`)],
    [text(items(wanted))],
  ];
}

function driftTable(rows: readonly Row[], count: number): readonly Block[] {
  return [
    table(['Resource', 'Attribute', 'Last applied', 'World', 'Code'], rows.slice(0, count)),
    ...more(rows.length - count, 'values'),
  ];
}

function edits(offers: readonly Offer[], count: number): readonly Block[] {
  const shownOnes = offers.slice(0, count);
  const shared = shownOnes.filter(({ alsoIn }) => alsoIn.length > 0);
  return [
    heading(4, 'To keep what the world has'),
    codeBlock(
      'diff',
      shownOnes
        .flatMap(({ edit: { file, line, before, after } }) => [
          `# ${visible(file)}:${line}`,
          `-${visible(before)}`,
          `+${visible(after)}`,
        ])
        .join('\n'),
    ),
    ...shared.map(({ edit, alsoIn }) =>
      paragraph(
        '⚠️ ',
        code(visible(edit.file)),
        ' is read by other stacks as well: ',
        code(visible(alsoIn.slice(0, 8).join(', '))),
        alsoIn.length > 8 ? ` and ${alsoIn.length - 8} more.` : '.',
      ),
    ),
    ...more(offers.length - count, 'edits'),
  ];
}

function pending({ findings }: StackDrift, count: number): readonly Block[] {
  const { pendingOutputs } = findings;
  return [
    heading(4, 'Not drift, and not applied yet'),
    paragraph(
      'The plan changes these too. Their code has changed, or they follow from something else.',
    ),
    bullets([
      ...findings.pending
        .slice(0, count)
        .map(({ address, kind, attributes }) => [
          text(`${kind} `),
          code(visible(address)),
          ...(attributes.length === 0
            ? []
            : [text(': '), code(visible(attributes.slice(0, 8).join(', ')))]),
        ]),
      ...(pendingOutputs.length === 0
        ? []
        : [[text('outputs '), code(visible(pendingOutputs.slice(0, 20).join(', ')))]]),
    ]),
    ...more(findings.pending.length - count, 'resources'),
  ];
}

function more(count: number, what: string): readonly Block[] {
  return count <= 0 ? [] : [paragraph(`… and ${count} more ${what}.`)];
}

/** As much of a list as fits: all of it, or less and less. */
function fit(
  room: number,
  count: number,
  render: (count: number) => readonly Block[],
): string | undefined {
  for (let size = count; ; size = Math.floor(size / 2)) {
    const markdown = renderMarkdown(render(size));
    if (markdown.length <= room) return markdown;
    if (size === 0) return undefined;
  }
}
