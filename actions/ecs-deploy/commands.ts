import { deploy } from './commands/deploy.js';
import { restart } from './commands/restart.js';
import { rollback } from './commands/rollback.js';
import type { Origin } from './observe.js';
import type { Inputs } from './inputs.js';
import type { DeployPorts } from './ports.js';
import type { Report } from './report.js';
import { continueRollout } from './commands/continue/command.js';
import { runTask } from './commands/run-task/run-task.js';
import { scale } from './commands/scale/scale.js';
import { reportVerify, runVerify } from './commands/verify.js';
import { readStatus, reportStatus } from './commands/status.js';

/** Runs the command that the inputs ask for. */
export async function runCommand(
  ports: DeployPorts,
  inputs: Inputs,
  origin: Origin,
): Promise<Report> {
  switch (inputs.command) {
    case 'deploy':
      return deploy(ports, inputs, origin);
    case 'restart':
      return restart(ports, inputs, origin);
    case 'rollback':
      return rollback(ports, inputs, origin);
    case 'continue':
      return continueRollout(ports, inputs);
    case 'run-task':
      return runTask(ports, inputs, origin);
    case 'scale':
      return scale(ports, inputs, origin);
    case 'status':
      return reportStatus(await readStatus(ports, inputs));
    case 'verify':
      return reportVerify(await runVerify(ports, inputs));
  }
}
