import { restart } from './commands/restart.js';
import { rollback } from './commands/rollback.js';
import { tellPlan } from './tell-plan.js';
import { apply } from './effects.js';
import { observe, type Origin } from './observe.js';
import type { DeployInputs, Inputs } from './inputs.js';
import { plan } from './plan.js';
import type { DeployPorts } from './ports.js';
import { reportDeploy, reportDryRun, type Report } from './report.js';
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
    case 'status':
      return reportStatus(await readStatus(ports, inputs));
  }
}

async function deploy(ports: DeployPorts, inputs: DeployInputs, origin: Origin): Promise<Report> {
  const observed = await observe(ports, inputs, origin);
  const steps = plan(observed, inputs);
  if (inputs.dryRun) return reportDryRun(observed, steps);
  await tellPlan(ports, steps);
  return reportDeploy(observed, steps, await apply(ports, inputs, observed, steps));
}
