import type { DeploymentConfiguration, LoadBalancer } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { DEFAULT_CANARY, DEFAULT_LINEAR } from './rollout/stages.js';

const hookAction = z.enum(['CONTINUE', 'ROLLBACK']);

/** Members of DeploymentConfiguration that only strategies with traffic shifting have, and alarms. */
export const strategyMembers = {
  strategy: z.enum(['ROLLING', 'BLUE_GREEN', 'LINEAR', 'CANARY']).optional(),
  bakeTimeInMinutes: z.number().optional(),
  linearConfiguration: z
    .looseObject({
      stepPercent: z.number().optional(),
      stepBakeTimeInMinutes: z.number().optional(),
    })
    .optional(),
  canaryConfiguration: z
    .looseObject({
      canaryPercent: z.number().optional(),
      canaryBakeTimeInMinutes: z.number().optional(),
    })
    .optional(),
  lifecycleHooks: z
    .array(
      z.looseObject({
        targetType: z.enum(['AWS_LAMBDA', 'PAUSE']).optional(),
        hookTargetArn: z.string().optional(),
        roleArn: z.string().optional(),
        lifecycleStages: z
          .array(
            z.enum([
              'RECONCILE_SERVICE',
              'PRE_SCALE_UP',
              'POST_SCALE_UP',
              'TEST_TRAFFIC_SHIFT',
              'POST_TEST_TRAFFIC_SHIFT',
              'PRE_PRODUCTION_TRAFFIC_SHIFT',
              'PRODUCTION_TRAFFIC_SHIFT',
              'POST_PRODUCTION_TRAFFIC_SHIFT',
            ]),
          )
          .optional(),
        timeoutConfiguration: z
          .looseObject({ timeoutInMinutes: z.number().optional(), action: hookAction.optional() })
          .optional(),
      }),
    )
    .optional(),
  alarms: z
    .looseObject({ alarmNames: z.array(z.string()), enable: z.boolean(), rollback: z.boolean() })
    .optional(),
};

/**
 * The configuration of a service after an update: members that are left out stay, and what the
 * strategy does not have goes.
 *
 * @throws AwsError InvalidParameterException for a part of the configuration of a service that
 * shifts traffic. What AWS does with a part is not documented: the emulator refuses it so that
 * nobody comes to rely on either.
 */
export function mergeConfiguration(
  before: DeploymentConfiguration,
  change: DeploymentConfiguration | undefined,
): DeploymentConfiguration {
  if (change === undefined) return before;
  if ((before.strategy ?? 'ROLLING') !== 'ROLLING' && change.strategy === undefined) {
    throw invalid(
      `deploymentConfiguration of a service with the strategy ${before.strategy ?? ''} must be given whole.`,
    );
  }
  return withDefaults({ ...before, ...change });
}

/** Fills in what the strategy needs and leaves out what belongs to another one. */
export function withDefaults(configuration: DeploymentConfiguration): DeploymentConfiguration {
  const { linearConfiguration, canaryConfiguration, ...rest } = configuration;
  switch (rest.strategy) {
    case 'LINEAR':
      return { ...rest, linearConfiguration: { ...DEFAULT_LINEAR, ...linearConfiguration } };
    case 'CANARY':
      return { ...rest, canaryConfiguration: { ...DEFAULT_CANARY, ...canaryConfiguration } };
    default:
      return rest;
  }
}

export interface StrategyRequest {
  /** As it was asked for. */
  readonly asked: DeploymentConfiguration | undefined;
  /** As it will be. */
  readonly configuration: DeploymentConfiguration;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly unknown[];
  readonly serviceConnectConfiguration: unknown;
  readonly vpcLatticeConfigurations: unknown;
}

/**
 * Throws InvalidParameterException for what does not go with the strategy. The rules are those of
 * the API reference (DeploymentConfiguration, DeploymentLifecycleHook, LinearConfiguration,
 * CanaryConfiguration, AdvancedConfiguration) and of the Developer Guide's "Required resources for
 * Amazon ECS blue/green deployments" and "… canary deployments"; the words are ours.
 */
