import { createHash } from 'node:crypto';
import type * as codeDeploySdk from '@aws-sdk/client-codedeploy';
import type { AwsClientConfig } from '../../shared/aws-access.js';
import { OperationError } from '../../shared/errors.js';
import type { CodeDeploy } from '../strategies/code-deploy/ports.js';
import { awsErrorName, callsOf, isAccessDenied } from './calls.js';
import type { CodeDeployment } from '../strategies/code-deploy/model.js';
import { chunks } from '../../shared/chunks.js';
import { toCodeDeployment, toDeploymentGroup, toRouting, toTarget } from './code-deploy-views.js';
import { allPages } from '../../shared/pages.js';

const activeStatuses = [
  'Created',
  'Queued',
  'InProgress',
  'Baking',
  'Ready',
] as const satisfies readonly codeDeploySdk.DeploymentStatus[];

/** AWS CodeDeploy behind the port, by the SDK. */
export function openCodeDeploy(config: AwsClientConfig): CodeDeploy {
  const run = callsOf('codedeploy', async () => {
    const sdk = await import('@aws-sdk/client-codedeploy');
    return { sdk, client: new sdk.CodeDeployClient(config) };
  });
  const appSpecs = new Map<string, Promise<string | undefined>>();
  const targetIds = new Map<string, readonly string[]>();

  /**
   * API reference, "GetDeployment": the content of an AppSpec is left out there, and is to be asked
   * for by its hash. One that lies in S3 has none.
   */
  const withAppSpec = async (info: codeDeploySdk.DeploymentInfo): Promise<CodeDeployment> => {
    const { applicationName, revision } = info;
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- other tools still send it
    const given = revision?.appSpecContent?.content ?? revision?.string?.content;
    const sha256 = revision?.appSpecContent?.sha256;
    if (given !== undefined || sha256 === undefined) return toCodeDeployment(info, given);
    const known = appSpecs.get(sha256);
    const read =
      known ??
      unlessDenied(
        run('GetApplicationRevision', async (client, sdk) => {
          const answer = await client.send(
            new sdk.GetApplicationRevisionCommand({
              applicationName,
              revision: { revisionType: 'AppSpecContent', appSpecContent: { sha256 } },
            }),
          );
          return answer.revision?.appSpecContent?.content;
        }),
      );
    appSpecs.set(sha256, read);
    try {
      return toCodeDeployment(info, await read);
    } catch (thrown) {
      appSpecs.delete(sha256);
      throw thrown;
    }
  };

  return {
    async applicationNames() {
      return allPages(async (nextToken) => {
        const answer = await run('ListApplications', (client, sdk) =>
          client.send(new sdk.ListApplicationsCommand(nextToken)),
        );
        return [answer.applications, answer.nextToken];
      });
    },

    async groupNames(applicationName) {
      try {
        return await allPages(async (nextToken) => {
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
      for (const some of chunks(names, 100)) {
        const answer = await run('BatchGetDeploymentGroups', (client, sdk) =>
          client.send(
            new sdk.BatchGetDeploymentGroupsCommand({
              applicationName,
              deploymentGroupNames: [...some],
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
        return answer.deploymentInfo && (await withAppSpec(answer.deploymentInfo));
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

    async succeeded(applicationName, deploymentGroupName, createdAfterMs) {
      const ids = await allPages(async (nextToken) => {
        const answer = await run('ListDeployments', (client, sdk) =>
          client.send(
            new sdk.ListDeploymentsCommand({
              applicationName,
              deploymentGroupName,
              includeOnlyStatuses: ['Succeeded'],
              createTimeRange: { start: new Date(createdAfterMs) },
              ...nextToken,
            }),
          ),
        );
        return [answer.deployments, answer.nextToken];
      });
      const found = [];
      // The API takes 25 at once.
      for (const some of chunks(ids, 25)) {
        const answer = await run('BatchGetDeployments', (client, sdk) =>
          client.send(new sdk.BatchGetDeploymentsCommand({ deploymentIds: [...some] })),
        );
        for (const info of answer.deploymentsInfo ?? []) found.push(await withAppSpec(info));
      }
      return found.sort((left, right) => right.createdAtMs - left.createdAtMs);
    },

    async routing(deploymentConfigName) {
      const answer = await run('GetDeploymentConfig', (client, sdk) =>
        client.send(new sdk.GetDeploymentConfigCommand({ deploymentConfigName })),
      );
      return toRouting(answer.deploymentConfigInfo?.trafficRoutingConfig);
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

/** The denial of this one call only costs details; whoever needs them says so. */
async function unlessDenied<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (thrown) {
    if (!isAccessDenied(thrown)) throw thrown;
    return undefined;
  }
}

const notWaiting = new Set([
  'DeploymentAlreadyCompletedException',
  'DeploymentIsNotInReadyStateException',
  'InvalidDeploymentStatusException',
]);
