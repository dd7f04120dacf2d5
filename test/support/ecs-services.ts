import {
  CreateServiceCommand,
  RegisterTaskDefinitionCommand,
  type ContainerDefinition,
  type CreateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { ecsClient, names } from './ecs-deploy.js';
import type { TestEmulator } from './emulator.js';

/** How a service differs from those that `createServices` makes. */
export interface ServiceChanges {
  readonly service?: Partial<CreateServiceCommandInput>;
  readonly container?: Partial<ContainerDefinition>;
}

/** Creates services of one Fargate task that run an image; what differs is given by their names. */
export async function createServices(
  emulator: TestEmulator,
  image: string,
  services: Readonly<Record<string, ServiceChanges>>,
): Promise<void> {
  const ecs = ecsClient(emulator);
  await Promise.all(
    Object.entries(services).map(async ([serviceName, { service, container }]) => {
      await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: serviceName,
          requiresCompatibilities: ['FARGATE'],
          networkMode: 'awsvpc',
          cpu: '256',
          memory: '512',
          executionRoleArn: 'arn:aws:iam::123456789012:role/shop-execution',
          containerDefinitions: [
            {
              name: 'app',
              image,
              portMappings: [{ containerPort: 8080 }],
              logConfiguration: {
                logDriver: 'awslogs',
                options: {
                  'awslogs-group': names.logGroup,
                  'awslogs-region': emulator.region,
                  'awslogs-stream-prefix': serviceName,
                },
              },
              ...container,
            },
          ],
        }),
      );
      await ecs.send(
        new CreateServiceCommand({
          cluster: names.cluster,
          serviceName,
          taskDefinition: serviceName,
          desiredCount: 1,
          launchType: 'FARGATE',
          networkConfiguration: {
            awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] },
          },
          deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
          ...service,
        }),
      );
    }),
  );
}
