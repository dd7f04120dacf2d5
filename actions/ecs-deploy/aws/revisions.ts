import type { AwsClientConfig } from '../../shared/aws-access.js';
import { chunks } from '../../shared/chunks.js';
import type { Revisions } from '../ports.js';
import type { EcsCalls } from './ecs-calls.js';
import { allPages } from '../../shared/pages.js';
import { openRuleUse } from './rule-use.js';
import { openScheduleUse } from './schedule-use.js';

/** Revisions and who names them, by the SDK. Every listing is read to its end. */
export function openRevisions(run: EcsCalls, config: AwsClientConfig): Revisions {
  return {
    active: (family) =>
      allPages(async (nextToken) => {
        const answer = await run('ListTaskDefinitions', (client, sdk) =>
          client.send(
            new sdk.ListTaskDefinitionsCommand({
              familyPrefix: family,
              status: 'ACTIVE',
              sort: 'DESC',
              ...nextToken,
            }),
          ),
        );
        return [answer.taskDefinitionArns ?? [], answer.nextToken];
      }),

    async tagKeys(arn) {
      const answer = await run('ListTagsForResource', (client, sdk) =>
        client.send(new sdk.ListTagsForResourceCommand({ resourceArn: arn })),
      );
      return (answer.tags ?? []).flatMap(({ key }) => key ?? []);
    },

    async deregister(arn) {
      await run('DeregisterTaskDefinition', (client, sdk) =>
        client.send(new sdk.DeregisterTaskDefinitionCommand({ taskDefinition: arn })),
      );
    },

    clusterArns: () =>
      allPages(async (nextToken) => {
        const answer = await run('ListClusters', (client, sdk) =>
          client.send(new sdk.ListClustersCommand({ ...nextToken })),
        );
        return [answer.clusterArns ?? [], answer.nextToken];
      }),

    async usedByServices(cluster) {
      const arns = await allPages(async (nextToken) => {
        const answer = await run('ListServices', (client, sdk) =>
          client.send(new sdk.ListServicesCommand({ cluster, maxResults: 100, ...nextToken })),
        );
        return [answer.serviceArns ?? [], answer.nextToken];
      });
      // DescribeServices takes 10 at once.
      const answers = await Promise.all(
        chunks(arns, 10).map((services) =>
          run('DescribeServices', (client, sdk) =>
            client.send(new sdk.DescribeServicesCommand({ cluster, services: [...services] })),
          ),
        ),
      );
      return answers
        .flatMap((answer) => answer.services ?? [])
        .flatMap((service) => [
          service.taskDefinition,
          ...(service.deployments ?? []).map((deployment) => deployment.taskDefinition),
          ...(service.taskSets ?? []).map((set) => set.taskDefinition),
        ])
        .filter((arn) => arn !== undefined);
    },

    async usedByTasks(cluster, family) {
      const arns = await allPages(async (nextToken) => {
        const answer = await run('ListTasks', (client, sdk) =>
          client.send(new sdk.ListTasksCommand({ cluster, family, ...nextToken })),
        );
        return [answer.taskArns ?? [], answer.nextToken];
      });
      const answers = await Promise.all(
        chunks(arns, 100).map((tasks) =>
          run('DescribeTasks', (client, sdk) =>
            client.send(new sdk.DescribeTasksCommand({ cluster, tasks: [...tasks] })),
          ),
        ),
      );
      return answers
        .flatMap((answer) => answer.tasks ?? [])
        .flatMap((task) => task.taskDefinitionArn ?? []);
    },

    usedBySchedules: openScheduleUse(config),
    usedByRules: openRuleUse(config),
  };
}
