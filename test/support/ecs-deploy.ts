import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  CreateRepositoryCommand,
  ECRClient,
  RepositoryAlreadyExistsException,
} from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type ContainerDefinition,
  type CreateServiceCommandInput,
  type Service,
} from '@aws-sdk/client-ecs';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { pushableImage, registryClient } from './ecr-registry.js';
import { ecsTrust } from './ecs-account.js';
import { sdkConfig, type TestEmulator } from './emulator.js';
import { ownAction, runStep, type JobOptions, type RunStepResult } from './runner.js';

/** The names of the service that `makeService` makes in an environment. */
export interface ServiceNames {
  readonly project: string;
  readonly environment: string;
  readonly service: string;
  readonly cluster: string;
  readonly serviceName: string;
  readonly repository: string;
  readonly logGroup: string;
}

export function namesIn(environment: string): ServiceNames {
  return {
    project: 'shop',
    environment,
    service: 'web',
    cluster: `shop-${environment}`,
    serviceName: `shop-web-${environment}`,
    repository: 'shop/web',
    logGroup: `/ecs/shop-web-${environment}`,
  };
}

/** Those of the service where no environment is named. */
export const names = namesIn('dev');

const releaseParameter = '/dev/shop/web/release/current';

export function ecsClient(emulator: TestEmulator): ECSClient {
  return new ECSClient(sdkConfig(emulator));
}

/** A subnet and a security group; the check before a first release wants them to be there. */
async function makeNetwork(emulator: TestEmulator, GroupName: string) {
  const ec2 = new EC2Client(sdkConfig(emulator));
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
  const VpcId = Vpc?.VpcId ?? '';
  const [{ Subnet }, { GroupId }] = await Promise.all([
    ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.9.0.0/24' })),
    ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName, Description: 'web' })),
  ]);
  return { subnets: [Subnet?.SubnetId ?? ''], securityGroups: [GroupId ?? ''] };
}

/** Environments of one account share it. */
async function makeRepository(ecr: ECRClient, repositoryName: string): Promise<void> {
  try {
    await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  } catch (thrown) {
    if (!(thrown instanceof RepositoryAlreadyExistsException)) throw thrown;
  }
}

/** The network, role, repository, cluster, template, service with 0 tasks and contract that Terraform makes. */
export async function makeService(
  emulator: TestEmulator,
  changes: {
    readonly service?: Partial<CreateServiceCommandInput>;
    /** Containers besides `app`. */
    readonly sidecars?: ContainerDefinition[];
    readonly environment?: string;
  } = {},
): Promise<void> {
  const config = sdkConfig(emulator);
  const its = namesIn(changes.environment ?? names.environment);
  const ecs = new ECSClient(config);
  const template = `${its.serviceName}-template`;
  const role = `${its.serviceName}-execution`;
  const [awsvpcConfiguration] = await Promise.all([
    makeNetwork(emulator, its.serviceName),
    new IAMClient(config).send(
      new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument: ecsTrust }),
    ),
    makeRepository(new ECRClient(config), its.repository),
    new CloudWatchLogsClient(config).send(
      new CreateLogGroupCommand({ logGroupName: its.logGroup }),
    ),
    ecs.send(new CreateClusterCommand({ clusterName: its.cluster })),
    ecs.send(
      new RegisterTaskDefinitionCommand({
        family: template,
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        executionRoleArn: `arn:aws:iam::123456789012:role/${role}`,
        containerDefinitions: [
          {
            name: 'app',
            image: 'placeholder.invalid/set-by-ecs-deploy:none',
            portMappings: [{ containerPort: 8080 }],
            environment: [{ name: 'EMPTY', value: '' }],
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                'awslogs-group': its.logGroup,
                'awslogs-region': emulator.region,
                'awslogs-stream-prefix': 'app',
              },
            },
          },
          ...(changes.sidecars ?? []),
        ],
      }),
    ),
    putContract(emulator, JSON.stringify(contractDocument(its)), its),
  ]);
  await ecs.send(
    new CreateServiceCommand({
      cluster: its.cluster,
      serviceName: its.serviceName,
      taskDefinition: template,
      desiredCount: 0,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration },
      deploymentConfiguration: {
        minimumHealthyPercent: 100,
        maximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
      ...changes.service,
    }),
  );
}

