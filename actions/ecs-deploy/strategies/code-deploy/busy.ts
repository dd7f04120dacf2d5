import { UserError, type Problem } from '../../../shared/errors.js';
import type { DeploymentGroup } from './model.js';
import type { InFlight } from './observe.js';

/** The group has another deployment; `next` says what to do about it. */
export function busy(
  { name }: DeploymentGroup,
  { deployment, shifted }: InFlight,
  next: Pick<Problem, 'at' | 'hint'>,
): UserError {
  const state = shifted ? 'waits to end its old tasks' : `is ${deployment.status}`;
  return new UserError({
    code: 'deployment-in-flight',
    message: `deployment group "${name}" is busy: ${deployment.id} ${state}`,
    ...next,
  });
}
