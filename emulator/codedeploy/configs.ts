import { randomUUID } from 'node:crypto';
import type { DeploymentConfigInfo, TrafficRoutingConfig } from '@aws-sdk/client-codedeploy';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { type Input, type Output, parse, seconds, type Wire } from '../ecs/wire.js';
import type { Context } from './context.js';
import type { ConfigRecord } from './model.js';

const canary = (minutes: number): TrafficRoutingConfig => ({
  type: 'TimeBasedCanary',
  timeBasedCanary: { canaryPercentage: 10, canaryInterval: minutes },
});
const linear = (minutes: number): TrafficRoutingConfig => ({
  type: 'TimeBasedLinear',
  timeBasedLinear: { linearPercentage: 10, linearInterval: minutes },
});

/** User Guide, "Predefined deployment configurations for an Amazon ECS compute platform". */
const predefined: ReadonlyMap<string, ConfigRecord> = new Map(
  Object.entries({
    ECSAllAtOnce: { type: 'AllAtOnce' } satisfies TrafficRoutingConfig,
    ECSCanary10Percent5Minutes: canary(5),
    ECSCanary10Percent15Minutes: canary(15),
    ECSLinear10PercentEvery1Minutes: linear(1),
    ECSLinear10PercentEvery3Minutes: linear(3),
  }).map(([short, routing], index) => {
    const name = `CodeDeployDefault.${short}`;
    return [
      name,
      { id: `00000000-0000-0000-0000-00000000010${index}`, name, routing, createdAtMs: 0 },
    ];
  }),
);

export const allAtOnce = 'CodeDeployDefault.ECSAllAtOnce';

/** Throws DeploymentConfigDoesNotExistException. */
export function requireConfig(context: Context, name: string): ConfigRecord {
  const config = predefined.get(name) ?? context.state.configs.get(name);
  if (config) return config;
  throw new AwsError(
    'DeploymentConfigDoesNotExistException',
    `No Deployment Configuration found for name: ${name}`,
  );
}

const share = z.number().int().min(1).max(99);

const createSchema = z.looseObject({
  deploymentConfigName: z.string(),
  computePlatform: z.string().optional(),
  trafficRoutingConfig: z
    .looseObject({
      type: z.enum(['TimeBasedCanary', 'TimeBasedLinear', 'AllAtOnce']),
      timeBasedCanary: z
        .looseObject({ canaryPercentage: share, canaryInterval: z.number().int().min(0) })
        .optional(),
      timeBasedLinear: z
        .looseObject({ linearPercentage: share, linearInterval: z.number().int().min(0) })
        .optional(),
    })
    .optional(),
});

export function createConfig(context: Context, input: Input): Output {
  const request = parse(createSchema, input);
  const { deploymentConfigName: name, trafficRoutingConfig: routing } = request;
  if (request.computePlatform !== 'ECS') {
    throw new AwsError(
      'InvalidComputePlatformException',
      'The emulator has deployment configurations for the compute platform ECS.',
    );
  }
  if (!routing || (routing.type === 'TimeBasedCanary' && !routing.timeBasedCanary)) {
    throw new AwsError('InvalidTrafficRoutingConfigurationException', 'Traffic routing is missing');
  }
  if (predefined.has(name) || context.state.configs.has(name)) {
    throw new AwsError(
      'DeploymentConfigAlreadyExistsException',
      `Deployment configuration already exists: ${name}`,
    );
  }
  if (name.startsWith('CodeDeployDefault.')) {
    throw new AwsError('InvalidDeploymentConfigNameException', 'CodeDeployDefault is reserved');
  }
  const id = randomUUID();
  context.state.configs.set(name, { id, name, routing, createdAtMs: context.clock.now() });
  return { deploymentConfigId: id };
}

const nameSchema = z.looseObject({ deploymentConfigName: z.string() });

export function getConfig(context: Context, input: Input): Output {
  const config = requireConfig(context, parse(nameSchema, input).deploymentConfigName);
  const info: Wire<DeploymentConfigInfo> = {
    deploymentConfigId: config.id,
    deploymentConfigName: config.name,
    createTime: seconds(config.createdAtMs),
    computePlatform: 'ECS',
    trafficRoutingConfig: config.routing,
  };
  return { deploymentConfigInfo: info };
}

export function deleteConfig(context: Context, input: Input): Output {
  const { deploymentConfigName: name } = parse(nameSchema, input);
  const used = [...context.state.applications.values()].some(({ groups }) =>
    [...groups.values()].some(({ settings }) => settings.deploymentConfigName === name),
  );
  if (used) throw new AwsError('DeploymentConfigInUseException', `${name} is in use`);
  if (predefined.has(name)) {
    throw new AwsError('InvalidOperationException', 'A predefined configuration cannot be deleted');
  }
  context.state.configs.delete(name);
  return {};
}

export function listConfigs(context: Context): Output {
  return { deploymentConfigsList: [...predefined.keys(), ...context.state.configs.keys()] };
}
