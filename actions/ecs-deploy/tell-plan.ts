import type { Plan } from './plan.js';
import type { DeployPorts } from './ports.js';
import { describeStep } from './report/steps.js';

/** Prints the steps that are about to be carried out, and says that they begin. */
export function tellPlan(
  { log, begun }: Pick<DeployPorts, 'log' | 'begun'>,
  { steps, upToDate }: Plan,
): Promise<void> {
  if (steps.length > 0 && !upToDate) begun();
  return log.group('Plan', () => {
    for (const step of steps) log.info(describeStep(step));
    if (steps.length === 0) log.info('nothing to do');
    return Promise.resolve();
  });
}
