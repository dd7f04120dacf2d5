import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { strategyMembers } from './deployment-strategy.js';
import { tagsSchema } from './tags.js';

const breaker = z.looseObject({
  enable: z.boolean(),
  rollback: z.boolean(),
  resetOnHealthyTask: z.boolean().optional(),
  thresholdConfiguration: z
    .looseObject({
      type: z.enum(['COUNT', 'BOUNDED_PERCENT', 'UNBOUNDED_PERCENT']),
      value: z.number().int().positive(),
    })
    .optional(),
});

const deploymentConfiguration = z.looseObject({
  ...strategyMembers,
  minimumHealthyPercent: z.number().int().min(0).optional(),
  maximumPercent: z.number().int().min(0).optional(),
  deploymentCircuitBreaker: breaker.optional(),
});

const networkConfiguration = z.looseObject({
  awsvpcConfiguration: z
    .looseObject({
      subnets: z.array(z.string()),
      securityGroups: z.array(z.string()).optional(),
      assignPublicIp: z.enum(['ENABLED', 'DISABLED']).optional(),
    })
    .optional(),
});

export type NetworkInput = z.infer<typeof networkConfiguration>;

export const capacityProviderStrategy = z.array(
  z.looseObject({
    capacityProvider: z.string(),
    weight: z.number().optional(),
    base: z.number().optional(),
  }),
);

const launchType = z.enum(['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES']);

const loadBalancer = z.looseObject({
  targetGroupArn: z.string().optional(),
  loadBalancerName: z.string().optional(),
  containerName: z.string().optional(),
  containerPort: z.number().optional(),
  advancedConfiguration: z
    .looseObject({
      alternateTargetGroupArn: z.string().optional(),
      productionListenerRule: z.string().optional(),
      testListenerRule: z.string().optional(),
      roleArn: z.string().optional(),
    })
    .optional(),
});

const shared = {
  cluster: z.string().optional(),
  taskDefinition: z.string().optional(),
  desiredCount: z.number().int().min(0).optional(),
  capacityProviderStrategy: capacityProviderStrategy.optional(),
  platformVersion: z.string().optional(),
  networkConfiguration: networkConfiguration.optional(),
  loadBalancers: z.array(loadBalancer).optional(),
  serviceRegistries: z.array(z.looseObject({})).optional(),
  serviceConnectConfiguration: z.looseObject({}).optional(),
  volumeConfigurations: z.array(z.looseObject({})).optional(),
  vpcLatticeConfigurations: z.array(z.looseObject({})).optional(),
  deploymentConfiguration: deploymentConfiguration.optional(),
  deploymentController: z.looseObject({ type: z.string() }).optional(),
  placementConstraints: z.array(z.looseObject({})).optional(),
  placementStrategy: z.array(z.looseObject({})).optional(),
  healthCheckGracePeriodSeconds: z.number().int().min(0).optional(),
  enableExecuteCommand: z.boolean().optional(),
  enableECSManagedTags: z.boolean().optional(),
  propagateTags: z.enum(['TASK_DEFINITION', 'SERVICE', 'NONE']).optional(),
  availabilityZoneRebalancing: z.enum(['ENABLED', 'DISABLED']).optional(),
};

export const createServiceSchema = z.looseObject({
  ...shared,
  serviceName: z.string(),
  launchType: launchType.optional(),
  schedulingStrategy: z.string().optional(),
  role: z.string().optional(),
  tags: tagsSchema.optional(),
});

export const updateServiceSchema = z.looseObject({
  ...shared,
  service: z.string(),
  forceNewDeployment: z.boolean().optional(),
});

export const runTaskSchema = z.looseObject({
  cluster: z.string().optional(),
  taskDefinition: z.string(),
  count: z.number().int().optional(),
  group: z.string().optional(),
  startedBy: z.string().max(128).optional(),
  clientToken: z.string().max(64).optional(),
  launchType: launchType.optional(),
  capacityProviderStrategy: capacityProviderStrategy.optional(),
  networkConfiguration: networkConfiguration.optional(),
  enableExecuteCommand: z.boolean().optional(),
  overrides: z
    .looseObject({
      containerOverrides: z
        .array(
          z.looseObject({
            name: z.string().optional(),
            environment: z
              .array(z.looseObject({ name: z.string().optional(), value: z.string().optional() }))
              .optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  tags: tagsSchema.optional(),
});

/** Refuses, by name, the kinds of deployment that the emulator does not have. */
export function refuseUnsupported(request: {
  readonly deploymentController?: { readonly type: string } | undefined;
  readonly schedulingStrategy?: string | undefined;
}): void {
  const unsupported = (what: string) =>
    new AwsError('UnsupportedFeatureException', `The emulator does not support ${what}.`);
  const controller = request.deploymentController?.type ?? 'ECS';
  if (controller !== 'ECS' && controller !== 'CODE_DEPLOY') {
    throw unsupported(`the deployment controller ${controller}`);
  }
  const scheduling = request.schedulingStrategy ?? 'REPLICA';
  if (scheduling !== 'REPLICA') throw unsupported(`the scheduling strategy ${scheduling}`);
}

/** Throws InvalidParameterException for percents that ECS does not accept (API reference, DeploymentConfiguration). */
export function checkPercents(configuration: {
  readonly minimumHealthyPercent?: number | undefined;
  readonly maximumPercent?: number | undefined;
}): void {
  const { minimumHealthyPercent: minimum = 100, maximumPercent: maximum = 200 } = configuration;
  if (minimum === 100 && maximum === 100) {
    throw new AwsError(
      'InvalidParameterException',
      'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    );
  }
  if (maximum < 100 || maximum < minimum) {
    throw new AwsError(
      'InvalidParameterException',
      'maximumPercent must be at least 100 and not below minimumHealthyPercent.',
    );
  }
}
