import type { DeploymentInfo, RevisionLocation } from '@aws-sdk/client-codedeploy';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { type Input, type Output, parse, seconds, type Wire } from '../ecs/wire.js';
import { readRevision } from './app-spec.js';
import { requireApplication } from './applications.js';
import { requireConfig } from './configs.js';
import { type Context, deploymentId } from './context.js';
import { hasEnded, stop } from './ending.js';
import { alarmsSchema, autoRollbackSchema, requireGroup } from './groups.js';
import { lifecycleEvents, startLifecycle } from './lifecycle.js';
import type { DeploymentRecord, Revision } from './model.js';

const createSchema = z.looseObject({
  applicationName: z.string().optional(),
  deploymentGroupName: z.string().optional(),
  deploymentConfigName: z.string().optional(),
  description: z.string().optional(),
  revision: z.unknown().optional(),
  autoRollbackConfiguration: autoRollbackSchema.optional(),
  overrideAlarmConfiguration: alarmsSchema.optional(),
});

export function createDeployment(context: Context, input: Input): Output {
  const request = parse(createSchema, input);
  const application = requireApplication(context, request.applicationName);
  const group = requireGroup(application, request.deploymentGroupName);
  const { settings } = group;
  const config = requireConfig(
    context,
    request.deploymentConfigName ?? settings.deploymentConfigName,
  );
  // User Guide, "CodeDeploy quotas": characters in a deployment description.
  if ((request.description ?? '').length > 256) {
    throw new AwsError('DescriptionTooLongException', 'Description is longer than 256 characters');
  }
  const revision = readRevision(request.revision);
  if (context.taskSets.service(settings.cluster, settings.service)?.status !== 'ACTIVE') {
    throw new AwsError('InvalidECSServiceException', 'The ECS service does not exist');
  }
  const active = [...context.state.deployments.values()].find(
    (deployment) => deployment.group === group && !hasEnded(deployment),
  );
  if (active) {
    // The words as seen in CircleCI-Public/aws-ecs-orb#181.
    throw new AwsError(
      'DeploymentLimitExceededException',
      `The Deployment Group '${group.name}' already has an active Deployment '${active.id}'`,
    );
  }
  const now = context.clock.now();
  const [pair] = settings.loadBalancerInfo.targetGroupPairInfoList ?? [];
  const withTestListener = (pair?.testTrafficRoute?.listenerArns ?? []).length > 0;
  const deployment: DeploymentRecord = {
    id: deploymentId(),
    group,
    config,
    revision,
    previousRevision: group.lastSuccessful?.revision,
    description: request.description,
    creator: 'user',
    autoRollback: request.autoRollbackConfiguration ?? settings.autoRollback,
    alarms: request.overrideAlarmConfiguration ?? settings.alarms,
    createdAtMs: now,
    updatedAtMs: now,
    events: lifecycleEvents(withTestListener),
    status: 'Created',
    terminationWaitStarted: false,
    greenWeight: 0,
    stopRequested: false,
  };
  context.state.deployments.set(deployment.id, deployment);
  group.lastAttempted = deployment;
  startLifecycle(context, deployment);
  return { deploymentId: deployment.id };
}

const idSchema = z.looseObject({ deploymentId: z.string().optional() });

/** Throws DeploymentIdRequiredException, InvalidDeploymentIdException, DeploymentDoesNotExistException. */
export function requireDeployment(context: Context, input: Input): DeploymentRecord {
  const { deploymentId: id } = parse(idSchema, input);
  if (id === undefined) {
    throw new AwsError('DeploymentIdRequiredException', 'Deployment Id is required');
  }
  if (!/^d-[A-Z0-9]{9}$/.test(id)) {
    throw new AwsError('InvalidDeploymentIdException', `The specified deployment ${id} is invalid`);
  }
  const deployment = context.state.deployments.get(id);
  if (deployment) return deployment;
  throw new AwsError('DeploymentDoesNotExistException', `The deployment ${id} could not be found`);
}

export function getDeployment(context: Context, input: Input): Output {
  return { deploymentInfo: describe(requireDeployment(context, input)) };
}

const batchSchema = z.looseObject({ deploymentIds: z.array(z.string()).max(25) });

export function batchGetDeployments(context: Context, input: Input): Output {
  const { deploymentIds } = parse(batchSchema, input);
  return {
    deploymentsInfo: deploymentIds.map((id) =>
      describe(requireDeployment(context, { deploymentId: id })),
    ),
  };
}

const listSchema = z.looseObject({
  applicationName: z.string().optional(),
  deploymentGroupName: z.string().optional(),
  includeOnlyStatuses: z.array(z.string()).optional(),
  createTimeRange: z
    .looseObject({ start: z.number().optional(), end: z.number().optional() })
    .optional(),
});

export function listDeployments(context: Context, input: Input): Output {
  const request = parse(listSchema, input);
  if (request.applicationName !== undefined) {
    requireGroup(requireApplication(context, request.applicationName), request.deploymentGroupName);
  }
  const { start = -Infinity, end = Infinity } = request.createTimeRange ?? {};
  const found = [...context.state.deployments.values()]
    .filter(
      ({ group }) => (request.applicationName ?? group.application.name) === group.application.name,
    )
    .filter(({ group }) => (request.deploymentGroupName ?? group.name) === group.name)
    .filter(({ status }) => request.includeOnlyStatuses?.includes(status) ?? true)
    .filter(({ createdAtMs }) => createdAtMs / 1000 >= start && createdAtMs / 1000 <= end);
  return { deployments: found.map(({ id }) => id).reverse() };
}

