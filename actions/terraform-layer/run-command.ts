import { runState } from './commands/state.js';
import { checkCode } from './commands/check.js';
import { unlock } from './commands/unlock.js';
import { observe, perform } from './effects.js';
import { reportDrift } from './drift/report-drift.js';
import type { Inputs } from './inputs.js';
import { planRun, type RunPlan } from './plan.js';
import {
  announce,
  publish,
  publishDryRun,
  publishGraph,
  type PublishPorts,
} from './report/publish.js';

/**
 * Does what the inputs ask for, and tells the world.
 *
 * @throws UserError, OperationError
 */
export async function runCommand(inputs: Inputs, ports: PublishPorts): Promise<void> {
  if (inputs.command === 'check') return checkCode(inputs, ports);
  const plan = planRun(inputs, await observe(inputs, ports));
  announce(plan, ports);
  switch (inputs.command) {
    case 'graph':
      return publishGraph(plan, inputs, ports);
    case 'state':
      return runState(plan, inputs, ports);
    case 'unlock':
      return unlock(plan, inputs, ports);
    case 'plan':
    case 'apply':
    case 'drift':
    case 'destroy':
      if (inputs.dryRun) return publishDryRun(plan, ports);
      return performAndTell(plan, inputs, ports);
  }
}

async function performAndTell(plan: RunPlan, inputs: Inputs, ports: PublishPorts): Promise<void> {
  const outcomes = await perform(plan, inputs, ports);
  try {
    await publish(plan, outcomes, inputs, ports);
  } finally {
    // A stack that failed is no reason to keep silent of the others.
    if (plan.command === 'drift') await reportDrift(plan, outcomes, inputs, ports);
  }
}
