import { awsErrorName } from '../aws/calls.js';
import type { DeployPorts } from '../ports.js';

export interface PauseAnswer {
  readonly serviceDeploymentArn: string;
  readonly hookId: string;
  readonly decision: 'continue' | 'rollback';
}

/**
 * Answers a pause; `too-late` where it awaits none any more. ECS names no error of its own for
 * that (API reference, "ContinueServiceDeployment"), so the hook is looked at once more.
 *
 * @throws OperationError where ECS refuses the answer for another reason
 */
export async function answerPause(
  ports: Pick<DeployPorts, 'ecs' | 'log'>,
  answer: PauseAnswer,
): Promise<'sent' | 'too-late'> {
  const { serviceDeploymentArn, hookId, decision } = answer;
  const action = decision === 'rollback' ? 'ROLLBACK' : 'CONTINUE';
  try {
    await ports.ecs.continueServiceDeployment({ serviceDeploymentArn, hookId, action });
  } catch (thrown) {
    if (awsErrorName(thrown) !== 'InvalidParameterException') throw thrown;
    const deployment = await ports.ecs.describeServiceDeployment(serviceDeploymentArn);
    const hook = deployment?.shift?.hooks.find(({ id }) => id === hookId);
    if (deployment?.status === 'IN_PROGRESS' && hook?.status === 'AWAITING_ACTION') throw thrown;
    ports.log.warning(`somebody else answered the pause ${hookId} first`);
    return 'too-late';
  }
  ports.log.info(`answered the pause ${hookId} with ${action}`);
  return 'sent';
}
