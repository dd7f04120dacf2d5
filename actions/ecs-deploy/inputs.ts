import { readAwsInputs, type AwsAccessInputs } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import { readRestart, type RestartInputs } from './commands/restart.js';
import { readRollback, type RollbackInputs } from './commands/rollback.js';
import type { ImageReference } from './images/image-reference.js';
import { readCodeDeploy, type CodeDeployInputs } from './inputs/code-deploy.js';
import { editInputs, readEdits, type EditInputs } from './inputs/definition.js';
import { readImage, readImages, type WantedImage } from './inputs/images.js';
import { readAnswer, type AnswerInputs } from './inputs/continue.js';
import { readRollout, type RolloutInputs } from './inputs/rollout.js';
import { readTargets, type TargetInputs } from './inputs/target.js';

export type Inputs =
  ContinueInputs | DeployInputs | RestartInputs | RollbackInputs | StatusInputs | VerifyInputs;
export type Command = Inputs['command'];

export interface CommonInputs {
  readonly aws: AwsAccessInputs;
  readonly target: TargetInputs;
  readonly logLines: number;
}

export interface StatusInputs extends CommonInputs {
  readonly command: 'status';
}

export interface ContinueInputs extends CommonInputs, RolloutInputs, AnswerInputs {
  readonly command: 'continue';
  readonly dryRun: boolean;
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
  /** For a service whose deployment controller is CODE_DEPLOY. */
  readonly codeDeploy: CodeDeployInputs;
  readonly edits: EditInputs;
  /** Whether mistakes that can be seen without further rights stop the deploy. */
  readonly verify: boolean;
  /** How many revisions of the live family stay; absent: all. */
  readonly keepRevisions: number | undefined;
  readonly dryRun: boolean;
  /** All services to deploy; `target` is the first. */
  readonly targets: readonly TargetInputs[];
  /** Several services: takes all back where one does not come through. */
  readonly allOrNothing: boolean;
}

const commands = [
  'deploy',
  'rollback',
  'restart',
  'continue',
  'status',
  'verify',
] as const satisfies readonly Command[];

/** Inputs that only some commands understand; a value given to another one is an error. */
const onlyFor: Readonly<Record<string, readonly Command[]>> = {
  image: ['deploy', 'verify'],
  'image-digest': ['deploy', 'verify'],
  repository: ['deploy', 'verify'],
  container: ['deploy', 'verify'],
  images: ['deploy', 'verify'],
  'keep-revisions': ['deploy'],
  ...Object.fromEntries(editInputs.map((name) => [name, ['deploy', 'verify']] as const)),
  revision: ['rollback'],
  'hook-id': ['continue'],
  'service-deployment-arn': ['continue'],
  decision: ['continue'],
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
  const aws = readAwsInputs(reader, env);
  const targets = readTargets(reader);
  if (targets.length > 1 && command !== 'deploy') {
    const input = reader.text('service') === undefined ? 'service-name' : 'service';
    reader.problem(input, 'input-not-for-command', `"${command}" takes one service`);
  }
  const common = {
    aws,
    target: targets[0],
    logLines: reader.integer('log-lines', { min: 0, max: 200 }) ?? 20,
  };
  return reader.finish(inputsOf(command, common, targets, reader));
}

function inputsOf(
  command: Command,
  common: CommonInputs,
  targets: readonly TargetInputs[],
  reader: InputReader,
): Inputs {
  switch (command) {
    case 'status':
      return { command, ...common };
    case 'restart':
      return readRestart(reader, common);
    case 'rollback':
      return readRollback(reader, common);
    case 'continue':
      return {
        command,
        ...common,
        ...readAnswer(reader),
        ...readRollout(reader),
        dryRun: reader.boolean('dry-run', false),
      };
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
        targets,
        allOrNothing: reader.boolean('all-or-nothing', false),
        edits: readEdits(reader),
        verify: reader.boolean('verify', true),
        keepRevisions: reader.integer('keep-revisions', { min: 1, max: 1000 }),
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
