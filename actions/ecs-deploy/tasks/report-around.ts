import {
  code,
  codeBlock,
  details,
  paragraph,
  table,
  text,
  type Block,
} from '../../shared/markdown.js';
import { shortName } from '../model.js';
import type { Diagnosis } from '../rollout/diagnosis.js';
import type { AroundResult, Setback } from './carry-out.js';
import type { OneOffResult } from './one-off.js';

/** What a setback means for the service, in one sentence. */
export function describeSetback(
  setback: Setback,
  names: { readonly service: string; readonly revision: string; readonly running: string },
): string {
  const { service, revision, running } = names;
  const { rolledBack } = setback;
  if (setback.by === 'pre-deploy') {
    return setback.outcome === 'cancelled'
      ? `cancelled during pre-deploy, whose task was told to stop: ${service} was not touched and runs ${running}`
      : `${setback.cause}; ${service} was not touched and runs ${running}`;
  }
  if (setback.outcome === 'cancelled') {
    return `cancelled after the rollout, during the ${setback.by}: ${service} runs ${revision}, which was not verified to its end and is not recorded as released`;
  }
  if (rolledBack === undefined) {
    return `${setback.cause}; there is no earlier release to go back to, so ${service} keeps running ${revision}`;
  }
  const to = shortName(rolledBack.to);
  switch (rolledBack.kind) {
    case 'done':
      return `${setback.cause}; ${service} was rolled back to ${to}`;
    case 'superseded':
      return `${setback.cause}; but ${service} was brought to ${rolledBack.by} meanwhile, by somebody else, so it was not rolled back to ${to}`;
    case 'failed':
      return `${setback.cause}; ${service} could not be rolled back to ${to}: ${rolledBack.reason}`;
  }
}

/** The code of the step's failure; the outcome's own where a rollback succeeded. */
export function setbackCode(setback: Setback): string {
  return setback.outcome === 'failed' ? `deploy-${setback.by}-failed` : `deploy-${setback.outcome}`;
}

/** Why it failed: the setback's cause, where there is one. */
export function diagnosisOf(
  around: AroundResult,
  rollout: Diagnosis | undefined,
): Diagnosis | undefined {
  return around.setback === undefined ? rollout : around.setback.diagnosis;
}

/** The names of the tasks that got the image. */
export function broughtAlong(around: AroundResult): readonly string[] {
  return around.updates.flatMap((update) => (update.kind === 'updated' ? [update.name] : []));
}

/** The names of the tasks that keep their old revision. */
export function failedUpdates(around: AroundResult): readonly string[] {
  return around.updates.flatMap((update) => (update.kind === 'failed' ? [update.name] : []));
}

/** Outputs of the steps around a rollout. */
export function aroundOutputs(around: AroundResult): {
  readonly 'task-arn': string;
  readonly tasks: string;
} {
  return {
    'task-arn': around.oneOffs.at(-1)?.result.taskArn ?? '',
    tasks: around.updates.length === 0 ? '' : JSON.stringify(around.updates),
  };
}

export function aroundBlocks(around: AroundResult): readonly Block[] {
  const { oneOffs, smoke, updates } = around;
  const blocks = oneOffs.flatMap(({ when, result }) => oneOffBlocks(when, result));
  if (smoke !== undefined) {
    const problem = smoke.problem === undefined ? '' : `: ${smoke.problem}`;
    blocks.push(
      paragraph(
        `Smoke check ${smoke.outcome} at attempt ${smoke.attempts}: `,
        code(`${smoke.url}${problem}`),
      ),
    );
  }
  if (updates.length > 0) {
    blocks.push(
      table(
        ['task', 'now'],
        updates.map((update) => [
          code(update.name),
          update.kind === 'updated'
            ? code(shortName(update.taskDefinitionArn))
            : [text('❌ keeps its revision: '), code(update.reason)],
        ]),
      ),
    );
  }
  return blocks;
}

/** One task: how it ended, and its last lines. */
export function oneOffBlocks(title: string, result: OneOffResult): readonly Block[] {
  const exit = result.exitCode === undefined ? '' : `, exit code ${result.exitCode}`;
  const took = `${Math.round(result.durationSeconds)} s`;
  const id = result.taskArn === undefined ? 'not started' : shortName(result.taskArn);
  const { lastLines } = result;
  return [
    paragraph(`${title}: ${result.outcome}${exit} after ${took}, task `, code(id)),
    ...(lastLines.length === 0
      ? []
      : details(
          'Last log lines',
          [codeBlock('text', lastLines.join('\n'))],
          result.outcome !== 'succeeded',
        )),
  ];
}
