import { OperationError } from '../../shared/errors.js';
import {
  shortName,
  type JsonObject,
  type ServiceDeployment,
  type ServiceLookup,
} from '../model.js';
import type { Ecs } from '../ports.js';
import { isObject } from '../definition/task-definition.js';
import { batched } from './batches.js';
import { awsErrorName } from './calls.js';
import type { EcsCalls } from './ecs-calls.js';
import { allPages } from '../../shared/pages.js';
import {
  toBrief,
  toService,
  toServiceDeployment,
  toServiceRevision,
  toTags,
  toTask,
} from './ecs-views.js';
import { receiveRawJson, sendRawJson, sendRawUpdate } from './raw-json.js';

/** Amazon ECS behind the port. */
export function openEcs(
  run: EcsCalls,
  { batchWindowMs = 0 }: { readonly batchWindowMs?: number } = {},
): Ecs {
  /** By cluster: a call is about one. */
  const lookUps = new Map<string, (service: string) => Promise<ServiceLookup>>();
  const lookUpIn = (cluster: string): ((service: string) => Promise<ServiceLookup>) => {
    const known = lookUps.get(cluster);
    if (known !== undefined) return known;
    const lookUp = batched<string, ServiceLookup>((names) => lookUpAll(cluster, names), {
      most: 10,
      windowMs: batchWindowMs,
    });
    lookUps.set(cluster, lookUp);
    return lookUp;
  };
  const lookUpAll = async (
    cluster: string,
    names: readonly string[],
  ): Promise<readonly ServiceLookup[]> => {
    try {
      const answer = await run('DescribeServices', (client, sdk) =>
        client.send(new sdk.DescribeServicesCommand({ cluster, services: [...new Set(names)] })),
      );
      return names.map((name) => {
        const found = answer.services?.find(
          ({ serviceName, serviceArn }) => serviceName === name || serviceArn === name,
        );
        return found === undefined || found.status === 'INACTIVE'
          ? { kind: 'service-missing' }
          : { kind: 'found', service: toService(found) };
      });
    } catch (thrown) {
      if (awsErrorName(thrown) !== 'ClusterNotFoundException') throw thrown;
      return names.map(() => ({ kind: 'cluster-missing' }));
    }
  };
  const serviceDeployment = batched<string, ServiceDeployment | undefined>(
    async (arns) => {
      const answer = await run('DescribeServiceDeployments', (client, sdk) =>
        client.send(
          new sdk.DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [...new Set(arns)] }),
        ),
      );
      const found = new Map(
        answer.serviceDeployments?.map((one) => [one.serviceDeploymentArn, one]),
      );
      return arns.map((arn) => {
        const one = found.get(arn);
        return one === undefined ? undefined : toServiceDeployment(one);
      });
    },
    { most: 20, windowMs: batchWindowMs },
  );

  return {
    lookUpService: (cluster, service) => lookUpIn(cluster)(service),

    async serviceNames(cluster) {
      const answer = await run('ListServices', (client, sdk) =>
        client.send(new sdk.ListServicesCommand({ cluster, maxResults: 100 })),
      );
      return lastSegments(answer.serviceArns);
    },

    async clusterNames() {
      const answer = await run('ListClusters', (client, sdk) =>
        client.send(new sdk.ListClustersCommand({ maxResults: 100 })),
      );
      return lastSegments(answer.clusterArns);
    },

    async describeTaskDefinition(reference) {
      try {
        const answer = await run('DescribeTaskDefinition', async (client, sdk) => {
          const command = new sdk.DescribeTaskDefinitionCommand({
            taskDefinition: reference,
            include: ['TAGS'],
          });
          const rawAnswer = receiveRawJson(command);
          const typed = await client.send(command);
          return { typed, raw: rawAnswer()['taskDefinition'] };
        });
        const arn = answer.typed.taskDefinition?.taskDefinitionArn;
        if (arn === undefined || !isObject(answer.raw)) return undefined;
        return { arn, definition: answer.raw, tags: toTags(answer.typed.tags) };
      } catch (thrown) {
        if (awsErrorName(thrown) === 'ClientException') return undefined;
        throw thrown;
      }
    },

    async registerTaskDefinition(definition, tags) {
      const body: JsonObject = { ...definition, tags: tags.map((tag) => ({ ...tag })) };
      const answer = await run('RegisterTaskDefinition', (client, sdk) => {
        const command = new sdk.RegisterTaskDefinitionCommand({
          family: undefined,
          containerDefinitions: [],
        });
        sendRawJson(command, body);
        return client.send(command);
      });
      return present(answer.taskDefinition?.taskDefinitionArn, 'RegisterTaskDefinition');
    },

    async updateService(request) {
      const body = {
        cluster: request.cluster,
        service: request.service,
        ...(request.taskDefinitionArn === undefined
          ? {}
          : { taskDefinition: request.taskDefinitionArn }),
        ...(request.desiredCount === undefined ? {} : { desiredCount: request.desiredCount }),
        ...(request.forceNewDeployment ? { forceNewDeployment: true } : {}),
      };
      const { deploymentConfiguration } = request;
      const answer = await run('UpdateService', (client, sdk) => {
        const command = new sdk.UpdateServiceCommand(body);
        if (deploymentConfiguration !== undefined) {
          sendRawUpdate(command, { ...body, deploymentConfiguration });
        }
        return client.send(command);
      });
      return toService(present(answer.service, 'UpdateService'));
    },

    async listServiceDeployments(cluster, service, createdAfterMs) {
      const found = await allPages(async (next) => {
        const { serviceDeployments, nextToken } = await run(
          'ListServiceDeployments',
          (client, sdk) =>
            client.send(
              new sdk.ListServiceDeploymentsCommand({
                cluster,
                service,
                createdAt: { after: new Date(createdAfterMs) },
                maxResults: 100,
                ...next,
              }),
            ),
        );
        return [serviceDeployments, nextToken];
      });
      return found.map(toBrief).sort((left, right) => right.createdAtMs - left.createdAtMs);
    },

    describeServiceDeployment: serviceDeployment,

    async stopServiceDeployment(arn) {
      await run('StopServiceDeployment', (client, sdk) =>
        client.send(
          new sdk.StopServiceDeploymentCommand({
            serviceDeploymentArn: arn,
            stopType: 'ROLLBACK',
          }),
        ),
      );
    },

    async continueServiceDeployment(request) {
      await run('ContinueServiceDeployment', (client, sdk) =>
        client.send(new sdk.ContinueServiceDeploymentCommand({ ...request })),
      );
    },

    async describeServiceRevisions(arns) {
      if (arns.length === 0) return [];
      const answer = await run('DescribeServiceRevisions', (client, sdk) =>
        client.send(
          new sdk.DescribeServiceRevisionsCommand({ serviceRevisionArns: arns.slice(0, 20) }),
        ),
      );
      return (answer.serviceRevisions ?? []).map(toServiceRevision);
    },

    async stoppedTaskArns(cluster, service) {
      const arns: string[] = [];
      let nextToken: string | undefined;
      do {
        const answer = await run('ListTasks', (client, sdk) =>
          client.send(
            new sdk.ListTasksCommand({
              cluster,
              serviceName: service,
              desiredStatus: 'STOPPED',
              ...(nextToken === undefined ? {} : { nextToken }),
            }),
          ),
        );
        arns.push(...(answer.taskArns ?? []));
        nextToken = answer.nextToken;
      } while (nextToken !== undefined && arns.length < 500);
      return arns;
    },

    async runningTaskArns(cluster, startedBy) {
      const answer = await run('ListTasks', (client, sdk) =>
        // "It must be the only filter that you use" (API reference, ListTasks); running is the default.
        client.send(new sdk.ListTasksCommand({ cluster, startedBy })),
      );
      return answer.taskArns ?? [];
    },

    async describeTasks(cluster, arns) {
      if (arns.length === 0) return [];
      // The API takes 100 at once.
      const answer = await run('DescribeTasks', (client, sdk) =>
        client.send(new sdk.DescribeTasksCommand({ cluster, tasks: arns.slice(0, 100) })),
      );
      return (answer.tasks ?? []).map(toTask);
    },

    async tagResource(arn, tags) {
      await run('TagResource', (client, sdk) =>
        client.send(
          new sdk.TagResourceCommand({ resourceArn: arn, tags: tags.map((tag) => ({ ...tag })) }),
        ),
      );
    },
  };
}

function lastSegments(arns: readonly string[] | undefined): readonly string[] {
  return (arns ?? []).map(shortName).sort();
}

function present<T>(value: T | undefined, operation: string): T {
  if (value === undefined) {
    throw new OperationError('aws-answer-incomplete', `ecs:${operation} answered without a result`);
  }
  return value;
}
