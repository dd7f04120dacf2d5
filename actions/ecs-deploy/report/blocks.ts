import { counted } from '../../shared/counted.js';
import {
  code,
  codeBlock,
  details,
  paragraph,
  strong,
  table,
  text,
  type Block,
} from '../../shared/markdown.js';
import type { Applied } from '../effects.js';
import { shortName } from '../model.js';
import type { Observed } from '../plan.js';
import { describeEnd, type FailedTask } from '../rollout/failed-tasks.js';
import type { Followed } from '../rollout/follow.js';
import { rolloutTimeline } from '../rollout/timeline.js';
import { codeDeployTimeline } from '../strategies/code-deploy/report.js';

export function factTable(observed: Observed, applied: Applied): readonly Block[] {
  const rows: (readonly [string, string])[] = [
    ['cluster', observed.target.cluster],
    ['task definition', shortName(applied.taskDefinitionArn)],
    ['before', shortName(observed.running.arn)],
    ['made from', observed.base.origin],
    ...Object.entries(observed.images).map(
      ([container, { image }]) => [`image of ${container}`, image] as const,
    ),
  ];
  if (applied.own !== undefined) rows.push(['deployment', applied.own.id]);
  if (applied.proof !== undefined) rows.push(['running image', proofText(applied.proof)]);
  return [
    table(
      ['', ''],
      rows.map(([name, value]) => [name, code(value)]),
    ),
  ];
}

function proofText(proof: NonNullable<Applied['proof']>): string {
  if (proof.kind === 'same') return 'as asked, by digest';
  return proof.kind === 'different' ? 'not what was asked' : `not compared: ${proof.reason}`;
}

export function diagnosisBlocks(followed: Followed): readonly Block[] {
  const { diagnosis, failedTasks, events } = followed;
  const blocks: Block[] = [];
  if (diagnosis !== undefined) {
    blocks.push(paragraph(strong(text('Cause:')), ' ', code(diagnosis.cause)));
    if (diagnosis.hint !== undefined) blocks.push(paragraph(diagnosis.hint));
  }
  blocks.push(...failedTaskBlocks(failedTasks));
  if (blocks.length > 0 && events.length > 0) {
    const lines = [...events].reverse().slice(-50);
    blocks.push(
      ...details('Service events', [
        codeBlock(
          'text',
          lines.map(({ atMs, message }) => `${new Date(atMs).toISOString()} ${message}`).join('\n'),
        ),
      ]),
    );
  }
  return blocks;
}

/** Tasks that ended alike are told together, with the log of the last that has one. */
export function failedTaskBlocks(failedTasks: readonly FailedTask[]): readonly Block[] {
  const groups = new Map<string, FailedTask[]>();
  for (const task of failedTasks) {
    const end = describeEnd(task);
    groups.set(end, [...(groups.get(end) ?? []), task]);
  }
  return [...groups].slice(0, 10).flatMap(([end, tasks]) => {
    const log = tasks.findLast(({ logLines }) => logLines.length > 0)?.logLines ?? [];
    return [
      paragraph(`${counted(tasks.length, 'task')}: `, code(end)),
      ...(log.length === 0 ? [] : [codeBlock('text', log.join('\n'))]),
    ];
  });
}

export function timelineBlocks({ followed, codeDeploy }: Applied): readonly Block[] {
  if (followed === undefined) return [];
  const chart =
    codeDeploy === undefined ? rolloutTimeline(followed) : codeDeployTimeline(codeDeploy);
  return chart === undefined ? [] : details('Timeline', [codeBlock('mermaid', chart)], true);
}
