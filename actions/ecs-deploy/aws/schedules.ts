import type { AwsClientConfig } from '../../shared/aws-access.js';
import { OperationError } from '../../shared/errors.js';
import type { Schedules } from '../tasks/schedules.js';
import { callsOf } from './calls.js';

/** EventBridge and EventBridge Scheduler behind the port, by the SDK. */
export function openSchedules(config: AwsClientConfig): Schedules {
  const scheduler = callsOf('scheduler', async () => {
    const sdk = await import('@aws-sdk/client-scheduler');
    return { sdk, client: new sdk.SchedulerClient(config) };
  });
  const events = callsOf('events', async () => {
    const sdk = await import('@aws-sdk/client-eventbridge');
    return { sdk, client: new sdk.EventBridgeClient(config) };
  });

  async function enableSchedule(GroupName: string, Name: string): Promise<void> {
    const found = await scheduler('GetSchedule', (client, sdk) =>
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
    await scheduler('UpdateSchedule', (client, sdk) =>
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
      await events('EnableRule', (client, sdk) =>
        client.send(new sdk.EnableRuleCommand({ Name: trigger.name, EventBusName: trigger.bus })),
      );
    },
  };
}
