import { readAwsInputs, type AwsAccessInputs } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import type { ContractKey } from './contract.js';
import { digestPattern, parseImageReference, type ImageReference } from './image-reference.js';

export type Inputs = DeployInputs | StatusInputs;

interface CommonInputs {
  readonly aws: AwsAccessInputs;
  readonly target: TargetInputs;
  readonly logLines: number;
}

export interface StatusInputs extends CommonInputs {
  readonly command: 'status';
}

export interface DeployInputs extends CommonInputs {
  readonly command: 'deploy';
  /** The image of the service's main container. */
  readonly image: WantedImage | undefined;
  /** Absent: the contract's, or the only one. */
  readonly container: string | undefined;
  /** By container name, besides `image`. */
  readonly images: Readonly<Record<string, ImageReference>>;
  readonly dryRun: boolean;
  readonly wait: boolean;
  readonly pollIntervalSeconds: number;
  readonly timeoutMinutes: number;
}

export type WantedImage =
  | { readonly kind: 'reference'; readonly reference: ImageReference }
  /** A digest in `repository`, or in the contract's repository. */
  | { readonly kind: 'digest'; readonly digest: string; readonly repository: string | undefined }
  /** What runs now, with the template's latest settings. */
  | { readonly kind: 'current' };

export type TargetInputs =
  | { readonly kind: 'contract'; readonly key: ContractKey }
  | {
      readonly kind: 'plain';
      readonly cluster: string;
      readonly serviceName: string;
      /** Absent: what the service runs now. */
      readonly taskDefinition: TaskDefinitionSource | undefined;
    };

type TaskDefinitionSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'registered'; readonly reference: string };

/**
 * Reads and checks every input of the action.
 *
 * @throws UserError with all problems
 */
export function readInputs(source: InputSource, env: Env): Inputs {
  const reader = new InputReader(source);
  const command = reader.oneOf('command', ['deploy', 'status'], 'deploy');
  const common = {
    aws: readAwsInputs(reader, env),
    target: readTarget(reader),
    logLines: reader.integer('log-lines', { min: 0, max: 200 }) ?? 20,
  };
  const deploy = {
    image: readImage(reader, command),
    container: reader.text('container'),
    images: readImages(reader),
    dryRun: reader.boolean('dry-run', false),
    wait: reader.boolean('wait', true),
    pollIntervalSeconds: reader.number('poll-interval-seconds', { min: 0.2, max: 60 }) ?? 5,
    timeoutMinutes: reader.number('timeout-minutes', { min: 0.05, max: 1440 }) ?? 30,
  };
  return reader.finish(
    command === 'status' ? { command, ...common } : { command, ...common, ...deploy },
  );
}

const namePart = /^[A-Za-z0-9_.-]+$/;

function readTarget(reader: InputReader): TargetInputs {
  const allowed = 'letters, digits, ".", "_" and "-"';
  const project = reader.matching('project', namePart, allowed);
  const environment = reader.matching('environment', namePart, allowed);
  const service = reader.matching('service', namePart, allowed);
  const cluster = reader.text('cluster');
  const serviceName = reader.text('service-name');
  const taskDefinition = reader.text('task-definition');
  const byContract = { project, environment, service };
  const plain = { cluster, 'service-name': serviceName, 'task-definition': taskDefinition };
  const contractGiven = Object.values(byContract).some((value) => value !== undefined);
  const plainGiven = Object.entries(plain).filter(([, value]) => value !== undefined);

  if (contractGiven && plainGiven.length > 0) {
    for (const [name] of plainGiven) {
      reader.problem(
        name,
        'input-conflict',
        'does not go with project, environment and service, whose contract says it',
      );
    }
  }
  if (contractGiven || plainGiven.length === 0) {
    const hint =
      'give project, environment and service (made by terraform/modules/ssm-contract), or cluster and service-name';
    for (const [name, value] of Object.entries(byContract)) {
      if (value === undefined) reader.problem(name, 'input-required', 'is required', hint);
    }
    return {
      kind: 'contract',
      key: { project: project ?? '', environment: environment ?? '', service: service ?? '' },
    };
  }
  for (const [name, value] of Object.entries({ cluster, 'service-name': serviceName })) {
    if (value === undefined) reader.problem(name, 'input-required', 'is required');
  }
  return {
    kind: 'plain',
    cluster: cluster ?? '',
    serviceName: serviceName ?? '',
    taskDefinition:
      taskDefinition === undefined
        ? undefined
        : taskDefinition.endsWith('.json')
          ? { kind: 'file', path: taskDefinition }
          : { kind: 'registered', reference: taskDefinition },
  };
}

const referenceForm = '[host/]repository:tag or [host/]repository@sha256:…';

function readImage(reader: InputReader, command: Inputs['command']): WantedImage | undefined {
  const image = reader.text('image');
  const digest = reader.matching(
    'image-digest',
    digestPattern,
    'a digest, sha256: and 64 hex digits',
  );
  const repository = reader.text('repository');
  const others = reader.text('images');
  if (image !== undefined && digest !== undefined) {
    reader.problem('image-digest', 'input-conflict', 'does not go with image');
  }
  if (repository !== undefined && digest === undefined) {
    reader.problem('repository', 'input-conflict', 'goes with image-digest alone');
  }
  if (digest !== undefined) return { kind: 'digest', digest, repository };
  if (image === 'current') return { kind: 'current' };
  if (image !== undefined) {
    const reference = pinnedReference(reader, 'image', image);
    return reference === undefined ? undefined : { kind: 'reference', reference };
  }
  if (command === 'deploy' && others === undefined) {
    reader.problem(
      'image',
      'input-required',
      'is required',
      'image, image-digest or images; "current" deploys the image that runs now',
    );
  }
  return undefined;
}

function readImages(reader: InputReader): Readonly<Record<string, ImageReference>> {
  return Object.fromEntries(
    Object.entries(reader.keyValues('images')).flatMap(([container, text]) => {
      const reference = pinnedReference(reader, 'images', text.trim());
      return reference === undefined ? [] : [[container, reference]];
    }),
  );
}

/** Without tag or digest a reference means `latest`, which is never what a rollout should say. */
function pinnedReference(
  reader: InputReader,
  input: string,
  text: string,
): ImageReference | undefined {
  const reference = parseImageReference(text);
  if (reference === undefined || (reference.tag ?? reference.digest) === undefined) {
    reader.problem(
      input,
      'image-malformed',
      `${JSON.stringify(text)} is no image with a tag or digest`,
      referenceForm,
    );
    return undefined;
  }
  return reference;
}