export function checkStrategy(request: StrategyRequest): void {
  const { asked, configuration } = request;
  const { strategy = 'ROLLING', bakeTimeInMinutes = 0 } = configuration;
  minutes('bakeTimeInMinutes', bakeTimeInMinutes, 0, 1440);
  if (asked?.linearConfiguration && strategy !== 'LINEAR') {
    throw invalid('linearConfiguration is only valid with the strategy LINEAR.');
  }
  if (asked?.canaryConfiguration && strategy !== 'CANARY') {
    throw invalid('canaryConfiguration is only valid with the strategy CANARY.');
  }
  if (asked?.strategy === 'BLUE_GREEN' && asked.bakeTimeInMinutes === undefined) {
    throw invalid('bakeTimeInMinutes must be given with the strategy BLUE_GREEN.');
  }
  const { linearConfiguration: linear, canaryConfiguration: canary } = configuration;
  percent('stepPercent', linear?.stepPercent, 3);
  minutes('stepBakeTimeInMinutes', linear?.stepBakeTimeInMinutes, 0, 1440);
  percent('canaryPercent', canary?.canaryPercent, 0.1);
  minutes('canaryBakeTimeInMinutes', canary?.canaryBakeTimeInMinutes, 0, 1440);
  checkHooks(configuration);
  if (strategy !== 'ROLLING') checkTraffic(request);
}

function checkHooks({ strategy = 'ROLLING', lifecycleHooks = [] }: DeploymentConfiguration): void {
  if (strategy === 'ROLLING' && lifecycleHooks.length > 0) {
    throw new AwsError(
      'UnsupportedFeatureException',
      'The emulator does not support lifecycle hooks of rolling updates.',
    );
  }
  for (const hook of lifecycleHooks) {
    const { targetType = 'AWS_LAMBDA', lifecycleStages = [], timeoutConfiguration } = hook;
    if (lifecycleStages.length === 0) throw invalid('lifecycleStages of a hook must be given.');
    minutes('timeoutInMinutes', timeoutConfiguration?.timeoutInMinutes, 1, 20_160);
    if (targetType === 'AWS_LAMBDA') {
      if (hook.hookTargetArn === undefined || hook.roleArn === undefined) {
        throw invalid('hookTargetArn and roleArn of a hook of the type AWS_LAMBDA must be given.');
      }
    } else if (
      lifecycleStages.some((s) => s === 'TEST_TRAFFIC_SHIFT' || s === 'PRODUCTION_TRAFFIC_SHIFT')
    ) {
      throw invalid(
        'PAUSE hooks cannot be configured at TEST_TRAFFIC_SHIFT or PRODUCTION_TRAFFIC_SHIFT.',
      );
    }
  }
}

/** Blue/green also takes a service that has no way for traffic to come in at all. */
function checkTraffic(request: StrategyRequest): void {
  const { strategy } = request.configuration;
  for (const { advancedConfiguration: advanced } of request.loadBalancers) {
    if (
      !advanced?.alternateTargetGroupArn ||
      !advanced.productionListenerRule ||
      !advanced.roleArn
    ) {
      throw invalid(
        `Load balancers of a service with the strategy ${strategy ?? ''} need an advancedConfiguration with alternateTargetGroupArn, productionListenerRule and roleArn.`,
      );
    }
  }
  if (request.loadBalancers.length > 0 || request.serviceConnectConfiguration !== undefined) return;
  const headless =
    request.serviceRegistries.length === 0 && request.vpcLatticeConfigurations === undefined;
  if (strategy === 'BLUE_GREEN' && headless) return;
  throw invalid(`The strategy ${strategy ?? ''} needs Elastic Load Balancing or Service Connect.`);
}

function percent(name: string, value: number | undefined, least: number): void {
  if (value === undefined) return;
  const isTenth = Math.abs(value * 10 - Math.round(value * 10)) < 1e-9;
  if (value < least || value > 100 || !isTenth) {
    throw invalid(`${name} must be a multiple of 0.1 from ${least} to 100.`);
  }
}

function minutes(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalid(`${name} must be an integer from ${least} to ${most}.`);
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
