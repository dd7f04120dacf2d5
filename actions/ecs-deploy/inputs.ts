import { readAwsInputs, type AwsAccessInputs } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import type { ImageReference } from './images/image-reference.js';
import { readAround, type AroundInputs } from './inputs/around.js';
import { readImage, readImages, type WantedImage } from './inputs/images.js';
import { readFollowing, readRollout, type RolloutInputs } from './inputs/rollout.js';
import { readTaskToRun, type TaskToRun } from './inputs/run-task.js';
import { readScale, type ScaleChange } from './inputs/scale.js';
import { readTarget, type TargetInputs } from './inputs/target.js';

export type Inputs = DeployInputs | RunTaskInputs | ScaleInputs | StatusInputs;
export type Command = Inputs['command'];

export interface CommonInputs {
  readonly aws: AwsAccessInputs;
  readonly target: TargetInputs;
  readonly logLines: number;
}

export interface StatusInputs extends CommonInputs {
  readonly command: 'status';
}

export interface RunTaskInputs extends CommonInputs, Omit<RolloutInputs, 'wait'> {
  readonly command: 'run-task';
  readonly run: TaskToRun;
  readonly dryRun: boolean;
}

export interface ScaleInputs extends CommonInputs, RolloutInputs {
  readonly command: 'scale';
  readonly change: ScaleChange;
  readonly dryRun: boolean;
}

export interface DeployInputs extends CommonInputs, RolloutInputs {
  readonly command: 'deploy';
  /** The image of the service's main container. */
  readonly image: WantedImage | undefined;
  /** Absent: the contract's, or the only one. */
  readonly container: string | undefined;
  /** By container name, besides `image`. */
  readonly images: Readonly<Record<string, ImageReference>>;
  readonly around: AroundInputs;
  readonly dryRun: boolean;
}

const commands = ['deploy', 'run-task', 'scale', 'status'] as const satisfies readonly Command[];

/** Inputs that only some commands understand; a value given to another one is an error. */
const onlyFor: Readonly<Record<string, readonly Command[]>> = {
  image: ['deploy', 'run-task'],
  'image-digest': ['deploy', 'run-task'],
  repository: ['deploy', 'run-task'],
  container: ['deploy'],
  images: ['deploy'],
  wait: ['deploy', 'scale'],
  'pre-deploy': ['deploy'],
  'pre-deploy-container': ['deploy'],
  'post-deploy': ['deploy'],
  'post-deploy-container': ['deploy'],
  'deploy-task-timeout-minutes': ['deploy'],
  'smoke-url': ['deploy'],
  'smoke-status': ['deploy'],
  'smoke-body': ['deploy'],
  'smoke-timeout-seconds': ['deploy'],
  'smoke-attempts': ['deploy'],
  'task-command': ['run-task'],
  'task-container': ['run-task'],
  'task-env-vars': ['run-task'],
  'task-cpu': ['run-task'],
  'task-memory': ['run-task'],
  task: ['run-task'],
  revision: ['run-task'],
  'desired-count': ['scale'],
  'scale-limits': ['scale'],
  reason: ['scale'],
};

/**
 * Reads and checks every input of the action.
 *
 * @throws UserError with all problems
 */
export function readInputs(source: InputSource, env: Env): Inputs {
  const reader = new InputReader(source);
  const command = reader.oneOf('command', commands, 'deploy');
  refuseForeign(reader, command);
  const common = {
    aws: readAwsInputs(reader, env),
    target: readTarget(reader),
    logLines: reader.integer('log-lines', { min: 0, max: 200 }) ?? 20,
  };
  return reader.finish(inputsOf(command, common, reader));
}

function inputsOf(command: Command, common: CommonInputs, reader: InputReader): Inputs {
  switch (command) {
    case 'status':
      return { command, ...common };
    case 'run-task':
      return {
        command,
        ...common,
        run: readTaskToRun(reader),
        ...readFollowing(reader),
        dryRun: reader.boolean('dry-run', false),
      };
    case 'scale':
      return {
        command,
        ...common,
        change: readScale(reader),
        // The count is changed at once; an emergency may not have the time to wait.
        wait: reader.boolean('wait', false),
        ...readFollowing(reader),
        dryRun: reader.boolean('dry-run', false),
      };
    case 'deploy': {
      const images = {
        image: readImage(reader, { required: true }),
        container: reader.text('container'),
        images: readImages(reader),
      };
      const rollout = readRollout(reader);
      return {
        command,
        ...common,
        ...images,
        ...rollout,
        around: readAround(reader, rollout.wait),
        dryRun: reader.boolean('dry-run', false),
      };
    }
  }
}

function refuseForeign(reader: InputReader, command: Command): void {
  for (const [name, allowed] of Object.entries(onlyFor)) {
    if (allowed.includes(command) || reader.text(name) === undefined) continue;
    reader.problem(name, 'input-not-for-command', `is not for "${command}"`, allowed.join(', '));
  }
}
