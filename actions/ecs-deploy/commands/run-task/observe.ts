import { UserError, type Problem } from '../../../shared/errors.js';
import { suggestion } from '../../../shared/inputs.js';
import { contractTasksPath, parseContractTasks, type ContractTask } from '../../contract-tasks.js';
import {
  containerNames,
  familyOf,
  findContainer,
  withImages,
  withoutServerFields,
} from '../../definition/task-definition.js';
import { definitionChanges } from '../../definition/differences.js';
import { isProblem } from '../../images/image-check.js';
import type { RunTaskInputs } from '../../inputs.js';
import {
  shortName,
  type JsonObject,
  type RegisteredDefinition,
  type Service,
  type Tag,
} from '../../model.js';
import { mainContainer } from '../../definition/main-container.js';
import { resolveMain } from '../../images/resolve-images.js';
import { readRunning } from '../../observe.js';
import { isPlaceholder } from '../../placeholder.js';
import type { DeployPorts } from '../../ports.js';
import {
  findService,
  readBaseDefinition,
  resolveTarget,
  type BaseDefinition,
  type Target,
} from '../../target.js';
import { contractNetwork, placeTask } from '../../tasks/placement.js';
import type { TaskPlacement } from '../../tasks/ports.js';

/** Everything that a one-off task depends on. */
export interface RunTaskObserved {
  readonly target: Target;
  /** What is run; `arn` is absent where it must be registered first. */
  readonly revision: {
    readonly arn: string | undefined;
    readonly definition: JsonObject;
    readonly tags: readonly Tag[];
    readonly origin: string;
  };
  readonly container: string;
  readonly placement: TaskPlacement;
}

interface Known {
  readonly target: Target;
  readonly service: Service;
  readonly running: RegisteredDefinition;
}

interface Chosen {
  readonly revision: RunTaskObserved['revision'];
  readonly container: string;
  readonly task: ContractTask | undefined;
}

/**
 * Finds what to run, where, and how; changes nothing.
 *
 * @throws UserError for what is not there or not as it must be
 */
export async function observeRunTask(
  ports: DeployPorts,
  inputs: RunTaskInputs,
): Promise<RunTaskObserved> {
  const target = await resolveTarget(ports, inputs.target);
  const service = await findService(ports, target);
  const [running, own] = await Promise.all([
    readRunning(ports, service),
    ports.tasks.placementOf(target.cluster, target.serviceName),
  ]);
  const known = { target, service, running };
  const { task: name } = inputs.run;
  const chosen =
    name === undefined
      ? await chooseOfService(ports, inputs, known)
      : await chooseOfTask(ports, inputs, known, name);
  const { revision, container, task } = chosen;
  if (findContainer(revision.definition, container) === undefined) {
    throw new UserError({
      code: 'container-missing',
      message: `${revision.origin} has no container "${container}"`,
      at: { input: 'task-container' },
      hint: `containers: ${containerNames(revision.definition).join(', ')}`,
    });
  }
  const network = contractNetwork(task);
  const placement = placeTask(
    network === undefined ? own : { ...own, network },
    target.contract,
    revision.definition,
  );
  if ('code' in placement) throw new UserError(placement);
  return { target, revision, container, placement };
}

/** The service's own definition. */
async function chooseOfService(
  ports: DeployPorts,
  inputs: RunTaskInputs,
  known: Known,
): Promise<Chosen> {
  const { target, service, running } = known;
  const { source } = inputs.run;
  if (source.kind === 'image') {
    const base = await readBaseDefinition(ports, inputs.target, target, service);
    const latest = await ports.ecs.describeTaskDefinition(base.liveFamily);
    const container = mainContainer({ container: undefined, image: source.image }, target, base);
    const revision = await withImage(ports, source.image, { ...known, base, container }, [
      running,
      latest,
    ]);
    return { revision, container: inputs.run.container ?? container, task: undefined };
  }
  const family = target.contract?.liveFamily ?? familyOf(running.definition) ?? '';
  const found =
    source.kind === 'running' ? running : await ports.ecs.describeTaskDefinition(family);
  if (found === undefined || isPlaceholder(found, target.contract)) {
    throw new UserError({
      code: 'service-never-released',
      message: `service ${service.name} was never released: there is no revision to run`,
      hint: 'give an image, or deploy one first',
    });
  }
  const base = asBase(found, family);
  const container =
    inputs.run.container ?? mainContainer({ container: undefined, image: undefined }, target, base);
  return { revision: registered(found), container, task: undefined };
}

