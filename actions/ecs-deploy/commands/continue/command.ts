import { apply } from '../../effects.js';
import type { ContinueInputs } from '../../inputs.js';
import type { DeployPorts } from '../../ports.js';
import { reportDryRun, type Report } from '../../report.js';
import { findService, resolveTarget } from '../../target.js';
import { continueCodeDeploy } from '../code-deploy/continue.js';
import { tellPlan } from '../../tell-plan.js';
import { planContinue } from './continue-plan.js';
import { reportContinue } from './continue-report.js';
import { observePaused } from './observe.js';

/**
 * Continues or rolls back a rollout that a PAUSE hook holds up, and follows it from there.
 *
 * @throws UserError where nothing awaits an action
 */
export async function continueRollout(ports: DeployPorts, inputs: ContinueInputs): Promise<Report> {
  const target = await resolveTarget(ports, inputs.target);
  const service = await findService(ports, target);
  if (service.controller === 'CODE_DEPLOY')
    return continueCodeDeploy(ports, inputs, { target, service });
  const paused = await observePaused(ports, inputs, target, service);
  const plan = planContinue(paused, inputs);
  if (inputs.dryRun) return reportDryRun(paused.observed, plan);
  await tellPlan(ports, plan);
  if (paused.hookId === undefined) {
    ports.log.warning('somebody else has answered the pause already; its rollout is followed');
  }
  return reportContinue(paused, plan, await apply(ports, inputs, paused.observed, plan), inputs);
}
