import type { AwsClientConfig } from '../../shared/aws-access.js';
import { callsOf } from './calls.js';
import { allPages } from '../../shared/pages.js';

/**
 * What schedules name: the task definition of an ECS target, and the whole input of a universal
 * target that calls ECS's API (EventBridge Scheduler User Guide, "Using universal targets").
 */
export function openScheduleUse(config: AwsClientConfig): () => Promise<readonly string[]> {
  const run = callsOf('scheduler', async () => {
    const sdk = await import('@aws-sdk/client-scheduler');
    return { sdk, client: new sdk.SchedulerClient(config) };
  });
  return async () => {
    const schedules = await allPages(async (token) => {
      const answer = await run('ListSchedules', (client, sdk) =>
        client.send(
          new sdk.ListSchedulesCommand({
            MaxResults: 100,
            ...(token.nextToken === undefined ? {} : { NextToken: token.nextToken }),
          }),
        ),
      );
      return [answer.Schedules ?? [], answer.NextToken];
    });
    const ofEcs = schedules.filter(({ Target: target }) =>
      /^arn:[\w-]+:(ecs:|scheduler:::aws-sdk:ecs:)/.test(target?.Arn ?? ''),
    );
    const found = await Promise.all(
      ofEcs.map(async ({ Name, GroupName }) => {
        const { Target: target } = await run(`GetSchedule of ${Name ?? ''}`, (client, sdk) =>
          client.send(new sdk.GetScheduleCommand({ Name, GroupName })),
        );
        return [target?.EcsParameters?.TaskDefinitionArn, target?.Input];
      }),
    );
    return found.flat().filter((text) => text !== undefined);
  };
}
