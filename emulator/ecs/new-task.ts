import type { NetworkConfiguration } from '@aws-sdk/client-ecs';
import { hexId } from './arns.js';
import type { Context } from './context.js';
import { fateOf, logEverySecondsOf, logLinesOf } from './fates.js';
import type {
  ClusterRecord,
  ContainerRecord,
  DeploymentRecord,
  TaskDefinitionRecord,
  TaskRecord,
} from './model.js';
import type { ImageResolution } from './ports.js';

/** What a task is made from. */
export interface TaskSpec {
  readonly cluster: ClusterRecord;
  readonly taskDefinition: TaskDefinitionRecord;
  readonly images: ReadonlyMap<string, ImageResolution>;
  readonly deployment?: DeploymentRecord;
  readonly group: string;
  readonly startedBy?: string | undefined;
  readonly overrides?: TaskOverrides | undefined;
  readonly launchType?: string | undefined;
  readonly capacityProviderName?: string | undefined;
  readonly networkConfiguration?: NetworkConfiguration | undefined;
  readonly enableExecuteCommand?: boolean;
}

export interface TaskOverrides {
  readonly containerOverrides?:
    | {
        readonly name?: string | undefined;
        readonly environment?:
          { readonly name?: string | undefined; readonly value?: string | undefined }[] | undefined;
      }[]
    | undefined;
}

/** A task in its first state, with the fate of each container. */
export function newTask(context: Context, spec: TaskSpec): TaskRecord {
  const id = hexId();
  return {
    id,
    arn: context.arns.of(`task/${spec.cluster.name}/${id}`),
    cluster: spec.cluster,
    taskDefinition: spec.taskDefinition,
    ...(spec.deployment && { deployment: spec.deployment }),
    containers: (spec.taskDefinition.definition.containerDefinitions ?? []).map((definition) =>
      newContainer(definition, spec),
    ),
    group: spec.group,
    startedBy: spec.startedBy,
    overrides: spec.overrides ?? { containerOverrides: [], inferenceAcceleratorOverrides: [] },
    launchType: spec.launchType,
    capacityProviderName: spec.capacityProviderName,
    networkConfiguration: spec.networkConfiguration,
    loadBalancers: spec.deployment?.revision.workload.loadBalancers ?? [],
    enableExecuteCommand: spec.enableExecuteCommand ?? false,
    createdAtMs: context.clock.now(),
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    healthy: false,
    version: 1,
    cancels: [],
  };
}

/** The container's variables, an override's first. */
export function environmentOf(
  definition: ContainerRecord['definition'],
  overrides: TaskOverrides | undefined,
): Readonly<Record<string, string>> {
  const override = overrides?.containerOverrides?.find((entry) => entry.name === definition.name);
  return Object.fromEntries(
    [...(definition.environment ?? []), ...(override?.environment ?? [])].map((entry) => [
      entry.name ?? '',
      entry.value ?? '',
    ]),
  );
}

function newContainer(definition: ContainerRecord['definition'], spec: TaskSpec): ContainerRecord {
  const environment = environmentOf(definition, spec.overrides);
  const image = definition.image ?? '';
  const resolution = spec.images.get(image) ?? { kind: 'missing' };
  const read = fateOf(environment, image, resolution);
  return {
    definition,
    image,
    resolution,
    fate: 'fate' in read ? read.fate : { kind: 'crash', exitCode: 64, afterSeconds: 0 },
    logLines: [
      ...logLinesOf(environment, resolution),
      ...('unreadable' in read
        ? [`emulator: EMULATOR_FATE "${read.unreadable}" of the image is not understood`]
        : []),
    ],
    logEverySeconds: logEverySecondsOf(environment, resolution),
    lastStatus: 'PENDING',
    healthStatus: 'UNKNOWN',
  };
}
