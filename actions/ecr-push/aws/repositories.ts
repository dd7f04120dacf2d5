import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  type CreateRepositoryCommandInput,
} from '@aws-sdk/client-ecr';
import { OperationError } from '../../shared/errors.js';
import type { Repositories } from '../ecr.js';
import { madeHereTag } from '../repository-documents.js';
import { toRepository } from './answers.js';
import type { Calls } from './calls.js';

function mutability(
  movingTags: readonly string[],
): Pick<CreateRepositoryCommandInput, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'> {
  if (movingTags.length === 0) return { imageTagMutability: 'IMMUTABLE' };
  return {
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    imageTagMutabilityExclusionFilters: movingTags.map((filter) => ({
      filterType: 'WILDCARD',
      filter,
    })),
  };
}

/** `Repositories` over the AWS SDK. */
export function ecrRepositories({ client, abort, call }: Calls): Repositories {
  const findRepository: Repositories['findRepository'] = (name) =>
    call(
      'DescribeRepositories',
      name,
      async () => {
        const command = new DescribeRepositoriesCommand({ repositoryNames: [name] });
        const [found] = (await client.send(command, abort)).repositories ?? [];
        return found === undefined ? undefined : toRepository(found);
      },
      { RepositoryNotFoundException: () => undefined },
    );

  async function isMadeHere(name: string, arn: string): Promise<boolean> {
    const command = new ListTagsForResourceCommand({ resourceArn: arn });
    const { tags } = await call('ListTagsForResource', name, () => client.send(command, abort));
    return (tags ?? []).some(
      ({ Key, Value }) => Key === madeHereTag.Key && Value === madeHereTag.Value,
    );
  }

  async function hasLifecycle(repositoryName: string): Promise<boolean> {
    const command = new GetLifecyclePolicyCommand({ repositoryName });
    return call(
      'GetLifecyclePolicy',
      repositoryName,
      async () => (await client.send(command, abort)).lifecyclePolicyText !== undefined,
      { LifecyclePolicyNotFoundException: () => false },
    );
  }

  async function policyOf(repositoryName: string): Promise<string | undefined> {
    const command = new GetRepositoryPolicyCommand({ repositoryName });
    return call<string | undefined>(
      'GetRepositoryPolicy',
      repositoryName,
      async () => (await client.send(command, abort)).policyText,
      { RepositoryPolicyNotFoundException: () => undefined },
    );
  }

  return {
    findRepository,

    async createRepository(name, { kmsKey, movingTags }) {
      const command = new CreateRepositoryCommand({
        repositoryName: name,
        ...mutability(movingTags),
        imageScanningConfiguration: { scanOnPush: true },
        ...(kmsKey === undefined
          ? {}
          : { encryptionConfiguration: { encryptionType: 'KMS', kmsKey } }),
        tags: [madeHereTag],
      });
      const made = await call(
        'CreateRepository',
        name,
        async () => (await client.send(command, abort)).repository,
        { RepositoryAlreadyExistsException: () => undefined },
      );
      const repository = made === undefined ? await findRepository(name) : toRepository(made);
      if (repository === undefined) {
        throw new OperationError('ecr-failed', `the repository ${name} vanished as it was made`);
      }
      return repository;
    },

    async repositoryState({ name, arn }) {
      const [madeHere, lifecycle, policy] = await Promise.all([
        arn === undefined ? false : isMadeHere(name, arn),
        hasLifecycle(name),
        policyOf(name),
      ]);
      return { madeHere, hasLifecycle: lifecycle, policy };
    },

    async putLifecycle(repositoryName, lifecyclePolicyText) {
      const command = new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText });
      await call('PutLifecyclePolicy', repositoryName, () => client.send(command, abort));
    },

    async putPolicy(repositoryName, policyText) {
      const command = new SetRepositoryPolicyCommand({ repositoryName, policyText });
      await call('SetRepositoryPolicy', repositoryName, () => client.send(command, abort));
    },
  };
}
