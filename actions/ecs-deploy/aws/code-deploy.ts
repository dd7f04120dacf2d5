import { createHash } from 'node:crypto';
import type * as codeDeploySdk from '@aws-sdk/client-codedeploy';
import type { AwsClientConfig } from '../../shared/aws-access.js';
import { OperationError } from '../../shared/errors.js';
import type { CodeDeploy } from '../strategies/code-deploy/ports.js';
import { awsErrorName, call, lazy } from './calls.js';
import { toCodeDeployment, toDeploymentGroup, toTarget } from './code-deploy-views.js';

type Sdk = typeof codeDeploySdk;

const activeStatuses = [
  'Created',
  'Queued',
  'InProgress',
  'Baking',
  'Ready',
] as const satisfies readonly codeDeploySdk.DeploymentStatus[];

/** AWS CodeDeploy behind the port, by the SDK. */
export function openCodeDeploy(config: AwsClientConfig): CodeDeploy {
  const open = lazy(async () => {
    const sdk = await import('@aws-sdk/client-codedeploy');
    return { sdk, client: new sdk.CodeDeployClient(config) };
  });
  const run = async <T>(
    operation: string,
    body: (client: codeDeploySdk.CodeDeployClient, sdk: Sdk) => Promise<T>,
  ): Promise<T> => {
    const { client, sdk } = await open();
    return call(`codedeploy:${operation}`, () => body(client, sdk));
  };
  const targetIds = new Map<string, readonly string[]>();

  return {
    async applicationNames() {
      return pages(async (nextToken) => {
        const answer = await run('ListApplications', (client, sdk) =>
          client.send(new sdk.ListApplicationsCommand(nextToken)),
        );
        return [answer.applications, answer.nextToken];
      });
    },

    async groupNames(applicationName) {
      try {
        return await pages(async (nextToken) => {
          const answer = await run('ListDeploymentGroups', (client, sdk) =>
            client.send(new sdk.ListDeploymentGroupsCommand({ applicationName, ...nextToken })),
          );
          return [answer.deploymentGroups, answer.nextToken];
        });
      } catch (thrown) {
        if (awsErrorName(thrown) === 'ApplicationDoesNotExistException') return undefined;
        throw thrown;
      }
    },

    async describeGroup(applicationName, deploymentGroupName) {
      try {
        const answer = await run('GetDeploymentGroup', (client, sdk) =>
          client.send(new sdk.GetDeploymentGroupCommand({ applicationName, deploymentGroupName })),
        );
        const group = answer.deploymentGroupInfo;
        return group?.computePlatform === 'ECS' ? toDeploymentGroup(group) : 'group-missing';
      } catch (thrown) {
        const name = awsErrorName(thrown);
        if (name === 'ApplicationDoesNotExistException') return 'application-missing';
        if (name === 'DeploymentGroupDoesNotExistException') return 'group-missing';
        throw thrown;
      }
    },

    async describeGroups(applicationName, names) {
      const groups = [];
      // The API takes 100 at once.
      for (let at = 0; at < names.length; at += 100) {
        const answer = await run('BatchGetDeploymentGroups', (client, sdk) =>
          client.send(
            new sdk.BatchGetDeploymentGroupsCommand({
              applicationName,
              deploymentGroupNames: names.slice(at, at + 100),
            }),
          ),
        );
        groups.push(...(answer.deploymentGroupsInfo ?? []));
      }
      return groups.filter((group) => group.computePlatform === 'ECS').map(toDeploymentGroup);
    },

    async create(request) {
      try {
        const answer = await run('CreateDeployment', (client, sdk) =>
          client.send(
            new sdk.CreateDeploymentCommand({
              applicationName: request.application,
              deploymentGroupName: request.group,
              ...(request.config === undefined ? {} : { deploymentConfigName: request.config }),
              description: request.description,
              revision: {
                revisionType: 'AppSpecContent',
                appSpecContent: {
                  content: request.appSpec,
                  sha256: createHash('sha256').update(request.appSpec).digest('hex'),
                },
              },
            }),
          ),
        );
        if (answer.deploymentId !== undefined) return { kind: 'created', id: answer.deploymentId };
        throw new OperationError(
          'aws-answer-incomplete',
          'codedeploy:CreateDeployment answered without an id',
        );
      } catch (thrown) {
        if (awsErrorName(thrown) !== 'DeploymentLimitExceededException') throw thrown;
        const message = thrown instanceof Error ? thrown.message : '';
        // AWS has worded this differently over time; the id has kept its form.
        return { kind: 'busy', id: /\bd-[A-Z0-9]{6,}\b/.exec(message)?.[0], message };
      }
    },

    async describe(deploymentId) {
      try {
        const answer = await run('GetDeployment', (client, sdk) =>
          client.send(new sdk.GetDeploymentCommand({ deploymentId })),
        );
        return answer.deploymentInfo && toCodeDeployment(answer.deploymentInfo);
      } catch (thrown) {
        if (awsErrorName(thrown) === 'DeploymentDoesNotExistException') return undefined;
        throw thrown;
      }
    },

    async describeTarget(deploymentId) {
      try {
        const known = targetIds.get(deploymentId);
        const ids =
          known ??
          (
            await run('ListDeploymentTargets', (client, sdk) =>
              client.send(new sdk.ListDeploymentTargetsCommand({ deploymentId })),
            )
          ).targetIds ??
          [];
        if (ids.length === 0) return undefined;
        targetIds.set(deploymentId, ids);
        const answer = await run('BatchGetDeploymentTargets', (client, sdk) =>
          client.send(
            new sdk.BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: ids.slice(0, 1) }),
          ),
        );
        const target = answer.deploymentTargets?.[0]?.ecsTarget;
        return target && toTarget(target);
      } catch (thrown) {
        // A deployment has no targets in its first moments.
        if (awsErrorName(thrown) === 'DeploymentNotStartedException') return undefined;
        throw thrown;
      }
    },

    async list(applicationName, deploymentGroupName, which) {
      const answer = await run('ListDeployments', (client, sdk) =>
        client.send(
          new sdk.ListDeploymentsCommand({
            applicationName,
            deploymentGroupName,
            ...('active' in which
              ? { includeOnlyStatuses: [...activeStatuses] }
              : { createTimeRange: { start: new Date(which.createdAfterMs) } }),
          }),
        ),
      );
      return answer.deployments ?? [];
    },

    async stop(deploymentId) {
      try {
        await run('StopDeployment', (client, sdk) =>
          client.send(new sdk.StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true })),
        );
        return true;
      } catch (thrown) {
        if (awsErrorName(thrown) === 'DeploymentAlreadyCompletedException') return false;
        throw thrown;
      }
    },

    async continue(deploymentId, deploymentWaitType) {
      try {
        await run('ContinueDeployment', (client, sdk) =>
          client.send(new sdk.ContinueDeploymentCommand({ deploymentId, deploymentWaitType })),
        );
        return true;
      } catch (thrown) {
        if (notWaiting.has(awsErrorName(thrown) ?? '')) return false;
        throw thrown;
      }
    },
  };
}

const notWaiting = new Set([
  'DeploymentAlreadyCompletedException',
  'DeploymentIsNotInReadyStateException',
  'InvalidDeploymentStatusException',
]);

type Page = readonly [items: readonly string[] | undefined, nextToken: string | undefined];

async function pages(
  read: (nextToken: { readonly nextToken?: string }) => Promise<Page>,
): Promise<readonly string[]> {
  const all: string[] = [];
  let nextToken: string | undefined;
  do {
    const [items, next]: Page = await read(nextToken === undefined ? {} : { nextToken });
    all.push(...(items ?? []));
    nextToken = next;
  } while (nextToken !== undefined);
  return all;
}
