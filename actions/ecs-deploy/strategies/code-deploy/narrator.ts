import type { DeployPorts } from '../../ports.js';
import { formatDiagnosis, type Diagnosis } from '../../rollout/diagnosis.js';
import type { FailedTask } from '../../rollout/failed-tasks.js';
import { narrateTasks, stopwatch } from '../../rollout/narrate-tasks.js';
import { hooksOfText } from './app-spec.js';
import type { CodeDeployJudgement, CodeDeploySight } from './judge.js';
import { isShifted } from './model.js';

/** A deployment that changes nothing for this long is still told about. */
const heartbeatMs = 60_000;

/** Tells a deployment in the job's log while it goes on, each thing once. */
export interface CodeDeployNarrator {
  tell(sight: CodeDeploySight, judgement: CodeDeployJudgement): void;
  failedTasks(tasks: readonly FailedTask[]): void;
  /** CodeDeploy gave up and goes back. */
  gaveUp(diagnosis: Diagnosis): void;
}

export function createCodeDeployNarrator(
  ports: Pick<DeployPorts, 'log' | 'clock'>,
): CodeDeployNarrator {
  const { log, clock } = ports;
  const stamp = stopwatch(clock);
  const told = new Set<string>();
  let progressTold = '';
  let toldAtMs = clock.now();

  const once = (line: string, how: 'info' | 'warning' | 'error' = 'info'): void => {
    if (told.has(line)) return;
    told.add(line);
    log[how](`${stamp()} ${line}`);
    toldAtMs = clock.now();
  };

  return {
    tell(sight, judgement) {
      const { deployment, rollback } = sight;
      const hooks = hooksOfText(deployment.appSpec);
      for (const event of sight.target?.events ?? []) {
        if (event.status === 'Pending' || event.status === 'Skipped') continue;
        const lambda = hooks[event.name];
        const name = lambda === undefined ? event.name : `${event.name} (Lambda ${lambda})`;
        const said = event.message === undefined ? '' : `: ${event.message}`;
        once(`${name} ${statusNames[event.status] ?? event.status}${said}`);
      }
      if (judgement.kind === 'going' && judgement.phase === 'ready') {
        once(
          `${deployment.id} waits for its rerouting to be started: command "continue" does that`,
          'warning',
        );
      }
      if (rollback !== undefined) {
        once(`${rollback.id} rolls back: ${statusNames[rollback.status] ?? rollback.status}`);
      }
      if (isShifted(deployment, sight.target) && deployment.status === 'InProgress') {
        once(
          `all traffic is at the new tasks; the old ones stay for ${deployment.terminationWaitMinutes} min`,
        );
      }
      const progress = describeTaskSets(sight);
      const silent = clock.now() - toldAtMs >= heartbeatMs;
      if (progress === '' || (progress === progressTold && !silent)) return;
      log.info(`${stamp()} ${progress}`);
      progressTold = progress;
      toldAtMs = clock.now();
    },

    failedTasks: narrateTasks(log, stamp),

    gaveUp(diagnosis) {
      once(`the deployment failed: ${formatDiagnosis(diagnosis)}`, 'error');
    },
  };
}

const statusNames: Readonly<Record<string, string>> = {
  Created: 'is created',
  InProgress: 'in progress',
  Succeeded: 'succeeded',
  Failed: 'failed',
};

/** Tasks of the new set, and the share of the production traffic that they get. */
function describeTaskSets({ target }: CodeDeploySight): string {
  const green = target?.taskSets.find(({ replacement }) => replacement);
  if (green === undefined) return '';
  const pending = green.pendingCount === 0 ? '' : `, ${green.pendingCount} starting`;
  return `new tasks: ${green.runningCount} of ${green.desiredCount} running${pending}, with ${green.trafficWeight} % of the traffic`;
}
