import type {
  AwsVpcConfiguration,
  CapacityProviderStrategyItem,
  LaunchType,
  Service,
} from '@aws-sdk/client-ecs';

export interface LaunchSettings {
  readonly launchType: LaunchType | undefined;
  readonly strategy: readonly CapacityProviderStrategyItem[];
  readonly platformVersion: string | undefined;
  readonly network: AwsVpcConfiguration | undefined;
}

/** How a service launches its tasks: one of CodeDeploy may have that in its task sets alone. */
export function launchSettings(service: Service): LaunchSettings {
  const set = service.taskSets?.find(({ status }) => status === 'PRIMARY');
  return {
    launchType: service.launchType ?? set?.launchType,
    strategy: service.capacityProviderStrategy ?? set?.capacityProviderStrategy ?? [],
    platformVersion: service.platformVersion ?? set?.platformVersion,
    network: (service.networkConfiguration ?? set?.networkConfiguration)?.awsvpcConfiguration,
  };
}
