import type {
  DeploymentGroupInfo,
  DeploymentInfo,
  ECSTarget,
  ECSTaskSet,
  TrafficRoutingConfig,
} from '@aws-sdk/client-codedeploy';
import type {
  CodeDeployment,
  CodeDeployTarget,
  DeploymentGroup,
  TrafficRouting,
} from '../strategies/code-deploy/model.js';

export function toDeploymentGroup(group: DeploymentGroupInfo): DeploymentGroup {
  return {
    application: group.applicationName ?? '',
    name: group.deploymentGroupName ?? '',
    services: (group.ecsServices ?? []).map(({ clusterName = '', serviceName = '' }) => ({
      cluster: clusterName,
      service: serviceName,
    })),
  };
}

export function toCodeDeployment(
  info: DeploymentInfo,
  appSpec: string | undefined,
): CodeDeployment {
  const termination =
    info.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess;
  const ready = info.blueGreenDeploymentConfiguration?.deploymentReadyOption;
  const { errorInformation: error, autoRollbackConfiguration: rollback } = info;
  return {
    id: info.deploymentId ?? '',
    status: info.status ?? '',
    createdAtMs: info.createTime?.getTime() ?? 0,
    completedAtMs: info.completeTime?.getTime(),
    error: error && { code: error.code ?? '', message: error.message ?? '' },
    rollbackId: info.rollbackInfo?.rollbackDeploymentId,
    rollsBackId: info.rollbackInfo?.rollbackTriggeringDeploymentId,
    rollsBackOn: rollback?.enabled === true ? (rollback.events ?? []) : [],
    terminationWaitStarted: info.instanceTerminationWaitTimeStarted ?? false,
    terminationWaitMinutes: termination?.terminationWaitTimeInMinutes ?? 0,
    config: info.deploymentConfigName,
    readyWaitMinutes:
      ready?.actionOnTimeout === 'STOP_DEPLOYMENT' ? (ready.waitTimeInMinutes ?? 0) : 0,
    appSpec,
  };
}

export function toTarget(target: ECSTarget): CodeDeployTarget {
  return {
    events: (target.lifecycleEvents ?? []).map((event) => {
      const { message, logTail } = event.diagnostics ?? {};
      const said = [message, logTail].filter((text) => text !== undefined && text !== '');
      return {
        name: event.lifecycleEventName ?? '',
        status: event.status ?? 'Unknown',
        startMs: event.startTime?.getTime(),
        endMs: event.endTime?.getTime(),
        message: said.length === 0 ? undefined : said.join(' '),
      };
    }),
    taskSets: (target.taskSetsInfo ?? []).map((set, index, all) => ({
      // The API spells it so.
      id: set.identifer ?? '',
      replacement: isReplacement(set, index, all),
      desiredCount: set.desiredCount ?? 0,
      runningCount: set.runningCount ?? 0,
      pendingCount: set.pendingCount ?? 0,
      trafficWeight: set.trafficWeight ?? 0,
    })),
  };
}

/** Without labels, as the User Guide's tutorial shows them, the original set comes first. */
function isReplacement(set: ECSTaskSet, index: number, all: readonly ECSTaskSet[]): boolean {
  const labelled = all.some(({ taskSetLabel }) => taskSetLabel !== undefined);
  return labelled ? set.taskSetLabel === 'Green' : index > 0;
}

export function toRouting(routing: TrafficRoutingConfig | undefined): TrafficRouting {
  const { timeBasedCanary: canary, timeBasedLinear: linear } = routing ?? {};
  switch (routing?.type) {
    case 'TimeBasedCanary':
      return {
        ...{ kind: 'canary', percent: canary?.canaryPercentage ?? 100 },
        intervalMinutes: canary?.canaryInterval ?? 0,
      };
    case 'TimeBasedLinear':
      return {
        ...{ kind: 'linear', percent: linear?.linearPercentage ?? 100 },
        intervalMinutes: linear?.linearInterval ?? 0,
      };
    default:
      return { kind: 'all-at-once' };
  }
}