/** A contract as `terraform/modules/ssm-contract` writes it. */
export function contractDocument(its: ServiceNames = names): Record<string, unknown> {
  return {
    version: 1,
    project: its.project,
    service: its.service,
    environment: its.environment,
    cluster: its.cluster,
    serviceName: its.serviceName,
    strategy: 'rolling',
    templateFamily: `${its.serviceName}-template`,
    liveFamily: its.serviceName,
    container: 'app',
    containerPort: 8080,
    repository: its.repository,
    subnets: ['subnet-0a1b2c3d'],
    securityGroups: ['sg-0a1b2c3d'],
    assignPublicIp: false,
    desiredCount: 2,
    logGroup: its.logGroup,
    deployment: {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
    },
  };
}

export async function putContract(
  emulator: TestEmulator,
  value: string,
  { environment, project, service }: ServiceNames = names,
): Promise<void> {
  await new SSMClient(sdkConfig(emulator)).send(
    new PutParameterCommand({
      Name: `/${environment}/${project}/${service}/deploy`,
      Type: 'String',
      Value: value,
      Overwrite: true,
    }),
  );
}

/** The release record, or `undefined` where there is none. */
export async function readRelease(
  emulator: TestEmulator,
): Promise<Record<string, unknown> | undefined> {
  try {
    const answer = await new SSMClient(sdkConfig(emulator)).send(
      new GetParameterCommand({ Name: releaseParameter }),
    );
    return JSON.parse(answer.Parameter?.Value ?? 'null') as Record<string, unknown>;
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'ParameterNotFound') return undefined;
    throw thrown;
  }
}

export async function readService(
  emulator: TestEmulator,
  { cluster, serviceName }: ServiceNames = names,
): Promise<Service> {
  const answer = await ecsClient(emulator).send(
    new DescribeServicesCommand({ cluster, services: [serviceName] }),
  );
  const [service] = answer.services ?? [];
  if (service === undefined) throw new Error(`no service ${serviceName}`);
  return service;
}

/** Pushes an image of one layer whose config holds `env`, as a container engine does. */
export async function pushServiceImage(
  emulator: TestEmulator,
  tag: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly reference: string; readonly digest: string }> {
  const registry = await registryClient(new ECRClient(sdkConfig(emulator)), emulator.registryHost);
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const image = pushableImage(variables, { content: tag });
  const answer = await registry.push(names.repository, tag, image);
  if (!answer.ok) throw new Error(`push failed: ${answer.status} ${await answer.text()}`);
  return {
    reference: `${emulator.registryHost}/${names.repository}:${tag}`,
    digest: image.digest,
  };
}

export interface DeployStep {
  readonly inputs: Readonly<Record<string, string>>;
  /** Files of the workspace, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Default: the emulator's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
  readonly job?: Partial<JobOptions>;
}

/** Runs the built action in a workspace of `files` alone, for the service by its contract. */
export async function runDeploy(emulator: TestEmulator, step: DeployStep): Promise<RunStepResult> {
  const workspace = await mkdtemp(path.join(await realpath(emulator.directory), 'workspace-'));
  for (const [file, text] of Object.entries(step.files ?? {})) {
    const full = path.join(workspace, file);
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, text);
  }
  const contract = {
    project: names.project,
    environment: names.environment,
    service: names.service,
  };
  return runStep({
    workspace,
    actionDirectory: ownAction('ecs-deploy'),
    sha: 'c0ffee0000000000000000000000000000000000',
    env: step.env ?? emulator.environment,
    ...(step.signal === undefined ? {} : { signal: step.signal }),
    ...(step.onLine === undefined ? {} : { onLine: step.onLine }),
    ...step.job,
    inputs: {
      ...('cluster' in step.inputs ? {} : contract),
      'poll-interval-seconds': '0.2',
      ...step.inputs,
    },
  });
}
