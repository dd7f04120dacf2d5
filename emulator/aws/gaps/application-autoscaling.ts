import { randomUUID } from 'node:crypto';
import { AwsError } from '../../aws-error.js';
import type { Handler } from '../call.js';
import { jsonInput } from '../call.js';

type Input = Record<string, unknown>;
type Entry = Record<string, unknown>;

export interface ApplicationAutoscalingOptions {
  readonly accountId: string;
  readonly region: string;
  readonly nowMs: () => number;
  /** Tells whether the ECS service `service/<cluster>/<service>` exists. */
  readonly ecsServiceExists: (cluster: string, service: string) => Promise<boolean>;
}

/**
 * The gap: moto looks for ECS services in its own ECS, which is not the emulator's, and has no
 * ListTagsForResource.
 *
 * Holds targets, policies, scheduled actions and tags; it scales nothing, since nothing here
 * measures load, and makes no alarms. Error codes: Application Auto Scaling API reference.
 */
export function createApplicationAutoscaling(options: ApplicationAutoscalingOptions): Handler {
  const targets = new Map<string, Entry>();
  const policies = new Map<string, Entry>();
  const actions = new Map<string, Entry>();
  const tags = new Map<string, Record<string, string>>();

  const arn = (kind: string, rest: string): string =>
    `arn:aws:${kind}:${options.region}:${options.accountId}:${rest}`;
  const nowSeconds = (): number => options.nowMs() / 1000;

  async function registerScalableTarget(input: Input): Promise<unknown> {
    const namespace = required(input, 'ServiceNamespace');
    const resourceId = required(input, 'ResourceId');
    const key = targetKey(input);
    const existing = targets.get(key);
    const min = input['MinCapacity'] ?? existing?.['MinCapacity'];
    const max = input['MaxCapacity'] ?? existing?.['MaxCapacity'];
    if (typeof min !== 'number' || typeof max !== 'number') {
      throw invalid('MinCapacity and MaxCapacity are required to register a new scalable target');
    }
    if (min > max) throw invalid('Maximum capacity cannot be less than minimum capacity');
    if (namespace === 'ecs') {
      const [, cluster = '', service = ''] = resourceId.split('/');
      if (!(await options.ecsServiceExists(cluster, service))) {
        throw invalid(`ECS service doesn't exist: ${resourceId}`);
      }
    }
    const id = randomUUID().replaceAll('-', '');
    const target: Entry = {
      CreationTime: nowSeconds(),
      RoleARN: `arn:aws:iam::${options.accountId}:role/aws-service-role/${namespace}.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_${SERVICE_ROLES[namespace] ?? namespace}`,
      ScalableTargetARN: arn('application-autoscaling', `scalable-target/${id}`),
      SuspendedState: {
        DynamicScalingInSuspended: false,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: false,
      },
      ...existing,
      ...pick(input, ['ServiceNamespace', 'ResourceId', 'ScalableDimension', 'SuspendedState']),
      // A role of one's own is ignored where a service-linked role exists.
      MinCapacity: min,
      MaxCapacity: max,
    };
    targets.set(key, target);
    const targetArn = String(target['ScalableTargetARN']);
    if (!existing) tags.set(targetArn, (input['Tags'] as Record<string, string> | undefined) ?? {});
    return { ScalableTargetARN: targetArn };
  }

  function deregisterScalableTarget(input: Input): unknown {
    const key = targetKey(input);
    const target = targets.get(key);
    if (!target) throw notFound(`No scalable target found for ${describe(input)}`);
    targets.delete(key);
    tags.delete(String(target['ScalableTargetARN']));
    for (const store of [policies, actions]) {
      for (const [name, entry] of store) if (targetKey(entry) === key) store.delete(name);
    }
    return {};
  }

  function put(
    store: Map<string, Entry>,
    nameField: string,
    arnField: string,
    arnOf: (input: Input, id: string) => string,
  ): (input: Input) => unknown {
    return (input) => {
      const name = required(input, nameField);
      const key = targetKey(input);
      const target = targets.get(key);
      if (!target) throw notFound(`No scalable target registered for ${describe(input)}`);
      const existing = store.get(`${key}|${name}`);
      const entry: Entry = {
        CreationTime: nowSeconds(),
        [arnField]: arnOf(input, randomUUID()),
        ...existing,
        ...input,
      };
      store.set(`${key}|${name}`, entry);
      return arnField === 'PolicyARN' ? { PolicyARN: entry['PolicyARN'], Alarms: [] } : {};
    };
  }

  function remove(store: Map<string, Entry>, nameField: string): (input: Input) => unknown {
    return (input) => {
      if (!store.delete(`${targetKey(input)}|${required(input, nameField)}`)) {
        throw notFound(`No ${nameField} ${required(input, nameField)} for ${describe(input)}`);
      }
      return {};
    };
  }

  function list(
    store: Map<string, Entry>,
    result: string,
    filters: Readonly<Record<string, string>>,
  ): (input: Input) => unknown {
    return (input) => {
      required(input, 'ServiceNamespace');
      const entries = [...store.values()].filter(
        (entry) =>
          ['ServiceNamespace', 'ResourceId', 'ScalableDimension'].every(
            (field) => input[field] === undefined || input[field] === entry[field],
          ) &&
          Object.entries(filters).every(([filter, field]) => {
            const wanted = input[filter] as string[] | undefined;
            return !wanted || wanted.length === 0 || wanted.includes(String(entry[field]));
          }),
      );
      return { [result]: entries };
    };
  }

  function tagsOf(input: Input): Record<string, string> {
    const resource = required(input, 'ResourceARN');
    const found = tags.get(resource);
    if (found) return found;
    throw new AwsError(
      'ResourceNotFoundException',
      `The specified resource doesn't exist: ${resource}`,
      400,
      { ResourceName: resource },
    );
  }

  const operations: Readonly<Record<string, (input: Input) => unknown>> = {
    RegisterScalableTarget: registerScalableTarget,
    DeregisterScalableTarget: deregisterScalableTarget,
    DescribeScalableTargets: list(targets, 'ScalableTargets', { ResourceIds: 'ResourceId' }),
    PutScalingPolicy: put(policies, 'PolicyName', 'PolicyARN', (input, id) =>
      arn(
        'autoscaling',
        `scalingPolicy:${id}:resource/${String(input['ServiceNamespace'])}/${String(input['ResourceId'])}:policyName/${String(input['PolicyName'])}`,
      ),
    ),
    DeleteScalingPolicy: remove(policies, 'PolicyName'),
    DescribeScalingPolicies: list(policies, 'ScalingPolicies', { PolicyNames: 'PolicyName' }),
    PutScheduledAction: put(actions, 'ScheduledActionName', 'ScheduledActionARN', (input, id) =>
      arn(
        'autoscaling',
        `scheduledAction:${id}:resource/${String(input['ServiceNamespace'])}/${String(input['ResourceId'])}:scheduledActionName/${String(input['ScheduledActionName'])}`,
      ),
    ),
    DeleteScheduledAction: remove(actions, 'ScheduledActionName'),
    DescribeScheduledActions: list(actions, 'ScheduledActions', {
      ScheduledActionNames: 'ScheduledActionName',
    }),
    DescribeScalingActivities: () => ({ ScalingActivities: [] }),
    ListTagsForResource: (input) => ({ Tags: tagsOf(input) }),
    TagResource: (input) => {
      Object.assign(tagsOf(input), input['Tags']);
      return {};
    },
    UntagResource: (input) => {
      const held = tagsOf(input);
      const gone = (input['TagKeys'] as string[] | undefined) ?? [];
      const kept = Object.entries(held).filter(([name]) => !gone.includes(name));
      tags.set(required(input, 'ResourceARN'), Object.fromEntries(kept));
      return {};
    },
  };

  return {
    handles: (identity) => identity.service === 'application-autoscaling',
    async answer(call) {
      const operation = operations[call.identity.operation];
      if (!operation) {
        throw new AwsError('UnknownOperationException', `Unknown: ${call.identity.operation}`);
      }
      return { kind: 'json', result: await operation(jsonInput(call)) };
    },
    reset() {
      for (const store of [targets, policies, actions, tags]) store.clear();
    },
  };
}

/** Ends of the service-linked roles' names ("Service-linked roles for Application Auto Scaling"). */
const SERVICE_ROLES: Readonly<Record<string, string>> = {
  ecs: 'ECSService',
  dynamodb: 'DynamoDBTable',
  rds: 'RDSCluster',
  lambda: 'LambdaConcurrency',
};

function targetKey(input: Input): string {
  return ['ServiceNamespace', 'ResourceId', 'ScalableDimension']
    .map((field) => required(input, field))
    .join('|');
}

function describe(input: Input): string {
  const [namespace, resourceId, dimension] = targetKey(input).split('|');
  return `service namespace: ${String(namespace)}, resource ID: ${String(resourceId)}, scalable dimension: ${String(dimension)}`;
}

function required(input: Input, field: string): string {
  const value = input[field];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`1 validation error detected: Value null at '${field}': Member must not be null`);
}

function pick(input: Input, fields: readonly string[]): Entry {
  return Object.fromEntries(
    fields.flatMap((field) => (input[field] === undefined ? [] : [[field, input[field]]])),
  );
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

function notFound(message: string): AwsError {
  return new AwsError('ObjectNotFoundException', message);
}
