import { apply } from './effects.js';
import { observe, type Origin } from './observe.js';
import type { DeployInputs, Inputs } from './inputs.js';
import { plan } from './plan.js';
import type { DeployPorts } from './ports.js';
import { describeStep, reportDeploy, reportDryRun, type Report } from './report.js';
import { runTask } from './commands/run-task/run-task.js';
import { scale } from './commands/scale/scale.js';
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
    case 'run-task':
      return runTask(ports, inputs, origin);
    case 'scale':
      return scale(ports, inputs, origin);
    case 'status':
      return reportStatus(await readStatus(ports, inputs));
  }
}

async function deploy(ports: DeployPorts, inputs: DeployInputs, origin: Origin): Promise<Report> {
  const observed = await observe(ports, inputs, origin);
  const steps = plan(observed, inputs);
  if (inputs.dryRun) return reportDryRun(observed, steps);
  await ports.log.group('Plan', () => {
    for (const step of steps.steps) ports.log.info(describeStep(step));
    if (steps.steps.length === 0) ports.log.info('nothing to do');
    return Promise.resolve();
  });
  return reportDeploy(observed, steps, await apply(ports, inputs, observed, steps));
}
