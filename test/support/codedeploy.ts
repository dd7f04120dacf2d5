import type { DeploymentInfo, ECSTarget } from '@aws-sdk/client-codedeploy';
import type { Service } from '@aws-sdk/client-ecs';
import type { Wire } from '../../emulator/ecs/wire.js';
import { ecsFixture, type EcsFixture, only } from './ecs-emulator.js';

export const APPLICATION = 'shop-web';
export const GROUP = 'shop-web-dev';
const TARGET_GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup';
const LISTENER = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/1';

/** Fields that make a service one of CodeDeploy. */
export const CODE_DEPLOY_SERVICE = {
  deploymentController: { type: 'CODE_DEPLOY' },
  loadBalancers: [
    { targetGroupArn: `${TARGET_GROUP}/blue/1`, containerName: 'app', containerPort: 8080 },
  ],
};

/** A deployment group as Terraform makes it, for the service `web` of the cluster `main`. */
export function groupInput(changes: object = {}): Record<string, unknown> {
  return {
    applicationName: APPLICATION,
    deploymentGroupName: GROUP,
    serviceRoleArn: 'arn:aws:iam::123456789012:role/codedeploy',
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    ecsServices: [{ clusterName: 'main', serviceName: 'web' }],
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: {
        action: 'TERMINATE',
        terminationWaitTimeInMinutes: 5,
      },
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
    },
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: [{ name: 'blue' }, { name: 'green' }],
          prodTrafficRoute: { listenerArns: [LISTENER] },
          testTrafficRoute: { listenerArns: [`${LISTENER}test`] },
        },
      ],
    },
    autoRollbackConfiguration: {
      enabled: true,
      events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
    },
    alarmConfiguration: { enabled: true, alarms: [{ name: 'web-5xx' }] },
    ...changes,
  };
}

/** An AppSpec for the service that `codeDeployFixture` makes. */
export function appSpec(
  taskDefinition: string,
  hooks: Readonly<Record<string, string>> = {},
  properties: object = {},
): string {
  return JSON.stringify({
    version: 0.0,
    Resources: [
      {
        TargetService: {
          Type: 'AWS::ECS::Service',
          Properties: {
            TaskDefinition: taskDefinition,
            LoadBalancerInfo: { ContainerName: 'app', ContainerPort: 8080 },
            ...properties,
          },
        },
      },
    ],
    Hooks: Object.entries(hooks).map(([event, name]) => ({ [event]: name })),
  });
}

/** A running service `web` that CodeDeploy deploys, and what a test asks of it. */
export interface CodeDeployFixture {
  readonly ecs: EcsFixture;
  /** The ARN of the revision that runs. */
  readonly v1: string;
  call(operation: string, input?: object): Promise<Record<string, unknown>>;
  control(route: string, body: object): void;
  /** Starts a deployment and returns its id. */
  deploy(content: string, more?: object): Promise<string>;
  deployment(id: string): Promise<Wire<DeploymentInfo>>;
  target(id: string): Promise<Wire<ECSTarget>>;
  /** `Install Succeeded` and so on. */
  events(id: string): Promise<readonly string[]>;
  service(): Promise<Wire<Service>>;
}

export async function codeDeployFixture(
  options: { readonly group?: object; readonly service?: object } = {},
): Promise<CodeDeployFixture> {
  const ecs = await ecsFixture();
  const v1 = await ecs.define(ecs.push('shop/web:1'));
  await ecs.create(v1, { ...CODE_DEPLOY_SERVICE, ...options.service });
  await ecs.advance(40);
  const call = (operation: string, input: object = {}): Promise<Record<string, unknown>> =>
    ecs.codeDeploy.handle(operation, { ...input });
  await call('CreateApplication', { applicationName: APPLICATION, computePlatform: 'ECS' });
  await call('CreateDeploymentGroup', groupInput(options.group));
  const target = async (id: string): Promise<Wire<ECSTarget>> => {
    const output = await call('GetDeploymentTarget', { deploymentId: id, targetId: 'main:web' });
    return (output as { deploymentTarget: { ecsTarget: Wire<ECSTarget> } }).deploymentTarget
      .ecsTarget;
  };
  return {
    ecs,
    v1,
    call,
    control: (route, body) => {
      ecs.codeDeploy.control[`POST codedeploy/${route}`]?.(body);
    },
    async deploy(content, more = {}) {
      const output = await call('CreateDeployment', {
        applicationName: APPLICATION,
        deploymentGroupName: GROUP,
        revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
        ...more,
      });
      return String(output['deploymentId']);
    },
    async deployment(id) {
      const output = await call('GetDeployment', { deploymentId: id });
      return output['deploymentInfo'] as Wire<DeploymentInfo>;
    },
    target,
    events: async (id) =>
      ((await target(id)).lifecycleEvents ?? []).map(
        ({ lifecycleEventName, status }) => `${lifecycleEventName ?? ''} ${status ?? ''}`,
      ),
    service: () => ecs.service(),
  };
}

/** The task set with that status. */
export function taskSet(service: Wire<Service>, status: string) {
  return only((service.taskSets ?? []).filter((set) => set.status === status));
}

/** Registers a second revision whose container has that fate. */
export async function next(fixture: CodeDeployFixture, fate = 'healthy'): Promise<string> {
  return fixture.ecs.define(fixture.ecs.push('shop/web:2'), {
    environment: { EMULATOR_FATE: fate },
  });
}
