import { formatDiagnosis, type Diagnosis } from './diagnosis.js';
import type { FailedTask } from './failed-tasks.js';
import { narrateTasks, stopwatch } from './narrate-tasks.js';
import type { ServiceEvent } from '../model.js';
import type { GaveUp, StopAnswer } from './give-up.js';
import type { DeployPorts } from '../ports.js';
import { describeProgress } from './progress.js';
import { describePause } from './hooks.js';
import type { Judgement, Sight } from './judge.js';

/** A rollout that changes nothing for this long is still told about. */
const heartbeatMs = 60_000;

/** Tells a rollout in the job's log while it goes on, each thing once. */
export interface Narrator {
  progress(sight: Sight, judgement: Judgement): void;
  failedTasks(tasks: readonly FailedTask[]): void;
  events(events: readonly ServiceEvent[]): void;
  /** ECS gave up on the rollout and goes back. */
  tripped(diagnosis: Diagnosis): void;
  /** We asked ECS to go back. */
  gaveUp(reason: GaveUp, answer: StopAnswer): void;
}

export function createNarrator(ports: Pick<DeployPorts, 'log' | 'clock'>): Narrator {
  const { log, clock } = ports;
  const stamp = stopwatch(clock);
  const eventsTold = new Set<string>();
  let lineTold = '';
  let toldAtMs = clock.now();
  let pauseTold = '';

  return {
    progress(sight, judgement) {
      if (judgement.kind === 'going' && judgement.phase === 'paused') {
        const { hook } = judgement;
        // An annotation: whoever is to answer looks at the run, not into its log.
        if (hook.id !== pauseTold) log.notice(`the rollout is paused${describePause(hook)}`);
        pauseTold = hook.id;
      }
      const line = describeProgress(sight, judgement);
      if (line === lineTold && clock.now() - toldAtMs < heartbeatMs) return;
      log.info(`${stamp()} ${line}`);
      lineTold = line;
      toldAtMs = clock.now();
    },

    failedTasks: narrateTasks(log, stamp),

    events(events) {
      for (const event of events.filter(({ id }) => !eventsTold.has(id)).reverse()) {
        eventsTold.add(event.id);
        log.debug(`${stamp()} ${event.message}`);
      }
    },

    tripped(diagnosis) {
      log.error(`${stamp()} the rollout failed, ECS rolls back: ${formatDiagnosis(diagnosis)}`);
    },

    gaveUp(reason, answer) {
      const why = {
        'timed-out': 'the time limit is over',
        cancelled: 'the job was cancelled',
        lost: 'the rollout cannot be looked at any more',
        repeats: 'this failure can only repeat',
      }[reason.why];
      const cause = reason.why === 'repeats' ? `: ${formatDiagnosis(reason.diagnosis)}` : '';
      const then = {
        stopping: 'ECS was asked to roll back',
        'too-late': 'ECS has ended it already',
        refused: `ECS could not be asked to roll back${answer.kind === 'refused' ? ` (${answer.reason})` : ''}`,
      }[answer.kind];
      log.error(`${stamp()} ${why}, ${then}${cause}`);
    },
  };
}