const stopSchema = z.looseObject({ autoRollbackEnabled: z.boolean().optional() });

export function stopDeployment(context: Context, input: Input): Output {
  const deployment = requireDeployment(context, input);
  const { autoRollbackEnabled } = parse(stopSchema, input);
  if (hasEnded(deployment)) throw alreadyCompleted(deployment);
  if (!deployment.stopRequested) {
    deployment.stopRequested = true;
    context.after(context.timings.stopMs, () => {
      if (hasEnded(deployment)) return;
      const failure = {
        code: 'MANUAL_STOP',
        message: 'The deployment has been stopped by the user.',
      } as const;
      stop(context, deployment, failure, autoRollbackEnabled);
    });
  }
  return { status: 'Pending', statusMessage: 'The stop operation is pending.' };
}

const continueSchema = z.looseObject({
  deploymentWaitType: z.enum(['READY_WAIT', 'TERMINATION_WAIT']).optional(),
});

export function continueDeployment(context: Context, input: Input): Output {
  const deployment = requireDeployment(context, input);
  const { deploymentWaitType: type = 'READY_WAIT' } = parse(continueSchema, input);
  if (hasEnded(deployment)) throw alreadyCompleted(deployment);
  if (deployment.waitsFor?.type !== type) {
    throw new AwsError(
      'DeploymentIsNotInReadyStateException',
      `The deployment ${deployment.id} does not wait for ${type}`,
    );
  }
  deployment.waitsFor.go();
  return {};
}

function alreadyCompleted(deployment: DeploymentRecord): AwsError {
  return new AwsError(
    'DeploymentAlreadyCompletedException',
    `The deployment ${deployment.id} has already been completed`,
  );
}

export function describe(deployment: DeploymentRecord): Wire<DeploymentInfo> {
  const { group } = deployment;
  const ended = deployment.status;
  const waits = deployment.status === 'Ready';
  return {
    applicationName: group.application.name,
    deploymentGroupName: group.name,
    deploymentConfigName: deployment.config.name,
    deploymentId: deployment.id,
    previousRevision: deployment.previousRevision && location(deployment.previousRevision),
    revision: location(deployment.revision),
    status: deployment.status,
    errorInformation: deployment.error,
    createTime: seconds(deployment.createdAtMs),
    startTime: seconds(deployment.startedAtMs),
    completeTime: seconds(deployment.completedAtMs),
    deploymentOverview: {
      Pending: ended === 'Created' ? 1 : 0,
      InProgress: ended === 'InProgress' ? 1 : 0,
      Succeeded: ended === 'Succeeded' ? 1 : 0,
      Failed: ended === 'Failed' || ended === 'Stopped' ? 1 : 0,
      Skipped: 0,
      Ready: waits ? 1 : 0,
    },
    description: deployment.description,
    creator: deployment.creator,
    ignoreApplicationStopFailures: false,
    autoRollbackConfiguration: deployment.autoRollback,
    updateOutdatedInstancesOnly: false,
    rollbackInfo: deployment.rollback,
    deploymentStyle: group.settings.deploymentStyle,
    instanceTerminationWaitTimeStarted: deployment.terminationWaitStarted,
    blueGreenDeploymentConfiguration: group.settings.blueGreen,
    loadBalancerInfo: group.settings.loadBalancerInfo,
    fileExistsBehavior: 'DISALLOW',
    deploymentStatusMessages: [],
    computePlatform: 'ECS',
    overrideAlarmConfiguration: deployment.alarms,
  };
}

function location({ kind, content, sha256 }: Revision): RevisionLocation {
  return kind === 'String'
    ? // eslint-disable-next-line @typescript-eslint/no-deprecated -- old callers still send it
      { revisionType: kind, string: { content, sha256 } }
    : // "The content property of the appSpecContent object in the returned revision is always null"
      // (API reference, "GetDeployment").
      { revisionType: kind, appSpecContent: { sha256 } };
}

const revisionSchema = z.looseObject({
  applicationName: z.string().optional(),
  revision: z.looseObject({
    appSpecContent: z.looseObject({ sha256: z.string() }).optional(),
  }),
});

/** Throws RevisionDoesNotExistException. */
export function getApplicationRevision(context: Context, input: Input): Output {
  const { applicationName, revision } = parse(revisionSchema, input);
  const application = requireApplication(context, applicationName);
  const wanted = revision.appSpecContent?.sha256;
  const found = [...context.state.deployments.values()].find(
    ({ group, revision: { kind, sha256 } }) =>
      group.application === application && kind === 'AppSpecContent' && sha256 === wanted,
  )?.revision;
  if (found === undefined) {
    throw new AwsError('RevisionDoesNotExistException', 'The revision could not be found');
  }
  const { kind, content, sha256 } = found;
  return {
    applicationName: application.name,
    revision: { revisionType: kind, appSpecContent: { content, sha256 } },
  };
}
