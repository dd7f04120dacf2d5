import { causeOf } from '../shared/notify/cause.js';
import type { Fact, Notice } from '../shared/notify/notice.js';
import type { Command, Inputs } from './inputs.js';
import { nameOf } from './inputs/target.js';
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
    const isNoNews = outcome === 'started' ? inputs.command !== 'scale' : outcome === 'no-op';
    return isNoNews && !(outcome === 'no-op' && begun)
      ? undefined
      : { kind: 'done', sentence: message, ...about };
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
  { cancelled }: { readonly cancelled: boolean },
): Notice {
  const subject = subjectOf(inputs);
  const cause = causeOf(thrown);
  return cancelled
    ? { kind: 'cancelled', subject, sentence: cause }
    : { kind: 'failed', subject, cause };
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
    ['revision', shortArn(outputs['task-definition-arn'])],
    ['before', shortArn(outputs['previous-task-definition-arn'])],
    ['count', countOf(outputs)],
    ['why', inputs.command === 'scale' ? inputs.change.reason : undefined],
    ['expires', outputs['expires-at']],
  ];
  return facts.flatMap(([name, value = '']) => (value === '' ? [] : [{ name, value }]));
}

function shortArn(arn: string | undefined): string | undefined {
  return arn?.slice(arn.lastIndexOf('/') + 1);
}

function countOf(outputs: Report['outputs']): string {
  const { 'previous-desired-count': from = '', 'desired-count': to = '' } = outputs;
  return to === '' ? '' : `${from} → ${to}`;
}
