import { randomUUID } from 'node:crypto';
import type { DeploymentGroupInfo, LastDeploymentInfo } from '@aws-sdk/client-codedeploy';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { type Input, type Output, parse, seconds, type Wire } from '../ecs/wire.js';
import { requireApplication } from './applications.js';
import { allAtOnce, requireConfig } from './configs.js';
import { type Context, groupArn } from './context.js';
import type { ApplicationRecord, DeploymentRecord, GroupRecord, GroupSettings } from './model.js';

/** Throws DeploymentGroupNameRequiredException, DeploymentGroupDoesNotExistException. */
export function requireGroup(
  application: ApplicationRecord,
  name: string | undefined,
): GroupRecord {
  if (name === undefined || name === '') {
    throw new AwsError('DeploymentGroupNameRequiredException', 'Deployment Group name is missing');
  }
  const group = application.groups.get(name);
  if (group) return group;
  throw new AwsError(
    'DeploymentGroupDoesNotExistException',
    `No Deployment Group found for name: ${name}`,
  );
}

export const alarmsSchema = z.looseObject({
  enabled: z.boolean().optional(),
  ignorePollAlarmFailure: z.boolean().optional(),
  alarms: z.array(z.looseObject({ name: z.string().optional() })).optional(),
});

export const autoRollbackSchema = z.looseObject({
  enabled: z.boolean().optional(),
  events: z
    .array(z.enum(['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST']))
    .optional(),
});

const route = z.looseObject({ listenerArns: z.array(z.string()).optional() });

