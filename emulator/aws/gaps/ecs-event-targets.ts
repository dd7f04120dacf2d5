import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Call, Handler } from '../call.js';
import { jsonInput } from '../call.js';
import { matchesPattern, valueAt } from './event-pattern.js';

export interface EcsEventTargetsOptions {
  readonly accountId: string;
  readonly region: string;
  readonly nowMs: () => number;
  /** RunTask of the emulated ECS. */
  readonly runTask: (input: Record<string, unknown>) => Promise<unknown>;
  readonly log: (line: string) => void;
}

const rulesSchema = z.object({
  Rules: z.array(
    z.object({ Name: z.string(), State: z.string(), EventPattern: z.string().optional() }),
  ),
});

const awsvpc = z.object({
  Subnets: z.array(z.string()),
  SecurityGroups: z.array(z.string()).optional(),
  AssignPublicIp: z.string().optional(),
});

const targetsSchema = z.object({
  Targets: z.array(
    z.object({
      Id: z.string(),
      Arn: z.string(),
      Input: z.string().optional(),
      InputTransformer: z
        .object({
          InputPathsMap: z.record(z.string(), z.string()).optional(),
          InputTemplate: z.string(),
        })
        .optional(),
      EcsParameters: z
        .object({
          TaskDefinitionArn: z.string(),
          TaskCount: z.number().optional(),
          LaunchType: z.string().optional(),
          PlatformVersion: z.string().optional(),
          Group: z.string().optional(),
          NetworkConfiguration: z.object({ awsvpcConfiguration: awsvpc.optional() }).optional(),
        })
        .optional(),
    }),
  ),
});

type Target = z.infer<typeof targetsSchema>['Targets'][number];

const entriesSchema = z.object({
  Entries: z.array(
    z.object({
      EventBusName: z.string().optional(),
      Source: z.string(),
      DetailType: z.string(),
      Detail: z.string(),
      Resources: z.array(z.string()).optional(),
    }),
  ),
});

/**
 * The gap: moto keeps rules and targets, but breaks on an event for a target of Amazon ECS.
 *
 * PutEvents passes to the backend, whose error of that kind is not the caller's, and what its rules match is started here: the latest revision
 * where the target names a family alone (EventBridge API reference, "EcsParameters"), with the
 * target's input as overrides (User Guide, "Amazon EventBridge input transformation").
 */
export function createEcsEventTargets(options: EcsEventTargetsOptions): Handler {
  async function ask<T>(
    call: Call,
    operation: string,
    input: unknown,
    schema: z.ZodType<T>,
  ): Promise<T> {
    const body = Buffer.from(JSON.stringify(input));
    const answer = await call.forward({
      headers: {
        'x-amz-target': `AWSEvents.${operation}`,
        'content-length': String(body.length),
      },
      body,
    });
    return schema.parse(JSON.parse(answer.body.toString('utf8')));
  }

  async function dispatch(call: Call, entry: z.infer<typeof entriesSchema>['Entries'][number]) {
    const bus = entry.EventBusName ?? 'default';
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': entry.DetailType,
      source: entry.Source,
      account: options.accountId,
      time: new Date(options.nowMs()).toISOString(),
      region: options.region,
      resources: entry.Resources ?? [],
      detail: JSON.parse(entry.Detail) as unknown,
    };
    const { Rules } = await ask(call, 'ListRules', { EventBusName: bus }, rulesSchema);
    for (const { Name, State, EventPattern } of Rules) {
      if (State !== 'ENABLED' || EventPattern === undefined) continue;
      const pattern = JSON.parse(EventPattern) as Record<string, unknown>;
      if (!matchesPattern(pattern, event)) continue;
      const input = { Rule: Name, EventBusName: bus };
      const { Targets } = await ask(call, 'ListTargetsByRule', input, targetsSchema);
      for (const target of Targets) await start(target, Name, event);
    }
  }

  async function start(target: Target, rule: string, event: Record<string, unknown>) {
    const { Arn, EcsParameters: parameters } = target;
    if (parameters === undefined || !/:ecs:.*:cluster\//.test(Arn)) return;
    const network = parameters.NetworkConfiguration?.awsvpcConfiguration;
    await options.runTask({
      cluster: Arn,
      taskDefinition: parameters.TaskDefinitionArn,
      count: parameters.TaskCount ?? 1,
      launchType: parameters.LaunchType,
      platformVersion: parameters.PlatformVersion,
      group: parameters.Group,
      // As seen on tasks that a rule has started.
      startedBy: `events-rule/${rule}`,
      ...(network && {
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: network.Subnets,
            securityGroups: network.SecurityGroups,
            assignPublicIp: network.AssignPublicIp,
          },
        },
      }),
      ...overridesOf(target, event),
    });
  }

  return {
    handles: ({ service, operation }) => service === 'events' && operation === 'PutEvents',
    async answer(call) {
      const response = await call.forward();
      if (response.status >= 300 && response.status < 500) return { kind: 'response', response };
      const { Entries } = entriesSchema.parse(jsonInput(call));
      for (const entry of Entries) {
        // On AWS a target that fails goes to its dead letter queue, and PutEvents knows nothing.
        await dispatch(call, entry).catch((error: unknown) =>
          options.log(`event ${entry.DetailType}: ${String(error)}`),
        );
      }
      if (response.status < 300) return { kind: 'response', response };
      const accepted = Entries.map(() => ({ EventId: randomUUID() }));
      return { kind: 'json', result: { FailedEntryCount: 0, Entries: accepted } };
    },
    reset: () => undefined,
  };
}

/** The target's input, where it is an object with overrides, as a task takes them. */
function overridesOf(target: Target, event: Record<string, unknown>): Record<string, unknown> {
  const text = target.InputTransformer
    ? transformed(target.InputTransformer, event)
    : (target.Input ?? '{}');
  const input: unknown = JSON.parse(text);
  return typeof input === 'object' && input !== null && 'containerOverrides' in input
    ? { overrides: input }
    : {};
}

function transformed(
  transformer: NonNullable<Target['InputTransformer']>,
  event: Record<string, unknown>,
): string {
  const paths = transformer.InputPathsMap ?? {};
  const { InputTemplate: template } = transformer;
  return template.replaceAll(/<([\w.-]+)>/g, (_, name: string, at: number) => {
    const value =
      name === 'aws.events.event.json' ? event : (valueAt(event, paths[name] ?? '') ?? '');
    const json = JSON.stringify(value);
    const quotes = template.slice(0, at).match(/(?<!\\)"/g) ?? [];
    if (quotes.length % 2 === 0) return json;
    // Inside of quotes it becomes a part of the string around it.
    return typeof value === 'string' ? json.slice(1, -1) : JSON.stringify(json).slice(1, -1);
  });
}
