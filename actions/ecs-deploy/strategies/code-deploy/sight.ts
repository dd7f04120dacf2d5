import { OperationError } from '../../../shared/errors.js';
import type { CodeDeploySight } from './judge.js';
import { hasEnded } from './model.js';
import type { CodeDeploy } from './ports.js';

export interface SightRequest {
  readonly deploymentId: string;
  readonly application: string;
  readonly group: string;
}

/** Looks at our deployment, its rollback, and what came after. */
export function openCodeDeploySight(
  codeDeploy: CodeDeploy,
  request: SightRequest,
): () => Promise<CodeDeploySight> {
  let looksSinceEnd = 0;
  return async () => {
    const { deploymentId } = request;
    const [deployment, target] = await Promise.all([
      codeDeploy.describe(deploymentId),
      codeDeploy.describeTarget(deploymentId),
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
        ? await codeDeploy.list(request.application, request.group, { createdAfterMs: createdAtMs })
        : [];
    const newer = others.find((id) => id !== deploymentId && id !== rollbackId);
    return { deployment, target, rollback, newer, looksSinceEnd };
  };
}
