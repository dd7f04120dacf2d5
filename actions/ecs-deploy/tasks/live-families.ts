import { OperationError, UserError, type Problem } from '../../shared/errors.js';
import type { ContractKey } from '../contract.js';
import { contractTasksPath, parseContractTasks, type ContractTask } from '../contract-tasks.js';
import {
  containerNames,
  findContainer,
  withImages,
  withoutServerFields,
} from '../definition/task-definition.js';
import { definitionChanges, type DefinitionChange } from '../definition/differences.js';
import { shortName, type JsonObject, type RegisteredDefinition, type Tag } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { tagsOf, withOwnTags } from '../tags.js';
import { nameOfTrigger, type Trigger } from './schedules.js';
import { parseImageReference } from '../images/image-reference.js';

/** A task of the contract, its template, and the revision that its trigger starts now. */
export interface ObservedTask {
  readonly task: ContractTask;
  readonly template: RegisteredDefinition;
  /** Absent before the first release. */
  readonly live: RegisteredDefinition | undefined;
}

/**
 * Reads the tasks that run the image of a service besides it, before anything is changed.
 *
 * @throws UserError `contract-task-malformed`, `task-template-missing`, `container-missing`
 */
export async function observeTasks(
  ports: Pick<DeployPorts, 'ecs' | 'parameters'>,
  key: ContractKey,
): Promise<readonly ObservedTask[]> {
  const tasks = parseContractTasks(await ports.parameters.children(contractTasksPath(key)));
  const found = await Promise.all(
    tasks.map(async (task) => {
      const [template, live] = await Promise.all([
        ports.ecs.describeTaskDefinition(task.templateFamily),
        ports.ecs.describeTaskDefinition(task.liveFamily),
      ]);
      return { task, template, live };
    }),
  );
  const problems = found.flatMap(({ task, template }) => problemsOf(task, template));
  if (problems.length > 0) throw new UserError(problems);
  return found.flatMap(({ task, template, live }) =>
    template === undefined ? [] : [{ task, template, live }],
  );
}

function problemsOf(
  task: ContractTask,
  template: RegisteredDefinition | undefined,
): readonly Problem[] {
  if (template === undefined) {
    return [
      {
        code: 'task-template-missing',
        message: `task ${task.name}: there is no active task definition "${task.templateFamily}"`,
        hint: 'the template is registered by Terraform; apply that layer again',
      },
    ];
  }
  if (findContainer(template.definition, task.container) !== undefined) return [];
  return [
    {
      code: 'container-missing',
      message: `task ${task.name}: ${shortName(template.arn)} has no container "${task.container}"`,
      hint: `containers: ${containerNames(template.definition).join(', ')}`,
    },
  ];
}

/** What is to be done for one task. */
export interface TaskUpdate {
  readonly name: string;
  readonly definition: JsonObject;
  /** Empty: the family's latest revision is this already. */
  readonly changes: readonly DefinitionChange[];
  readonly tags: readonly Tag[];
  readonly liveArn: string | undefined;
  /** Absent: it was enabled once, and is Terraform's or a person's since. */
  readonly enable: Trigger | undefined;
}

/** On the revision, since the trigger's own state tells nothing: a person may have disabled it. */
const enabledTag = 'infra-actions:enabled';

/**
 * What brings an image to a task's live family, by its template; `undefined` where all is so
 * already. Targets name the family without a revision, so registering is all that it takes.
 */
export function planTaskUpdate(
  { task, template, live }: ObservedTask,
  image: string,
  origin: { readonly commit: string | undefined; readonly run: string | undefined },
): TaskUpdate | undefined {
  const definition: JsonObject = {
    ...withImages(withoutServerFields(template.definition), { [task.container]: image }),
    family: task.liveFamily,
  };
  const changes = live === undefined ? [] : definitionChanges(live.definition, definition);
  const enabledBefore = live?.tags.find(({ key }) => key === enabledTag);
  const enable = enabledBefore === undefined ? task.enableOnFirstRelease : undefined;
  if (live !== undefined && changes.length === 0 && enable === undefined) return undefined;
  const tags = withOwnTags(template.tags, {
    'infra-actions:template': shortName(template.arn),
    'infra-actions:image-digest': parseImageReference(image)?.digest,
    'infra-actions:commit': origin.commit,
    'infra-actions:run': origin.run,
    [enabledTag]: enabledBefore?.value,
  });
  return {
    name: task.name,
    definition,
    changes: live === undefined ? [{ path: 'family', kind: 'added' }] : changes,
    tags,
    liveArn: live?.arn,
    enable,
  };
}

export type TaskUpdateResult =
  | { readonly kind: 'updated'; readonly name: string; readonly taskDefinitionArn: string }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string };

/** Carries one update out. A failure is a result: the other tasks go on. */
export async function updateTask(
  ports: Pick<DeployPorts, 'ecs' | 'schedules' | 'log'>,
  update: TaskUpdate,
): Promise<TaskUpdateResult> {
  const { name, enable } = update;
  try {
    let arn = update.liveArn;
    if (arn === undefined || update.changes.length > 0) {
      arn = await ports.ecs.registerTaskDefinition(update.definition, update.tags);
      ports.log.info(`task ${name}: registered ${shortName(arn)}`);
    }
    if (enable !== undefined) {
      const trigger = nameOfTrigger(enable);
      await ports.schedules.enable(enable);
      // Last, so that an update that fails before is tried again by the next deploy.
      await ports.ecs.tagResource(arn, tagsOf({ [enabledTag]: trigger }));
      ports.log.info(`task ${name}: enabled ${trigger}, for its first release`);
    }
    return { kind: 'updated', name, taskDefinitionArn: arn };
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    ports.log.error(`task ${name} keeps its revision: ${thrown.message}`);
    return { kind: 'failed', name, reason: thrown.message };
  }
}
