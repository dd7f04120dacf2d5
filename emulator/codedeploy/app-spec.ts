import { createHash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import type { Revision } from './model.js';

/** The lifecycle events that take a function (User Guide, "AppSpec 'hooks' section", Amazon ECS). */
export const hookEvents = [
  'BeforeInstall',
  'AfterInstall',
  'AfterAllowTestTraffic',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
] as const;

/** What an AppSpec file for Amazon ECS says (User Guide, "AppSpec 'resources' section"). */
export interface AppSpec {
  readonly taskDefinition: string;
  readonly containerName: string;
  readonly containerPort: number;
  readonly platformVersion: string | undefined;
  readonly network:
    | {
        readonly subnets: string[];
        readonly securityGroups: string[];
        readonly assignPublicIp: 'ENABLED' | 'DISABLED';
      }
    | undefined;
  readonly capacityProviders:
    | {
        readonly capacityProvider: string;
        readonly base: number | undefined;
        readonly weight: number | undefined;
      }[]
    | undefined;
  /** Function name by lifecycle event. */
  readonly hooks: ReadonlyMap<string, string>;
}

const properties = z.looseObject({
  TaskDefinition: z.string().min(1),
  LoadBalancerInfo: z.looseObject({
    ContainerName: z.string().min(1),
    ContainerPort: z.coerce.number().int().min(1).max(65_535),
  }),
  PlatformVersion: z.string().nullish(),
  NetworkConfiguration: z
    .looseObject({
      AwsvpcConfiguration: z.looseObject({
        Subnets: z.array(z.string()).min(1),
        SecurityGroups: z.array(z.string()).default([]),
        AssignPublicIp: z.enum(['ENABLED', 'DISABLED']).default('DISABLED'),
      }),
    })
    .nullish(),
  CapacityProviderStrategy: z
    .array(
      z.looseObject({
        CapacityProvider: z.string(),
        Base: z.number().optional(),
        Weight: z.number().optional(),
      }),
    )
    .nullish(),
});

const appSpecSchema = z.looseObject({
  version: z.union([z.number(), z.string()]).transform(Number).pipe(z.literal(0)),
  Resources: z
    .array(
      z.record(
        z.string(),
        z.looseObject({ Type: z.literal('AWS::ECS::Service'), Properties: properties }),
      ),
    )
    .length(1),
  Hooks: z.array(z.partialRecord(z.enum(hookEvents), z.string().min(1))).nullish(),
});

const revisionSchema = z.looseObject({
  revisionType: z.string().optional(),
  string: z.looseObject({ content: z.string(), sha256: z.string().optional() }).optional(),
  appSpecContent: z.looseObject({ content: z.string(), sha256: z.string().optional() }).optional(),
});

/**
 * Reads the revision of CreateDeployment: an AppSpec as it stands (API reference,
 * "RevisionLocation"). Throws RevisionRequiredException, InvalidRevisionException.
 */
export function readRevision(input: unknown): Revision {
  if (input === undefined || input === null) {
    throw new AwsError('RevisionRequiredException', 'Revision is required');
  }
  const revision = revisionSchema.safeParse(input).data;
  const kind = revision?.revisionType;
  const given = kind === 'AppSpecContent' ? revision?.appSpecContent : revision?.string;
  if ((kind !== 'AppSpecContent' && kind !== 'String') || given === undefined) {
    throw invalid(`The emulator takes revisions of type AppSpecContent and String, not ${kind}`);
  }
  const sha256 = createHash('sha256').update(given.content).digest('hex');
  if (given.sha256 !== undefined && given.sha256 !== sha256) {
    throw invalid('The sha256 of the revision does not match its content');
  }
  return { kind, content: given.content, sha256, appSpec: readAppSpec(given.content) };
}

function readAppSpec(content: string): AppSpec {
  let document: unknown;
  try {
    document = parseYaml(content);
  } catch (error) {
    throw invalid(`The AppSpec file is malformed: ${String(error)}`);
  }
  const parsed = appSpecSchema.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(
      `The AppSpec file is malformed: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  const [resource] = Object.values(parsed.data.Resources[0] ?? {});
  if (resource === undefined) throw invalid('The AppSpec file names no resource');
  const {
    LoadBalancerInfo: balancer,
    NetworkConfiguration: network,
    ...rest
  } = resource.Properties;
  const awsvpc = network?.AwsvpcConfiguration;
  return {
    taskDefinition: rest.TaskDefinition,
    containerName: balancer.ContainerName,
    containerPort: balancer.ContainerPort,
    platformVersion: rest.PlatformVersion ?? undefined,
    network:
      awsvpc === undefined
        ? undefined
        : {
            subnets: awsvpc.Subnets,
            securityGroups: awsvpc.SecurityGroups,
            assignPublicIp: awsvpc.AssignPublicIp,
          },
    capacityProviders: rest.CapacityProviderStrategy?.map((item) => ({
      capacityProvider: item.CapacityProvider,
      base: item.Base,
      weight: item.Weight,
    })),
    hooks: new Map((parsed.data.Hooks ?? []).flatMap((hook) => Object.entries(hook))),
  };
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidRevisionException', message);
}
