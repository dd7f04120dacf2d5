import { OperationError, UserError, type Problem } from '../../shared/errors.js';
import { containerNames, findContainer, imageOf } from '../definition/task-definition.js';
import type { AroundInputs, DeployTask } from '../inputs/around.js';
import type { JsonObject } from '../model.js';
import type { DeployPorts } from '../ports.js';
import type { SmokeCheck } from '../rollout/smoke-check.js';
import type { Target } from '../target.js';
import {
  observeTasks,
  planTaskUpdate,
  type ObservedTask,
  type TaskUpdate,
} from './live-families.js';
import { placeTask } from './placement.js';
import type { TaskPlacement } from './ports.js';

/** A step before or after the rollout itself. */
export type AroundStep =
  | {
      readonly kind: 'run-task';
      readonly when: 'pre-deploy' | 'post-deploy';
      readonly container: string;
      readonly command: readonly string[];
      readonly placement: TaskPlacement;
      readonly timeoutMinutes: number;
      readonly reason: string;
    }
  | { readonly kind: 'smoke-check'; readonly check: SmokeCheck; readonly reason: string }
  | { readonly kind: 'update-task'; readonly update: TaskUpdate; readonly reason: string };

/** What the steps around a rollout depend on. */
export interface ObservedAround {
  readonly inputs: AroundInputs;
  /** Absent where no one-off task is asked for. */
  readonly placement: TaskPlacement | undefined;
  readonly tasks: readonly ObservedTask[];
}

/** For commands that have no steps around their rollout. */
export const nothingObserved: ObservedAround = {
  inputs: {
    preDeploy: undefined,
    postDeploy: undefined,
    taskTimeoutMinutes: 30,
    smoke: undefined,
  },
  placement: undefined,
  tasks: [],
};

/**
 * Reads what the steps around a rollout need, and changes nothing.
 *
 * @throws UserError `contract-task-malformed`, `task-template-missing`, `container-missing`
 */
export async function observeAround(
  ports: Pick<DeployPorts, 'ecs' | 'parameters' | 'tasks'>,
  inputs: AroundInputs,
  target: Target,
): Promise<ObservedAround> {
  const { cluster, contract, serviceName } = target;
  const asked = inputs.preDeploy ?? inputs.postDeploy;
  const [placement, tasks] = await Promise.all([
    asked === undefined ? undefined : ports.tasks.placementOf(cluster, serviceName),
    contract === undefined ? [] : observeTasks(ports, contract),
  ]);
  return { inputs, placement, tasks };
}

/**
 * Reads the tasks of the contract that are to go back with the service. What is wrong with them is
 * told and keeps no service from going back.
 */
export async function observeTasksToTakeBack(
  ports: Pick<DeployPorts, 'ecs' | 'parameters' | 'log'>,
  { contract }: Target,
): Promise<ObservedAround> {
  if (contract === undefined) return nothingObserved;
  try {
    return { ...nothingObserved, tasks: await observeTasks(ports, contract) };
  } catch (thrown) {
    if (!(thrown instanceof UserError || thrown instanceof OperationError)) throw thrown;
    ports.log.warning(`the tasks of the contract keep their revisions: ${thrown.message}`);
    return nothingObserved;
  }
}

export interface AroundFacts {
  readonly around: ObservedAround;
  readonly target: Target;
  /** The service's main container. */
  readonly container: string;
  readonly origin: { readonly commit: string | undefined; readonly run: string | undefined };
  /** What the service will run. */
  readonly definition: JsonObject;
  /** A rollout begins with this deploy. */
  readonly rollsOut: boolean;
  /** The rollout is followed to its end, here or by an earlier deploy that left no record. */
  readonly concludes: boolean;
}

interface AroundSteps {
  /** Before the service is touched or anything is said to be released. */
  readonly before: readonly AroundStep[];
  /** Once the rollout has succeeded. */
  readonly after: readonly AroundStep[];
  /** Once the release is recorded. */
  readonly last: readonly AroundStep[];
}

/**
 * Plans the steps around a rollout.
 *
 * @throws UserError `container-missing`, `network-missing`
 */