/** A task of the contract, in its own live family. */
async function chooseOfTask(
  ports: DeployPorts,
  inputs: RunTaskInputs,
  known: Known,
  name: string,
): Promise<Chosen> {
  const task = await findTask(ports, inputs, name);
  const { source } = inputs.run;
  const live = await ports.ecs.describeTaskDefinition(task.liveFamily);
  const container = inputs.run.container ?? task.container;
  if (source.kind !== 'image') {
    if (live !== undefined) return { revision: registered(live), container, task };
    throw new UserError({
      code: 'task-never-released',
      message: `task ${name} was never released: family ${task.liveFamily} has no revision`,
      at: { input: 'task' },
      hint: 'a deploy of the service brings its image to the task',
    });
  }
  if (task.kind !== 'one-off') {
    throw new UserError({
      code: 'image-not-for-task',
      message: `task ${name} is started by its ${task.kind === 'event' ? 'rule' : 'schedule'}, which would take a revision made for this run at once`,
      at: { input: 'image' },
      hint: 'run it without an image, or deploy the service',
    });
  }
  const template = await ports.ecs.describeTaskDefinition(task.templateFamily);
  if (template === undefined) {
    throw new UserError({
      code: 'task-template-missing',
      message: `task ${name}: there is no active task definition "${task.templateFamily}"`,
      hint: 'the template is registered by Terraform; apply that layer again',
    });
  }
  const base = asBase(template, task.liveFamily);
  const facts = { ...known, base, container: task.container };
  return { revision: await withImage(ports, source.image, facts, [live]), container, task };
}

async function findTask(
  ports: Pick<DeployPorts, 'parameters'>,
  inputs: RunTaskInputs,
  name: string,
): Promise<ContractTask> {
  if (inputs.target.kind === 'plain') {
    throw new UserError({
      code: 'input-conflict',
      message: 'names a task of a contract, and this service is given without one',
      at: { input: 'task' },
      hint: 'give project, environment and service',
    });
  }
  const path = contractTasksPath(inputs.target.key);
  const tasks = parseContractTasks(await ports.parameters.children(path));
  const found = tasks.find((task) => task.name === name);
  if (found !== undefined) return found;
  const names = tasks.map((task) => task.name);
  throw new UserError({
    code: 'contract-task-missing',
    message: `there is no SSM parameter ${path}/${name}`,
    at: { input: 'task' },
    hint:
      names.length === 0
        ? 'the contract has no tasks'
        : [suggestion(name, names), `tasks: ${names.join(', ')}`]
            .filter((part) => part !== undefined)
            .join(' '),
  });
}

/** The template with the image: one of the revisions there are, or a new one. */
async function withImage(
  ports: DeployPorts,
  image: Extract<RunTaskInputs['run']['source'], { kind: 'image' }>['image'],
  facts: Known & { readonly base: BaseDefinition; readonly container: string },
  candidates: readonly (RegisteredDefinition | undefined)[],
): Promise<RunTaskObserved['revision']> {
  const { base, container } = facts;
  const resolved = await resolveMain(ports, image, facts);
  if (isProblem(resolved)) throw new UserError([resolved satisfies Problem]);
  const definition: JsonObject = {
    ...withImages(base.definition, { [container]: resolved.image }),
    family: base.liveFamily,
  };
  const equal = candidates.find(
    (candidate) =>
      candidate !== undefined &&
      candidate.arn.includes(`/${base.liveFamily}:`) &&
      definitionChanges(candidate.definition, definition).length === 0,
  );
  return equal === undefined
    ? { arn: undefined, definition, tags: base.tags, origin: base.origin }
    : registered(equal);
}

function registered(found: RegisteredDefinition): RunTaskObserved['revision'] {
  const { arn, definition, tags } = found;
  return { arn, definition, tags, origin: shortName(arn) };
}

function asBase(found: RegisteredDefinition, liveFamily: string): BaseDefinition {
  return {
    definition: withoutServerFields(found.definition),
    tags: found.tags,
    origin: shortName(found.arn),
    liveFamily,
  };
}
