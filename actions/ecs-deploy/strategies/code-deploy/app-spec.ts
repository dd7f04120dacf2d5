import { isMap, isScalar, isSeq, parseDocument, stringify, type Node, type YAMLMap } from 'yaml';
import { UserError, type Problem } from '../../../shared/errors.js';

/** An AppSpec whose task definition is still open. */
export interface AppSpecDraft {
  /** The file, or absent where it was made up. */
  readonly path: string | undefined;
  /** The text before and after the task definition's value. */
  readonly before: string;
  readonly after: string;
  readonly containerName: string | undefined;
  /** Lambda function by lifecycle event. */
  readonly hooks: Readonly<Record<string, string>>;
}

/** What stands for the task definition in a draft that is printed. */
export const placeholder = '<TASK_DEFINITION>';

/** The events that take a function (CodeDeploy User Guide, "AppSpec 'hooks' section", Amazon ECS). */
const hookEvents = [
  'BeforeInstall',
  'AfterInstall',
  'AfterAllowTestTraffic',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
];

/**
 * An AppSpec of what CodeDeploy needs: it takes platform version, network and capacity providers
 * from the running task set (User Guide, "AppSpec 'resources' section").
 */
export function generateAppSpec(containerName: string, containerPort: number): AppSpecDraft {
  const resources = stringify({
    Resources: [
      {
        TargetService: {
          Type: 'AWS::ECS::Service',
          Properties: {
            TaskDefinition: placeholder,
            LoadBalancerInfo: { ContainerName: containerName, ContainerPort: containerPort },
          },
        },
      },
    ],
  });
  const [before = '', after = ''] = `version: 0.0\n${resources}`.split(placeholder);
  return { path: undefined, before, after, containerName, hooks: {} };
}

/**
 * Reads an AppSpec file. Only the value of `TaskDefinition` will change, whatever it is now: the
 * rest of the text, comments too, stays byte for byte.
 *
 * @throws UserError `appspec-malformed` with every problem
 */
export function readAppSpec(text: string, path: string): AppSpecDraft {
  const document = parseDocument(text, { prettyErrors: true });
  const problems: Problem[] = document.errors.map((error) => malformed(path, error.message));
  if (problems.length > 0) throw new UserError(problems);

  const properties = isMap(document.contents) ? resourceProperties(document.contents) : undefined;
  if (properties === undefined) {
    throw new UserError(
      malformed(
        path,
        'it needs one entry in Resources, with Type AWS::ECS::Service and Properties',
      ),
    );
  }
  const balancer = member(properties, 'LoadBalancerInfo');
  const containerName = isMap(balancer) ? textOf(member(balancer, 'ContainerName')) : undefined;
  if (containerName === undefined) {
    problems.push(malformed(path, 'LoadBalancerInfo names no ContainerName'));
  }
  const value = member(properties, 'TaskDefinition');
  const range = value?.range;
  if (!range || (isScalar(value) && value.value === null)) {
    problems.push(
      malformed(path, `Properties has no TaskDefinition; write ${placeholder} as its value`),
    );
  }
  const { hooks, unknown } = hooksOf(document.contents);
  problems.push(
    ...unknown.map((name) =>
      malformed(path, `Hooks names "${name}", which is none of ${hookEvents.join(', ')}`),
    ),
  );
  if (!range || problems.length > 0) throw new UserError(problems);
  return {
    path,
    before: text.slice(0, range[0]),
    after: text.slice(range[1]),
    containerName,
    hooks,
  };
}

/** The AppSpec with its task definition: an ARN, as a quoted string that is YAML and JSON alike. */
export function fillAppSpec(draft: AppSpecDraft, taskDefinition: string): string {
  return `${draft.before}${JSON.stringify(taskDefinition)}${draft.after}`;
}

/** The functions that an AppSpec names, by lifecycle event; empty where it cannot be read. */
export function hooksOfText(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  const document = parseDocument(text);
  return document.errors.length > 0 ? {} : hooksOf(document.contents).hooks;
}

/** The task definition that an AppSpec names. */
export function taskDefinitionOfText(text: string | undefined): string | undefined {
  const { contents } = parseDocument(text ?? '');
  const properties = isMap(contents) ? resourceProperties(contents) : undefined;
  return properties === undefined ? undefined : textOf(member(properties, 'TaskDefinition'));
}

function resourceProperties(root: YAMLMap): YAMLMap | undefined {
  const resources = member(root, 'Resources');
  if (!isSeq(resources) || resources.items.length !== 1) return undefined;
  const [entry] = resources.items;
  const resource = isMap(entry) ? entry.items[0]?.value : undefined;
  const properties = isMap(resource) ? member(resource, 'Properties') : undefined;
  return isMap(properties) ? properties : undefined;
}

function hooksOf(root: unknown): {
  readonly hooks: Readonly<Record<string, string>>;
  readonly unknown: readonly string[];
} {
  const list = isMap(root) ? member(root, 'Hooks') : undefined;
  const entries = (isSeq(list) ? list.items : []).flatMap((item) =>
    isMap(item) ? item.items.map(({ key, value }) => [String(key), textOf(value)] as const) : [],
  );
  return {
    hooks: Object.fromEntries(
      entries.flatMap(([event, name]) => (name === undefined ? [] : [[event, name]])),
    ),
    unknown: entries.map(([event]) => event).filter((event) => !hookEvents.includes(event)),
  };
}

/** Keys are taken in any case, as other tools do. */
function member(map: YAMLMap, name: string): Node | undefined {
  const found = map.items.find(({ key }) => String(key).toLowerCase() === name.toLowerCase());
  return found?.value as Node | undefined;
}

function textOf(node: unknown): string | undefined {
  const value: unknown = isScalar(node) ? node.value : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function malformed(file: string, message: string): Problem {
  return {
    code: 'appspec-malformed',
    message,
    at: { file },
    hint: 'CodeDeploy User Guide, "AppSpec file structure for Amazon ECS deployments"',
  };
}
