import { AwsError } from '../aws-error.js';
import type { VirtualClock } from '../clock.js';
import * as accountSettings from './account-settings.js';
import { createArns } from './arns.js';
import * as clusters from './clusters.js';
import type { Context } from './context.js';
import { continueServiceDeployment } from './continue-service-deployment.js';
import { control } from './control.js';
import { emptyState } from './model.js';
import type { Images, Logs } from './ports.js';
import * as serviceDeployments from './service-deployments.js';
import { describeService } from './service-shape.js';
import * as services from './services.js';
import * as tags from './tags.js';
import * as taskDefinitions from './task-definitions.js';
import { taskSetsOf, type TaskSets } from './task-sets.js';
import { describeTask } from './task-shape.js';
import * as tasks from './tasks.js';
import { defaultTimings, type Timings } from './timings.js';
import type { Input, Output } from './wire.js';

export type { ImageResolution, Images, Logs } from './ports.js';
export type { TaskSets, TaskSetView } from './task-sets.js';
export type { Timings } from './timings.js';

export interface EcsOptions {
  readonly clock: VirtualClock;
  readonly region: string;
  readonly accountId: string;
  readonly images: Images;
  readonly logs: Logs;
  /** Virtual durations that differ from the usual ones. */
  readonly timings?: Partial<Timings>;
  /** Told when the registry or the log store fails in the background; nothing else notices. */
  readonly onBackgroundError?: (error: unknown) => void;
}

export interface EcsService {
  /**
   * Runs one operation of the Amazon ECS API; input and output as in JSON 1.1 (camelCase members,
   * timestamps in epoch seconds). Throws AwsError with the code of the API reference.
   */
  handle(operation: string, input: Input): Promise<Output>;
  /** The task sets of CODE_DEPLOY services, for the emulated CodeDeploy. */
  readonly taskSets: TaskSets;
  /** Forgets everything; what was under way never happens. */
  reset(): void;
  /** Decides what lies outside of ECS; see `control.ts`. */
  control(what: 'hooks' | 'alarms', body: unknown): unknown;
  /** The whole state as plain JSON, for people and tests. */
  dump(): Record<string, unknown>;
  /** Resolves when all log lines and look-ups started so far are done. */
  settled(): Promise<void>;
}

type Operation = (context: Context, input: Input) => Output | Promise<Output>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  CreateCluster: clusters.createCluster,
  UpdateCluster: clusters.updateCluster,
  UpdateClusterSettings: clusters.updateClusterSettings,
  PutClusterCapacityProviders: clusters.putClusterCapacityProviders,
  DeleteCluster: clusters.deleteCluster,
  DescribeClusters: clusters.describeClusters,
  ListClusters: clusters.listClusters,
  TagResource: tags.tagResource,
  UntagResource: tags.untagResource,
  ListTagsForResource: tags.listTagsForResource,
  PutAccountSetting: accountSettings.putAccountSetting,
  PutAccountSettingDefault: accountSettings.putAccountSetting,
  DeleteAccountSetting: accountSettings.deleteAccountSetting,
  ListAccountSettings: accountSettings.listAccountSettings,
  RegisterTaskDefinition: taskDefinitions.registerTaskDefinition,
  DescribeTaskDefinition: taskDefinitions.describeTaskDefinition,
  ListTaskDefinitions: taskDefinitions.listTaskDefinitions,
  ListTaskDefinitionFamilies: taskDefinitions.listTaskDefinitionFamilies,
  DeregisterTaskDefinition: taskDefinitions.deregisterTaskDefinition,
  DeleteTaskDefinitions: taskDefinitions.deleteTaskDefinitions,
  CreateService: services.createService,
  UpdateService: services.updateService,
  DeleteService: services.deleteService,
  DescribeServices: services.describeServices,
  ListServices: services.listServices,
  ListServiceDeployments: serviceDeployments.listServiceDeployments,
  DescribeServiceDeployments: serviceDeployments.describeServiceDeployments,
  DescribeServiceRevisions: serviceDeployments.describeServiceRevisions,
  StopServiceDeployment: serviceDeployments.stopServiceDeployment,
  ContinueServiceDeployment: continueServiceDeployment,
  RunTask: tasks.runTask,
  StopTask: tasks.stopTaskByUser,
  DescribeTasks: tasks.describeTasks,
  ListTasks: tasks.listTasks,
  ExecuteCommand: refuseExecuteCommand,
};

function refuseExecuteCommand(): never {
  throw new AwsError(
    'TargetNotConnectedException',
    'The emulator runs no containers: there is nothing to execute a command in.',
  );
}

/** Creates the emulated Amazon ECS of one account and region. */
export function createEcs(options: EcsOptions): EcsService {
  let epoch = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const context: Context = {
    clock: options.clock,
    arns: createArns(options.region, options.accountId),
    timings: { ...defaultTimings, ...options.timings },
    images: options.images,
    logs: options.logs,
    state: emptyState(),
    after(delayMs, run) {
      const startedIn = epoch;
      return options.clock.schedule(options.clock.now() + delayMs, () => {
        if (startedIn === epoch) run();
      });
    },
    background(work) {
      queue = queue.then(work).catch((error: unknown) => options.onBackgroundError?.(error));
    },
  };
  return {
    taskSets: taskSetsOf(context),
    async handle(operation, input) {
      const run = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (!run) {
        throw new AwsError('UnknownOperationException', `Unknown operation ${operation}.`);
      }
      // So that whoever is told of a stopped task finds its log lines.
      await queue;
      // A copy, as over the wire: nobody outside holds a part of the state.
      return plain(await run(context, plain(input)));
    },
    reset() {
      epoch += 1;
      context.state = emptyState();
    },
    control: (what, body) => control(context, what, body),
    dump: () => plain(dump(context)),
    async settled() {
      await queue;
    },
  };
}

function dump(context: Context): Record<string, unknown> {
  const { state } = context;
  return {
    now: context.clock.now() / 1000,
    clusters: [...state.clusters.values()],
    taskDefinitions: [...state.taskDefinitions.values()].map(({ arn, status }) => ({
      arn,
      status,
    })),
    services: [...state.services.values()].map((service) => ({
      ...describeService(context, service, true),
      serviceDeployments: service.serviceDeployments.map((deployment) => ({
        arn: deployment.arn,
        status: deployment.status,
        statusReason: deployment.statusReason,
        lifecycleStage: deployment.shift?.stage,
      })),
    })),
    tasks: [...state.tasks.values()].map((task) => describeTask(context, task, true)),
  };
}

function plain(value: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}
