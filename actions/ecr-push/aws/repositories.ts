import { CreateRepositoryCommand, DescribeRepositoriesCommand } from '@aws-sdk/client-ecr';
import { OperationError } from '../../shared/errors.js';
import type { Repositories } from '../ecr.js';
import { toRepository } from './answers.js';
import type { Calls } from './calls.js';

/** `Repositories` over the AWS SDK. */
export function ecrRepositories({ client, abort, call }: Calls): Repositories {
  return {
    findRepository: (name) =>
      call(
        'DescribeRepositories',
        name,
        async () => {
          const command = new DescribeRepositoriesCommand({ repositoryNames: [name] });
          const [found] = (await client.send(command, abort)).repositories ?? [];
          return found === undefined ? undefined : toRepository(found);
        },
        { RepositoryNotFoundException: () => undefined },
      ),

    async createRepository(name) {
      const made = await call(
        'CreateRepository',
        name,
        async () =>
          (
            await client.send(
              new CreateRepositoryCommand({
                repositoryName: name,
                imageTagMutability: 'IMMUTABLE',
                imageScanningConfiguration: { scanOnPush: true },
              }),
              abort,
            )
          ).repository,
        { RepositoryAlreadyExistsException: () => undefined },
      );
      const repository = made === undefined ? await this.findRepository(name) : toRepository(made);
      if (repository === undefined) {
        throw new OperationError('ecr-failed', `the repository ${name} vanished as it was made`);
      }
      return repository;
    },
  };
}