export function planAround(facts: AroundFacts): AroundSteps {
  const { inputs } = facts.around;
  const problems: Problem[] = [];
  const oneOff = (
    when: 'pre-deploy' | 'post-deploy',
    task: DeployTask | undefined,
    reason: string,
  ): readonly AroundStep[] => {
    if (task === undefined) return [];
    const step = taskStep(facts, when, task, reason);
    if ('code' in step) problems.push(step);
    return 'code' in step ? [] : [step];
  };
  const before = oneOff(
    'pre-deploy',
    inputs.preDeploy,
    'the service is touched only if it exits with 0',
  );
  const after = oneOff(
    'post-deploy',
    inputs.postDeploy,
    'the service goes back unless it exits with 0',
  );
  if (problems.length > 0) throw new UserError(problems);
  return {
    before: facts.rollsOut ? before : [],
    after: facts.concludes ? [...after, ...smokeSteps(inputs.smoke)] : [],
    last: taskUpdateSteps(facts),
  };
}

function taskStep(
  { around, target, container, definition }: AroundFacts,
  when: 'pre-deploy' | 'post-deploy',
  task: DeployTask,
  reason: string,
): Extract<AroundStep, { kind: 'run-task' }> | Problem {
  const name = task.container ?? container;
  if (findContainer(definition, name) === undefined) {
    return {
      code: 'container-missing',
      message: `there is no container "${name}" to run ${when} in`,
      at: { input: `${when}-container` },
      hint: `containers: ${containerNames(definition).join(', ')}`,
    };
  }
  const placement = placeTask(around.placement ?? noPlacement, target.contract, definition);
  if ('code' in placement) return { ...placement, at: { input: when } };
  return {
    kind: 'run-task',
    when,
    container: name,
    command: task.command,
    placement,
    timeoutMinutes: around.inputs.taskTimeoutMinutes,
    reason,
  };
}

const noPlacement: TaskPlacement = {
  launchType: undefined,
  capacityProviders: [],
  platformVersion: undefined,
  network: undefined,
};

function smokeSteps(check: SmokeCheck | undefined): readonly AroundStep[] {
  if (check === undefined) return [];
  return [{ kind: 'smoke-check', check, reason: 'the service goes back unless it passes' }];
}

/**
 * The steps that bring the image of `definition` to the live families of the contract's tasks, for
 * once the service is known to run it.
 */
export function taskUpdateSteps({
  around,
  container,
  definition,
  origin,
}: Pick<AroundFacts, 'around' | 'container' | 'definition' | 'origin'>): readonly AroundStep[] {
  const image = imageOf(definition, container);
  if (image === undefined) return [];
  return around.tasks.flatMap((observed): readonly AroundStep[] => {
    const update = planTaskUpdate(observed, image, origin);
    if (update === undefined) return [];
    const what =
      update.liveArn === undefined
        ? 'first revision of its family'
        : update.changes.length > 0
          ? 'runs the service’s image'
          : 'was not enabled yet';
    return [{ kind: 'update-task', update, reason: what }];
  });
}

export function isAroundStep(step: { readonly kind: string }): step is AroundStep {
  return ['run-task', 'smoke-check', 'update-task'].includes(step.kind);
}

/** Such a step does not wait for the rollout's verdict. */
export function isBeforeRollout(step: AroundStep): boolean {
  return step.kind === 'run-task' && step.when === 'pre-deploy';
}

/** One step in words. */
export function describeAroundStep(step: AroundStep): string {
  switch (step.kind) {
    case 'run-task':
      return `${step.when} in container ${step.container}: ${JSON.stringify(step.command)}: ${step.reason}`;
    case 'smoke-check': {
      const { origin, pathname } = new URL(step.check.url);
      return `smoke-check ${origin}${pathname}: ${step.reason}`;
    }
    case 'update-task': {
      const { update } = step;
      const enable =
        update.enable === undefined ? '' : `, enables ${update.enable.kind} ${update.enable.name}`;
      return `update-task ${update.name}: ${step.reason}${enable}`;
    }
  }
}
