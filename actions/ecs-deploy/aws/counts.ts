import type {
  RegisterScalableTargetCommandInput,
  ScalableTarget,
} from '@aws-sdk/client-application-auto-scaling';
import type { AwsClientConfig } from '../../shared/aws-access.js';
import { OperationError } from '../../shared/errors.js';
import type { ServiceCounts } from '../commands/scale/ports.js';
import { callsOf } from './calls.js';
import type { EcsCalls } from './ecs-calls.js';
import { toService } from './ecs-views.js';

const namespace = 'ecs' as const;
const dimension = 'ecs:service:DesiredCount' as const;

/** Counts of services behind the port, by the SDK. */
export function openCounts(ecs: EcsCalls, config: AwsClientConfig): ServiceCounts {
  const scaling = callsOf('application-autoscaling', async () => {
    const sdk = await import('@aws-sdk/client-application-auto-scaling');
    return { sdk, client: new sdk.ApplicationAutoScalingClient(config) };
  });
  const resource = (cluster: string, service: string): string => `service/${cluster}/${service}`;

  /** API reference, "RegisterScalableTarget": what is left out of a target that exists stays. */
  async function change(
    cluster: string,
    service: string,
    changes: Partial<RegisterScalableTargetCommandInput>,
  ): Promise<void> {
    await scaling('RegisterScalableTarget', (client, sdk) =>
      client.send(
        new sdk.RegisterScalableTargetCommand({
          ServiceNamespace: namespace,
          ResourceId: resource(cluster, service),
          ScalableDimension: dimension,
          ...changes,
        }),
      ),
    );
  }

  async function target(cluster: string, service: string): Promise<ScalableTarget | undefined> {
    const answer = await scaling('DescribeScalableTargets', (client, sdk) =>
      client.send(
        new sdk.DescribeScalableTargetsCommand({
          ServiceNamespace: namespace,
          ResourceIds: [resource(cluster, service)],
          ScalableDimension: dimension,
        }),
      ),
    );
    return answer.ScalableTargets?.[0];
  }

  return {
    async limitsOf(cluster, service) {
      const found = await target(cluster, service);
      if (found === undefined) return undefined;
      const { MinCapacity = 0, MaxCapacity = 0, SuspendedState: state } = found;
      return {
        min: MinCapacity,
        max: MaxCapacity,
        suspended:
          state?.DynamicScalingInSuspended === true && state.DynamicScalingOutSuspended === true,
        scheduledSuspended: state?.ScheduledScalingSuspended ?? false,
      };
    },

    setLimits: (cluster, service, { min, max }) =>
      change(cluster, service, { MinCapacity: min, MaxCapacity: max }),

    async suspendPolicies(cluster, service) {
      // Sent whole: AWS does not say what becomes of an attribute that is left out.
      const state = (await target(cluster, service))?.SuspendedState;
      await change(cluster, service, {
        SuspendedState: {
          ScheduledScalingSuspended: state?.ScheduledScalingSuspended ?? false,
          DynamicScalingInSuspended: true,
          DynamicScalingOutSuspended: true,
        },
      });
    },

    async setDesiredCount(cluster, service, count) {
      const answer = await ecs('UpdateService', (client, sdk) =>
        client.send(new sdk.UpdateServiceCommand({ cluster, service, desiredCount: count })),
      );
      if (answer.service === undefined) {
        throw new OperationError(
          'aws-answer-incomplete',
          'ecs:UpdateService answered without a service',
        );
      }
      return toService(answer.service);
    },
  };
}
