import { AwsError } from '../aws-error.js';
import type { VirtualClock } from '../clock.js';
import type { TaskSets } from '../ecs/index.js';
import type { Input, Output } from '../ecs/wire.js';
import * as applications from './applications.js';
import * as configs from './configs.js';
import type { Context } from './context.js';
import { type ControlRoutes, controlRoutes } from './control.js';
import * as deployments from './deployments.js';
import * as groups from './groups.js';
import { emptyState } from './model.js';
import { batchGetTargets, getTarget, listTargets } from './targets.js';
import { defaultTimings, type Timings } from './timings.js';

export interface CodeDeployOptions {
  readonly clock: VirtualClock;
  readonly region: string;
  readonly accountId: string;
  readonly taskSets: TaskSets;
  /** Virtual durations that differ from the usual ones. */
  readonly timings?: Partial<Timings>;
  /** Told when something fails in the background; nothing else notices. */
  readonly onBackgroundError?: (error: unknown) => void;
}

export interface CodeDeployService {
  /**
   * Runs one operation of the CodeDeploy API; input and output as in JSON 1.1 (timestamps in epoch
   * seconds). Throws AwsError with the code of the API reference.
   */
  handle(operation: string, input: Input): Promise<Output>;
  /** Fates of hooks, alarms and rollbacks, by method and route under the control interface. */
  readonly control: ControlRoutes;
  /** Forgets everything; what was under way never happens. */
  reset(): void;
  /** The deployments as plain JSON, for people and tests. */
  dump(): Record<string, unknown>;
  /** Resolves when all work started so far is done. */
  settled(): Promise<void>;
}

type Operation = (context: Context, input: Input) => Output;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  CreateApplication: applications.createApplication,
  GetApplication: applications.getApplication,
  UpdateApplication: applications.updateApplication,
  DeleteApplication: applications.deleteApplication,
  ListApplications: applications.listApplications,
  BatchGetApplications: applications.batchGetApplications,
  TagResource: applications.tagResource,
  UntagResource: applications.untagResource,
  ListTagsForResource: applications.listTags,
  CreateDeploymentConfig: configs.createConfig,
  GetDeploymentConfig: configs.getConfig,
  DeleteDeploymentConfig: configs.deleteConfig,
  ListDeploymentConfigs: configs.listConfigs,
  CreateDeploymentGroup: groups.createGroup,
  GetDeploymentGroup: groups.getGroup,
  UpdateDeploymentGroup: groups.updateGroup,
  DeleteDeploymentGroup: groups.deleteGroup,
  ListDeploymentGroups: groups.listGroups,
  BatchGetDeploymentGroups: groups.batchGetGroups,
  CreateDeployment: deployments.createDeployment,
  GetDeployment: deployments.getDeployment,
  BatchGetDeployments: deployments.batchGetDeployments,
  GetApplicationRevision: deployments.getApplicationRevision,
  ListDeployments: deployments.listDeployments,
  StopDeployment: deployments.stopDeployment,
  ContinueDeployment: deployments.continueDeployment,
  ListDeploymentTargets: (context, input) =>
    listTargets(deployments.requireDeployment(context, input)),
  GetDeploymentTarget: (context, input) =>
    getTarget(context, deployments.requireDeployment(context, input), input),
  BatchGetDeploymentTargets: (context, input) =>
    batchGetTargets(context, deployments.requireDeployment(context, input), input),
};

/** Creates the emulated CodeDeploy of one account and region, for the compute platform ECS. */
export function createCodeDeploy(options: CodeDeployOptions): CodeDeployService {
  let epoch = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const context: Context = {
    clock: options.clock,
    region: options.region,
    accountId: options.accountId,
    timings: { ...defaultTimings, ...options.timings },
    taskSets: options.taskSets,
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
    async handle(operation, input) {
      const run = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (!run) {
        throw new AwsError('UnknownOperationException', `Unknown operation ${operation}.`);
      }
      await queue;
      // A copy, as over the wire: nobody outside holds a part of the state.
      return plain(run(context, plain(input)));
    },
    control: controlRoutes(context),
    reset() {
      epoch += 1;
      context.state = emptyState();
    },
    dump: () =>
      plain({ deployments: [...context.state.deployments.values()].map(deployments.describe) }),
    async settled() {
      await queue;
    },
  };
}

function plain(value: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}
