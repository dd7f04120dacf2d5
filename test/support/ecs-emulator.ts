import type {
  Service,
  ServiceDeployment,
  ServiceRevision,
  Task,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import { type VirtualClock, createClock } from '../../emulator/clock.js';
import { createCodeDeploy, type CodeDeployService } from '../../emulator/codedeploy/index.js';
import {
  createEcs,
  type EcsService,
  type ImageResolution,
  type Timings,
} from '../../emulator/ecs/index.js';
import type { Wire } from '../../emulator/ecs/wire.js';

export const REGISTRY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

export interface LogCall {
  readonly group: string;
  readonly stream: string;
  readonly lines: readonly string[];
  readonly timestampMs: number;
}

/** An emulated ECS whose time moves only when the test says so, with a cluster `main`. */
export interface EcsFixture {
  readonly ecs: EcsService;
  /** Deploys the services of `ecs` whose controller is CODE_DEPLOY. */
  readonly codeDeploy: CodeDeployService;
  readonly clock: VirtualClock;
  /** What the registry knows, by reference; everything else under REGISTRY is missing. */
  readonly images: Map<string, ImageResolution>;
  readonly logs: LogCall[];
  /** Adds an image to the registry, with its own ENV, and returns its reference. */
  push(name: string, env?: Record<string, string>, platforms?: string[]): string;
  call(operation: string, input?: object): Promise<Record<string, unknown>>;
  /** Registers a definition of one container `app` and returns its ARN. */
  define(image: string, more?: DefinitionMore): Promise<string>;
  create(taskDefinition: string, more?: object): Promise<Wire<Service>>;
  update(more: object): Promise<Wire<Service>>;
  service(name?: string): Promise<Wire<Service>>;
  /** The service deployments of the service, newest first. */
  rollouts(name?: string): Promise<Wire<ServiceDeployment>[]>;
  revision(arn: string | undefined): Promise<Wire<ServiceRevision>>;
  tasks(desiredStatus?: 'RUNNING' | 'STOPPED', filter?: object): Promise<Wire<Task>[]>;
  /** Moves the time on, in steps of `stepSeconds`, and calls `each` after every step. */
  advance(seconds: number, each?: () => Promise<void>, stepSeconds?: number): Promise<void>;
}

export interface DefinitionMore {
  readonly family?: string;
  readonly environment?: Record<string, string>;
  readonly container?: object;
  readonly task?: object;
  readonly sidecars?: object[];
}

export const HEALTH_CHECK = { command: ['CMD-SHELL', 'true'], interval: 10, retries: 2 };

export const NETWORK = { awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } };

const targetGroup = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup';
const listenerRule = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/main';

/** A load balancer whose traffic ECS may shift. */
export const BALANCED = {
  targetGroupArn: `${targetGroup}/web-1/0123456789abcdef`,
  containerName: 'app',
  containerPort: 8080,
  advancedConfiguration: {
    alternateTargetGroupArn: `${targetGroup}/web-2/0123456789abcdef`,
    productionListenerRule: `${listenerRule}/1/2/3`,
    testListenerRule: `${listenerRule}/1/2/4`,
    roleArn: 'arn:aws:iam::123456789012:role/ecs-traffic',
  },
};

export function lambdaHook(hookTargetArn: string, lifecycleStages: readonly string[]) {
  const roleArn = 'arn:aws:iam::123456789012:role/ecs-hooks';
  return { targetType: 'AWS_LAMBDA', hookTargetArn, roleArn, lifecycleStages };
}

export function pauseHook(lifecycleStages: readonly string[], timeoutInMinutes?: number) {
  return {
    targetType: 'PAUSE',
    lifecycleStages,
    ...(timeoutInMinutes === undefined ? {} : { timeoutConfiguration: { timeoutInMinutes } }),
  };
}

