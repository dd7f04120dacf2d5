import { brokenOff } from '../shared/notify/cause.js';
import type { Fact, Notice } from '../shared/notify/notice.js';
import type { Command, Inputs } from './inputs.js';
import { nameOf } from './inputs/target.js';
import { shortName } from './model.js';
import type { Report } from './report.js';

/** What each command is called where a chat is told of it. */
const words: Readonly<Record<Command, string>> = {
  deploy: 'deploy of',
  rollback: 'rollback of',
  restart: 'restart of',
  scale: 'scaling of',
  continue: 'rollout of',
  'run-task': 'task of',
  status: 'status of',
  verify: 'check of',
};

/** Whether a chat is told of these inputs at all: whoever only looks is told by the run. */
export function isNotified(inputs: Inputs): boolean {
  return inputs.command !== 'status' && inputs.command !== 'verify' && !inputs.dryRun;
}

/** Something is about to be rolled out. Pure, as the others here. */
export function beginning(inputs: Inputs): Notice {
  return { kind: 'started', subject: subjectOf(inputs) };
}

/** What a command came to; `undefined` where there is nothing to tell. */
export function ending(
  inputs: Inputs,
  report: Report,
  { begun }: { readonly begun: boolean },
): Notice | undefined {
  const { outputs, message, failure } = report;
  const outcome = outputs['outcome'] ?? '';
  const about = { subject: subjectOf(inputs), facts: factsOf(inputs, report) };
  if (failure === undefined) {
    if (outcome === 'paused') return { kind: 'paused', sentence: message, ...about };
    // A rollout that nobody follows has been told of; a new count is there at once.
    if (outcome === 'started' && inputs.command !== 'scale') return undefined;
    if (outcome === 'no-op' && !begun) return undefined;
    return { kind: 'done', sentence: message, ...about };
  }
  switch (outcome) {
    case 'superseded':
    case 'cancelled':
      return { kind: outcome, sentence: message, ...about };
    case 'rolled-back':
      return { kind: outcome, cause: message, ...about };
    default:
      return { kind: 'failed', cause: message, ...about };
  }
}

/** It broke off, or never began. */
export function breaking(
  inputs: Inputs,
  thrown: unknown,
  end: { readonly cancelled: boolean },
): Notice {
  return brokenOff(subjectOf(inputs), thrown, end);
}

function subjectOf(inputs: Inputs): string {
  const targets = 'targets' in inputs ? inputs.targets : [inputs.target];
  const { target } = inputs;
  const place = target.kind === 'contract' ? target.key.environment : `cluster ${target.cluster}`;
  return `${words[inputs.command]} ${targets.map(nameOf).join(', ')} in ${place}`;
}

/** In the order in which they are asked for at night. */
function factsOf(inputs: Inputs, { outputs }: Report): readonly Fact[] {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['image', outputs['image-digest']],
    ['revision', shortName(outputs['task-definition-arn'] ?? '')],
    ['before', shortName(outputs['previous-task-definition-arn'] ?? '')],
    ['count', countOf(outputs)],
    ['why', inputs.command === 'scale' ? inputs.change.reason : undefined],
    ['expires', outputs['expires-at']],
  ];
  return facts.flatMap(([name, value = '']) => (value === '' ? [] : [{ name, value }]));
}

function countOf(outputs: Report['outputs']): string {
  const { 'previous-desired-count': from = '', 'desired-count': to = '' } = outputs;
  return to === '' ? '' : `${from} → ${to}`;
}
