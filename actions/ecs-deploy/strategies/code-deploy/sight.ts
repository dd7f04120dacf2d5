import { OperationError } from '../../../shared/errors.js';
import type { DeployPorts } from '../../ports.js';
import type { CodeDeploySight } from './judge.js';
import { hasEnded } from './model.js';
import { listDeployments, openTargets } from './targets.js';

export interface SightRequest {
  readonly deploymentId: string;
  readonly application: string;
  readonly group: string;
}

/** Looks at our deployment, its rollback, and what came after. */
export function openCodeDeploySight(
  ports: Pick<DeployPorts, 'codeDeploy' | 'log'>,
  request: SightRequest,
): () => Promise<CodeDeploySight> {
  const { codeDeploy } = ports;
  const describeTarget = openTargets(ports);
  let looksSinceEnd = 0;
  return async () => {
    const { deploymentId } = request;
    const [deployment, target] = await Promise.all([
      codeDeploy.describe(deploymentId),
      describeTarget(deploymentId),
    ]);
    if (deployment === undefined) {
      throw new OperationError('deployment-gone', `CodeDeploy knows no deployment ${deploymentId}`);
    }
    const { rollbackId, status, createdAtMs, error } = deployment;
    const rollback = rollbackId === undefined ? undefined : await codeDeploy.describe(rollbackId);
    if (hasEnded(deployment) && status !== 'Succeeded' && rollback === undefined)
      looksSinceEnd += 1;
    const others =
      status === 'Stopped' && error?.code !== 'ALARM_ACTIVE'
        ? await listDeployments(ports, request.application, request.group, {
            createdAfterMs: createdAtMs,
          })
        : [];
    const newer = others.find((id) => id !== deploymentId && id !== rollbackId);
    return { deployment, target, rollback, newer, looksSinceEnd, givenUp: false };
  };
}
