import { OperationError } from '../shared/errors.js';
import { unlock } from './commands/unlock.js';
import { observe, perform } from './effects.js';
import type { Inputs } from './inputs.js';
import { planRun } from './plan.js';
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
  const plan = planRun(inputs, await observe(inputs, ports));
  announce(plan, ports);
  switch (inputs.command) {
    case 'graph':
      return publishGraph(plan, ports);
    case 'check':
    case 'state':
      throw new OperationError('command-not-available', `"${inputs.command}" is not built yet`);
    case 'unlock':
      return unlock(plan, inputs, ports);
    case 'plan':
    case 'apply':
    case 'drift':
    case 'destroy':
      if (inputs.dryRun) return publishDryRun(plan, ports);
      return publish(plan, await perform(plan, inputs, ports), inputs, ports);
  }
}
