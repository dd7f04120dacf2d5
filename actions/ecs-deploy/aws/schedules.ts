import type { AwsClientConfig } from '../../shared/aws-access.js';
import { OperationError } from '../../shared/errors.js';
import type { Schedules } from '../tasks/schedules.js';
import { call, lazy } from './calls.js';

/** EventBridge and EventBridge Scheduler behind the port, by the SDK. */
export function openSchedules(config: AwsClientConfig): Schedules {
  const scheduler = lazy(async () => {
    const sdk = await import('@aws-sdk/client-scheduler');
    return { sdk, client: new sdk.SchedulerClient(config) };
  });
  const events = lazy(async () => {
    const sdk = await import('@aws-sdk/client-eventbridge');
    return { sdk, client: new sdk.EventBridgeClient(config) };
  });

  async function enableSchedule(GroupName: string, Name: string): Promise<void> {
    const { client, sdk } = await scheduler();
    const found = await call('scheduler:GetSchedule', () =>
      client.send(new sdk.GetScheduleCommand({ GroupName, Name })),
    );
    if (found.State === 'ENABLED') return;
    const { ScheduleExpression, FlexibleTimeWindow, Target } = found;
    if (
      ScheduleExpression === undefined ||
      FlexibleTimeWindow === undefined ||
      Target === undefined
    ) {
      throw new OperationError(
        'aws-answer-incomplete',
        'scheduler:GetSchedule answered without an expression, window or target',
      );
    }
    // API reference, "UpdateSchedule": what is left out falls back to its default, so all is sent.
    const kept = {
      Description: found.Description,
      StartDate: found.StartDate,
      EndDate: found.EndDate,
      ScheduleExpressionTimezone: found.ScheduleExpressionTimezone,
      KmsKeyArn: found.KmsKeyArn,
      ActionAfterCompletion: found.ActionAfterCompletion,
    };
    await call('scheduler:UpdateSchedule', () =>
      client.send(
        new sdk.UpdateScheduleCommand({
          ...kept,
          GroupName,
          Name,
          ScheduleExpression,
          FlexibleTimeWindow,
          Target,
          State: 'ENABLED',
        }),
      ),
    );
  }

  return {
    async enable(trigger) {
      if (trigger.kind === 'schedule') {
        await enableSchedule(trigger.group, trigger.name);
        return;
      }
      const { client, sdk } = await events();
      await call('events:EnableRule', () =>
        client.send(new sdk.EnableRuleCommand({ Name: trigger.name, EventBusName: trigger.bus })),
      );
    },
  };
}