const settingsSchema = z.looseObject({
  serviceRoleArn: z.string().optional(),
  deploymentConfigName: z.string().optional(),
  deploymentStyle: z
    .looseObject({
      deploymentType: z.enum(['IN_PLACE', 'BLUE_GREEN']).optional(),
      deploymentOption: z.enum(['WITH_TRAFFIC_CONTROL', 'WITHOUT_TRAFFIC_CONTROL']).optional(),
    })
    .optional(),
  blueGreenDeploymentConfiguration: z
    .looseObject({
      terminateBlueInstancesOnDeploymentSuccess: z
        .looseObject({
          action: z.enum(['TERMINATE', 'KEEP_ALIVE']).optional(),
          terminationWaitTimeInMinutes: z.number().int().min(0).max(2880).optional(),
        })
        .optional(),
      deploymentReadyOption: z
        .looseObject({
          actionOnTimeout: z.enum(['CONTINUE_DEPLOYMENT', 'STOP_DEPLOYMENT']).optional(),
          waitTimeInMinutes: z.number().int().min(0).optional(),
        })
        .optional(),
    })
    .optional(),
  loadBalancerInfo: z
    .looseObject({
      targetGroupPairInfoList: z
        .array(
          z.looseObject({
            targetGroups: z.array(z.looseObject({ name: z.string().optional() })).optional(),
            prodTrafficRoute: route.optional(),
            testTrafficRoute: route.optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  ecsServices: z
    .array(
      z.looseObject({ clusterName: z.string().optional(), serviceName: z.string().optional() }),
    )
    .optional(),
  autoRollbackConfiguration: autoRollbackSchema.optional(),
  alarmConfiguration: alarmsSchema.optional(),
  triggerConfigurations: z.array(z.looseObject({})).optional(),
});

type SettingsInput = z.infer<typeof settingsSchema>;

const createSchema = settingsSchema.extend({
  applicationName: z.string().optional(),
  deploymentGroupName: z.string().optional(),
  tags: z
    .array(z.looseObject({ Key: z.string().optional(), Value: z.string().optional() }))
    .optional(),
});

export function createGroup(context: Context, input: Input): Output {
  const request = parse(createSchema, input);
  const application = requireApplication(context, request.applicationName);
  const { deploymentGroupName: name = '' } = request;
  if (application.computePlatform !== 'ECS') {
    throw new AwsError(
      'InvalidComputePlatformException',
      'The emulator has deployment groups for the compute platform ECS.',
    );
  }
  if (name === '') requireGroup(application, name);
  if (application.groups.has(name)) {
    throw new AwsError(
      'DeploymentGroupAlreadyExistsException',
      `Deployment group name: ${name} already exists for application: ${application.name}`,
    );
  }
  const group: GroupRecord = {
    id: randomUUID(),
    application,
    name,
    settings: settingsOf(context, request, undefined),
  };
  application.groups.set(name, group);
  context.state.tags.set(groupArn(context, application.name, name), request.tags ?? []);
  return { deploymentGroupId: group.id };
}

const updateSchema = settingsSchema.extend({
  applicationName: z.string().optional(),
  currentDeploymentGroupName: z.string().optional(),
  newDeploymentGroupName: z.string().optional(),
});

export function updateGroup(context: Context, input: Input): Output {
  const request = parse(updateSchema, input);
  const application = requireApplication(context, request.applicationName);
  const group = requireGroup(application, request.currentDeploymentGroupName);
  group.settings = settingsOf(context, request, group.settings);
  const { newDeploymentGroupName: renamed } = request;
  if (renamed !== undefined && renamed !== group.name) {
    const before = groupArn(context, application.name, group.name);
    application.groups.delete(group.name);
    group.name = renamed;
    application.groups.set(renamed, group);
    const tags = context.state.tags.get(before) ?? [];
    context.state.tags.delete(before);
    context.state.tags.set(groupArn(context, application.name, renamed), tags);
  }
  return { hooksNotCleanedUp: [] };
}

/** Completes and checks what a group for Amazon ECS needs (API reference, "CreateDeploymentGroup"). */
function settingsOf(
  context: Context,
  request: SettingsInput,
  before: GroupSettings | undefined,
): GroupSettings {
  const [ecs] = request.ecsServices ?? [];
  const cluster = ecs?.clusterName ?? before?.cluster;
  const service = ecs?.serviceName ?? before?.service;
  if (cluster === undefined || service === undefined) {
    throw new AwsError(
      'InvalidECSServiceException',
      'For ECS deployment group, ecsServices must be specified',
    );
  }
  const found = context.taskSets.service(cluster, service);
  if (found?.status !== 'ACTIVE') {
    throw new AwsError('InvalidECSServiceException', `The ECS service ${service} does not exist`);
  }
  if (found.controller !== 'CODE_DEPLOY') {
    throw new AwsError(
      'InvalidECSServiceException',
      'Deployment group’s ECS service must be configured for a CODE_DEPLOY deployment controller.',
    );
  }
  const style = request.deploymentStyle ?? before?.deploymentStyle;
  if (style?.deploymentType !== 'BLUE_GREEN' || style.deploymentOption !== 'WITH_TRAFFIC_CONTROL') {
    throw new AwsError(
      'InvalidDeploymentStyleException',
      'For ECS deployment group, deployment type must be BLUE_GREEN with traffic control',
    );
  }
  const balancers = request.loadBalancerInfo ?? before?.loadBalancerInfo;
  const pair = balancers?.targetGroupPairInfoList?.[0];
  if (pair?.targetGroups?.length !== 2 || !pair.prodTrafficRoute?.listenerArns?.length) {
    throw new AwsError(
      'InvalidLoadBalancerInfoException',
      'For ECS deployment group, a pair of target groups with a production listener is needed',
    );
  }
  const blueGreen = request.blueGreenDeploymentConfiguration ?? before?.blueGreen;
  if (blueGreen === undefined) {
    throw new AwsError(
      'InvalidBlueGreenDeploymentConfigurationException',
      'For ECS deployment group, the blue/green deployment configuration is needed',
    );
  }
  const configName = request.deploymentConfigName ?? before?.deploymentConfigName ?? allAtOnce;
  requireConfig(context, configName);
  const serviceRoleArn = request.serviceRoleArn ?? before?.serviceRoleArn;
  if (serviceRoleArn === undefined) throw new AwsError('RoleRequiredException', 'Role is missing');
  return {
    serviceRoleArn,
    deploymentConfigName: configName,
    cluster,
    service,
    deploymentStyle: style,
    blueGreen,
    loadBalancerInfo: balancers ?? {},
    autoRollback: request.autoRollbackConfiguration ?? before?.autoRollback,
    alarms: request.alarmConfiguration ?? before?.alarms,
    triggers: request.triggerConfigurations ?? before?.triggers ?? [],
  };
}

const keySchema = z.looseObject({
  applicationName: z.string().optional(),
  deploymentGroupName: z.string().optional(),
});

export function getGroup(context: Context, input: Input): Output {
  const { applicationName, deploymentGroupName } = parse(keySchema, input);
  const application = requireApplication(context, applicationName);
  return { deploymentGroupInfo: describe(requireGroup(application, deploymentGroupName)) };
}

export function deleteGroup(context: Context, input: Input): Output {
  const { applicationName, deploymentGroupName = '' } = parse(keySchema, input);
  const application = requireApplication(context, applicationName);
  application.groups.delete(deploymentGroupName);
  context.state.tags.delete(groupArn(context, application.name, deploymentGroupName));
  return { hooksNotCleanedUp: [] };
}

export function listGroups(context: Context, input: Input): Output {
  const application = requireApplication(context, parse(keySchema, input).applicationName);
  return {
    applicationName: application.name,
    deploymentGroups: [...application.groups.keys()].sort(),
  };
}

const batchSchema = z.looseObject({
  applicationName: z.string().optional(),
  deploymentGroupNames: z.array(z.string()).max(100),
});

export function batchGetGroups(context: Context, input: Input): Output {
  const request = parse(batchSchema, input);
  const application = requireApplication(context, request.applicationName);
  const found = request.deploymentGroupNames.flatMap((name) => application.groups.get(name) ?? []);
  const missing = request.deploymentGroupNames.filter((name) => !application.groups.has(name));
  return {
    deploymentGroupsInfo: found.map(describe),
    ...(missing.length === 0
      ? {}
      : { errorMessage: `No Deployment Group found for name: ${missing.join(', ')}` }),
  };
}

function describe(group: GroupRecord): Wire<DeploymentGroupInfo> {
  const { settings } = group;
  return {
    applicationName: group.application.name,
    deploymentGroupId: group.id,
    deploymentGroupName: group.name,
    deploymentConfigName: settings.deploymentConfigName,
    ec2TagFilters: [],
    onPremisesInstanceTagFilters: [],
    autoScalingGroups: [],
    serviceRoleArn: settings.serviceRoleArn,
    triggerConfigurations: settings.triggers as Wire<DeploymentGroupInfo>['triggerConfigurations'],
    alarmConfiguration: settings.alarms,
    autoRollbackConfiguration: settings.autoRollback,
    deploymentStyle: settings.deploymentStyle,
    outdatedInstancesStrategy: 'UPDATE',
    blueGreenDeploymentConfiguration: settings.blueGreen,
    loadBalancerInfo: settings.loadBalancerInfo,
    lastSuccessfulDeployment: last(group.lastSuccessful),
    lastAttemptedDeployment: last(group.lastAttempted),
    computePlatform: 'ECS',
    ecsServices: [{ clusterName: settings.cluster, serviceName: settings.service }],
    terminationHookEnabled: false,
  };
}

function last(deployment: DeploymentRecord | undefined): Wire<LastDeploymentInfo> | undefined {
  return (
    deployment && {
      deploymentId: deployment.id,
      status: deployment.status,
      createTime: seconds(deployment.createdAtMs),
      endTime: seconds(deployment.completedAtMs),
    }
  );
}
