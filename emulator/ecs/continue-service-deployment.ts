import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import type { Context } from './context.js';
import { CONTINUE_ROLLBACK_REASON } from './rollout/rollback.js';
import { requestRollback } from './rollout/scheduler.js';
import { goOn } from './rollout/traffic-shift.js';
import { findServiceDeployment } from './service-deployments.js';
import { type Input, type Output, parse } from './wire.js';

const continueServiceDeploymentSchema = z.looseObject({
  serviceDeploymentArn: z.string(),
  hookId: z.string(),
  action: z.enum(['CONTINUE', 'ROLLBACK']).optional(),
});

/**
 * ContinueServiceDeployment. "The pause hook must be in AWAITING_ACTION status", and "the
 * deployment must be in the IN_PROGRESS state" (Developer Guide, "Continuing service
 * deployments"); of the errors that the API reference lists, InvalidParameterException is the
 * only one that fits when they are not. What status a hook has after ROLLBACK is an assumption.
 */
export function continueServiceDeployment(context: Context, input: Input): Output {
  const request = parse(continueServiceDeploymentSchema, input);
  const { serviceDeploymentArn, hookId, action = 'CONTINUE' } = request;
  const record = findServiceDeployment(context, serviceDeploymentArn);
  if (!record) {
    throw new AwsError('ServiceDeploymentNotFoundException', 'Service deployment not found.');
  }
  const hook = record.shift?.hooks.find(({ id }) => id === hookId);
  const [primary] = record.service.deployments;
  if (record.status !== 'IN_PROGRESS' || primary?.serviceDeployment !== record) {
    throw invalid(`The service deployment is in the state ${record.status}, not IN_PROGRESS.`);
  }
  if (hook?.status !== 'AWAITING_ACTION') {
    throw invalid(`The hook ${hookId} is not awaiting an action.`);
  }
  if (action === 'CONTINUE') {
    hook.status = 'SUCCEEDED';
    goOn(context, primary);
  } else {
    hook.status = 'FAILED';
    requestRollback(context, primary, CONTINUE_ROLLBACK_REASON);
  }
  return { serviceDeploymentArn };
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
