import type { DeploymentTarget, ECSTarget, TargetStatus } from '@aws-sdk/client-codedeploy';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { type Input, type Output, parse, seconds, type Wire } from '../ecs/wire.js';
import type { Context } from './context.js';
import type { DeploymentRecord, TaskSetSnapshot } from './model.js';

/** `cluster:service`, as the User Guide's tutorial shows it. */
function targetId(deployment: DeploymentRecord): string {
  const { cluster, service } = deployment.group.settings;
  return `${cluster}:${service}`;
}

/** Both task sets with their shares of the production traffic. */
export function taskSetsOf(
  context: Context,
  deployment: DeploymentRecord,
): readonly TaskSetSnapshot[] {
  if (deployment.finalTaskSets) return deployment.finalTaskSets;
  const { cluster, service } = deployment.group.settings;
  return context.taskSets.list(cluster, service).flatMap((set): readonly TaskSetSnapshot[] => {
    const green = set.id === deployment.greenId;
    if (!green && set.id !== deployment.blueId) return [];
    return [
      {
        id: set.id,
        label: green ? 'Green' : 'Blue',
        status: set.status,
        targetGroupName: set.targetGroupName,
        desiredCount: set.desiredCount,
        pendingCount: set.pendingCount,
        runningCount: set.runningCount,
        trafficWeight: green ? deployment.greenWeight : 100 - deployment.greenWeight,
      },
    ];
  });
}

export function listTargets(deployment: DeploymentRecord): Output {
  return { targetIds: [targetId(deployment)] };
}

const oneSchema = z.looseObject({ targetId: z.string() });

export function getTarget(context: Context, deployment: DeploymentRecord, input: Input): Output {
  return { deploymentTarget: find(context, deployment, parse(oneSchema, input).targetId) };
}

const severalSchema = z.looseObject({ targetIds: z.array(z.string()).min(1).max(25) });

export function batchGetTargets(
  context: Context,
  deployment: DeploymentRecord,
  input: Input,
): Output {
  const { targetIds } = parse(severalSchema, input);
  return { deploymentTargets: targetIds.map((id) => find(context, deployment, id)) };
}

function find(context: Context, deployment: DeploymentRecord, id: string): Wire<DeploymentTarget> {
  if (id === targetId(deployment)) return describe(context, deployment);
  throw new AwsError('DeploymentTargetDoesNotExistException', `No target ${id}`);
}

function describe(context: Context, deployment: DeploymentRecord): Wire<DeploymentTarget> {
  const { cluster, service } = deployment.group.settings;
  const ecsTarget: Wire<ECSTarget> = {
    deploymentId: deployment.id,
    targetId: targetId(deployment),
    targetArn: context.taskSets.service(cluster, service)?.arn,
    lastUpdatedAt: seconds(deployment.updatedAtMs),
    lifecycleEvents: deployment.events.map((event) => ({
      lifecycleEventName: event.name,
      status: event.status,
      startTime: seconds(event.startMs),
      endTime: seconds(event.endMs),
      diagnostics: event.diagnostics && {
        errorCode: event.diagnostics.errorCode,
        scriptName: '',
        message: event.diagnostics.message,
        logTail: '',
      },
    })),
    status: statusOf(deployment),
    taskSetsInfo: taskSetsOf(context, deployment).map((set) => ({
      identifer: set.id,
      desiredCount: set.desiredCount,
      pendingCount: set.pendingCount,
      runningCount: set.runningCount,
      status: set.status,
      trafficWeight: set.trafficWeight,
      targetGroup: { name: set.targetGroupName },
      taskSetLabel: set.label,
    })),
  };
  return { deploymentTargetType: 'ECSTarget', ecsTarget };
}

function statusOf(deployment: DeploymentRecord): TargetStatus {
  switch (deployment.status) {
    case 'Created':
    case 'Queued':
      return 'Pending';
    case 'Stopped':
    case 'Failed':
      return 'Failed';
    case 'Succeeded':
    case 'Ready':
      return deployment.status;
    default:
      return deployment.events.every(({ status }) => status === 'Succeeded')
        ? 'Succeeded'
        : 'InProgress';
  }
}