export async function ecsFixture(timings: Partial<Timings> = {}): Promise<EcsFixture> {
  const clock = createClock({ speed: 0, startMs: Date.UTC(2026, 0, 1) });
  const images = new Map<string, ImageResolution>();
  const logs: LogCall[] = [];
  const ecs = createEcs({
    clock,
    region: 'eu-west-1',
    accountId: '123456789012',
    timings,
    images: {
      resolve: (reference) =>
        Promise.resolve(
          images.get(reference) ??
            (reference.startsWith(REGISTRY) || reference.startsWith('placeholder.invalid/')
              ? { kind: 'missing' }
              : { kind: 'unknown-registry' }),
        ),
    },
    logs: {
      put: (group, stream, lines, timestampMs) => {
        logs.push({ group, stream, lines, timestampMs });
        return Promise.resolve();
      },
    },
  });
  const codeDeploy = createCodeDeploy({
    clock,
    region: 'eu-west-1',
    accountId: '123456789012',
    taskSets: ecs.taskSets,
    onBackgroundError: (error) => {
      throw error;
    },
  });
  const call = (operation: string, input: object = {}) => ecs.handle(operation, { ...input });
  const fixture: EcsFixture = {
    ecs,
    codeDeploy,
    clock,
    images,
    logs,
    push(name, env = {}, platforms = ['linux/amd64']) {
      const reference = `${REGISTRY}/${name}`;
      const digest = `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)}`;
      images.set(reference, { kind: 'found', digest, env, platforms });
      return reference;
    },
    call,
    async define(image, more = {}) {
      const output = await call('RegisterTaskDefinition', {
        family: more.family ?? 'web',
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        executionRoleArn: 'arn:aws:iam::123456789012:role/web-execution',
        containerDefinitions: [
          {
            name: 'app',
            image,
            portMappings: [{ containerPort: 8080 }],
            environment: Object.entries(more.environment ?? {}).map(([name, value]) => ({
              name,
              value,
            })),
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                'awslogs-group': '/ecs/web',
                'awslogs-region': 'eu-west-1',
                'awslogs-stream-prefix': 'web',
              },
            },
            ...more.container,
          },
          ...(more.sidecars ?? []),
        ],
        ...more.task,
      });
      return (output['taskDefinition'] as Wire<TaskDefinition>).taskDefinitionArn ?? '';
    },
    async create(taskDefinition, more = {}) {
      const output = await call('CreateService', {
        cluster: 'main',
        serviceName: 'web',
        launchType: 'FARGATE',
        desiredCount: 2,
        taskDefinition,
        networkConfiguration: NETWORK,
        ...more,
      });
      return output['service'] as Wire<Service>;
    },
    async update(more) {
      const output = await call('UpdateService', { cluster: 'main', service: 'web', ...more });
      return output['service'] as Wire<Service>;
    },
    async service(name = 'web') {
      const output = await call('DescribeServices', { cluster: 'main', services: [name] });
      return only((output as { services: Wire<Service>[] }).services);
    },
    async rollouts(name = 'web') {
      const listed = await call('ListServiceDeployments', { cluster: 'main', service: name });
      const arns = (listed['serviceDeployments'] as Wire<ServiceDeployment>[]).map(
        (deployment) => deployment.serviceDeploymentArn,
      );
      const output = await call('DescribeServiceDeployments', { serviceDeploymentArns: arns });
      return output['serviceDeployments'] as Wire<ServiceDeployment>[];
    },
    async revision(arn) {
      const output = await call('DescribeServiceRevisions', { serviceRevisionArns: [arn] });
      return only(output['serviceRevisions'] as Wire<ServiceRevision>[]);
    },
    async tasks(desiredStatus = 'RUNNING', filter = {}) {
      const listed = await call('ListTasks', { cluster: 'main', desiredStatus, ...filter });
      const arns = listed['taskArns'] as string[];
      if (arns.length === 0) return [];
      const output = await call('DescribeTasks', { cluster: 'main', tasks: arns });
      return output['tasks'] as Wire<Task>[];
    },
    async advance(seconds, each, stepSeconds = 1) {
      for (let passed = 0; passed < seconds; passed += stepSeconds) {
        clock.advance(stepSeconds * 1000);
        await ecs.settled();
        await codeDeploy.settled();
        await each?.();
      }
    },
  };
  await call('CreateCluster', { clusterName: 'main' });
  return fixture;
}

/** The one element of a list. Throws when there are none or several. */
export function only<T>(items: readonly T[]): T {
  const [first] = items;
  if (first === undefined || items.length !== 1) {
    throw new Error(`expected one element, got ${items.length}`);
  }
  return first;
}

/** The AWS error code that a call fails with; undefined when it succeeds. */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
