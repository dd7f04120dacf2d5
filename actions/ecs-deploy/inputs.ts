import { readAwsInputs, type AwsAccessInputs } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import type { ImageReference } from './images/image-reference.js';
import { readCodeDeploy, type CodeDeployInputs } from './inputs/code-deploy.js';
import { readImage, readImages, type WantedImage } from './inputs/images.js';
import { readRollout, type RolloutInputs } from './inputs/rollout.js';
import { readTarget, type TargetInputs } from './inputs/target.js';

export type Inputs = DeployInputs | StatusInputs;
export type Command = Inputs['command'];

export interface CommonInputs {
  readonly aws: AwsAccessInputs;
  readonly target: TargetInputs;
  readonly logLines: number;
}

export interface StatusInputs extends CommonInputs {
  readonly command: 'status';
}

export interface DeployInputs extends CommonInputs, RolloutInputs {
  readonly command: 'deploy';
  /** The image of the service's main container. */
  readonly image: WantedImage | undefined;
  /** Absent: the contract's, or the only one. */
  readonly container: string | undefined;
  /** By container name, besides `image`. */
  readonly images: Readonly<Record<string, ImageReference>>;
  /** For a service whose deployment controller is CODE_DEPLOY. */
  readonly codeDeploy: CodeDeployInputs;
  readonly dryRun: boolean;
}

const commands = ['deploy', 'status'] as const satisfies readonly Command[];

/** Inputs that only some commands understand; a value given to another one is an error. */
const onlyFor: Readonly<Record<string, readonly Command[]>> = {
  image: ['deploy'],
  'image-digest': ['deploy'],
  repository: ['deploy'],
  container: ['deploy'],
  images: ['deploy'],
  'codedeploy-application': ['deploy'],
  'codedeploy-deployment-group': ['deploy'],
  'codedeploy-config': ['deploy'],
  appspec: ['deploy'],
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
    case 'deploy':
      return {
        command,
        ...common,
        image: readImage(reader, { required: true }),
        container: reader.text('container'),
        images: readImages(reader),
        ...readRollout(reader),
        codeDeploy: readCodeDeploy(reader),
        dryRun: reader.boolean('dry-run', false),
      };
  }
}

function refuseForeign(reader: InputReader, command: Command): void {
  for (const [name, allowed] of Object.entries(onlyFor)) {
    if (allowed.includes(command) || reader.text(name) === undefined) continue;
    reader.problem(name, 'input-not-for-command', `is not for "${command}"`, allowed.join(', '));
  }
}
