import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
} from '@aws-sdk/client-codedeploy';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { names } from './ecs-deploy.js';
import { sdkConfig, type TestEmulator } from './emulator.js';

export const codeDeployNames = { application: 'fastapi', deploymentGroup: 'fastapi-dev' } as const;

const targetGroup =
  'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/fastapi-blue/1';
const listener = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/fastapi/1/2';

/** `.aws/task-definition-v1-dev.json` of an app repository whose service CodeDeploy deploys. */
export function taskDefinitionFile(emulator: TestEmulator): string {
  return JSON.stringify(
    {
      family: names.serviceName,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      executionRoleArn: 'arn:aws:iam::123456789012:role/fastapi-dev-execution',
      containerDefinitions: [
        {
          name: 'app',
          image: '<IMAGE>',
          portMappings: [{ containerPort: 8000, protocol: 'tcp' }],
          environment: [{ name: 'EMPTY', value: '' }],
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': names.logGroup,
              'awslogs-region': emulator.region,
              'awslogs-stream-prefix': 'app',
            },
          },
        },
      ],
    },
    undefined,
    2,
  );
}

/** `.aws/appspec-v1-dev.yaml` of such a repository: hooks for validation and migrations. */
export const appSpecFile = `version: 0.0
# Rolled out by the workflow deploy.yml.
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo:
          ContainerName: "app"
          ContainerPort: 8000
        PlatformVersion: "LATEST"
Hooks:
  - BeforeInstall: "fastapi-migrate-dev"
  - AfterAllowTestTraffic: "fastapi-smoke-dev"
`;

/** What Terraform makes of such a service: cluster, service with two tasks, CodeDeploy. */
export async function makeCodeDeployService(
  emulator: TestEmulator,
  image: string,
  group: Partial<CreateDeploymentGroupCommandInput> = {},
): Promise<void> {
  const config = sdkConfig(emulator);
  const ecs = new ECSClient(config);
  const codeDeploy = new CodeDeployClient(config);
  const definition = JSON.parse(
    taskDefinitionFile(emulator).replace('<IMAGE>', image),
  ) as ConstructorParameters<typeof RegisterTaskDefinitionCommand>[0];
  await ecs.send(new CreateClusterCommand({ clusterName: names.cluster }));
  await ecs.send(new RegisterTaskDefinitionCommand(definition));
  await ecs.send(
    new CreateServiceCommand({
      cluster: names.cluster,
      serviceName: names.serviceName,
      taskDefinition: names.serviceName,
      desiredCount: 2,
      launchType: 'FARGATE',
      deploymentController: { type: 'CODE_DEPLOY' },
      loadBalancers: [{ targetGroupArn: targetGroup, containerName: 'app', containerPort: 8000 }],
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] },
      },
    }),
  );
  await codeDeploy.send(
    new CreateApplicationCommand({
      applicationName: codeDeployNames.application,
      computePlatform: 'ECS',
    }),
  );
  await codeDeploy.send(
    new CreateDeploymentGroupCommand({
      applicationName: codeDeployNames.application,
      deploymentGroupName: codeDeployNames.deploymentGroup,
      serviceRoleArn: 'arn:aws:iam::123456789012:role/codedeploy',
      deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
      deploymentStyle: {
        deploymentType: 'BLUE_GREEN',
        deploymentOption: 'WITH_TRAFFIC_CONTROL',
      },
      ecsServices: [{ clusterName: names.cluster, serviceName: names.serviceName }],
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
        terminateBlueInstancesOnDeploymentSuccess: {
          action: 'TERMINATE',
          terminationWaitTimeInMinutes: 1,
        },
      },
      loadBalancerInfo: {
        targetGroupPairInfoList: [
          {
            targetGroups: [{ name: 'fastapi-blue' }, { name: 'fastapi-green' }],
            prodTrafficRoute: { listenerArns: [listener] },
            testTrafficRoute: { listenerArns: [`${listener}3`] },
          },
        ],
      },
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
      ...group,
    }),
  );
}

/** The repository and the log group, which exist before any image does. */
export async function makeRepositoryAndLogs(emulator: TestEmulator): Promise<void> {
  const config = sdkConfig(emulator);
  const { repository, logGroup } = names;
  await new ECRClient(config).send(new CreateRepositoryCommand({ repositoryName: repository }));
  await new CloudWatchLogsClient(config).send(
    new CreateLogGroupCommand({ logGroupName: logGroup }),
  );
}
