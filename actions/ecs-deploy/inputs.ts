import { readAwsInputs, type AwsAccessInputs } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import type { ImageReference } from './images/image-reference.js';
import { editInputs, readEdits, type EditInputs } from './inputs/definition.js';
import { readImage, readImages, type WantedImage } from './inputs/images.js';
import { readRollout, type RolloutInputs } from './inputs/rollout.js';
import { readTarget, type TargetInputs } from './inputs/target.js';

export type Inputs = DeployInputs | StatusInputs | VerifyInputs;
export type Command = Inputs['command'];

export interface CommonInputs {
  readonly aws: AwsAccessInputs;
  readonly target: TargetInputs;
  readonly logLines: number;
}

export interface StatusInputs extends CommonInputs {
  readonly command: 'status';
}

/** What the service is to run is checked as a deploy would make it. */
export interface VerifyInputs extends CommonInputs {
  readonly command: 'verify';
  readonly image: WantedImage | undefined;
  readonly container: string | undefined;
  readonly images: Readonly<Record<string, ImageReference>>;
  readonly edits: EditInputs;
}

export interface DeployInputs extends CommonInputs, RolloutInputs {
  readonly command: 'deploy';
  /** The image of the service's main container. */
  readonly image: WantedImage | undefined;
  /** Absent: the contract's, or the only one. */
  readonly container: string | undefined;
  /** By container name, besides `image`. */
  readonly images: Readonly<Record<string, ImageReference>>;
  readonly edits: EditInputs;
  /** Whether mistakes that can be seen without further rights stop the deploy. */
  readonly verify: boolean;
  /** How many revisions of the live family stay; absent: all. */
  readonly keepRevisions: number | undefined;
  readonly dryRun: boolean;
}

const commands = ['deploy', 'status', 'verify'] as const satisfies readonly Command[];

/** Inputs that only some commands understand; a value given to another one is an error. */
const onlyFor: Readonly<Record<string, readonly Command[]>> = {
  image: ['deploy', 'verify'],
  'image-digest': ['deploy', 'verify'],
  repository: ['deploy', 'verify'],
  container: ['deploy', 'verify'],
  images: ['deploy', 'verify'],
  'keep-revisions': ['deploy'],
  ...Object.fromEntries(editInputs.map((name) => [name, ['deploy', 'verify']] as const)),
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
    case 'verify':
      return {
        command,
        ...common,
        image: readImage(reader, { required: false }),
        container: reader.text('container'),
        images: readImages(reader),
        edits: readEdits(reader),
      };
    case 'deploy':
      return {
        command,
        ...common,
        image: readImage(reader, { required: true }),
        container: reader.text('container'),
        images: readImages(reader),
        edits: readEdits(reader),
        verify: reader.boolean('verify', true),
        keepRevisions: reader.integer('keep-revisions', { min: 1, max: 1000 }),
        ...readRollout(reader),
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
