import { readAwsInputs, type AwsAccessInputs } from '../shared/aws-access.js';
import type { Env } from '../shared/env.js';
import { InputReader, type InputSource } from '../shared/inputs.js';
import { readNotify, type NotifyingInputs } from '../shared/notify/notify-inputs.js';
import { readRestart, type RestartInputs } from './commands/restart.js';
import { readRollback, type RollbackInputs } from './commands/rollback.js';
import type { ImageReference } from './images/image-reference.js';
import { readCodeDeploy, type CodeDeployInputs } from './inputs/code-deploy.js';
import { editInputs, readEdits, type EditInputs } from './inputs/definition.js';
import { readAround, type AroundInputs } from './inputs/around.js';
import { readImage, readImages, type WantedImage } from './inputs/images.js';
import { readAnswer, type AnswerInputs } from './inputs/continue.js';
import { readFollowing, readRollout, type RolloutInputs } from './inputs/rollout.js';
import { readTaskToRun, type TaskToRun } from './inputs/run-task.js';
import { readScale, type ScaleChange } from './inputs/scale.js';
import { readTargets, type TargetInputs } from './inputs/target.js';

export type Inputs =
  | ContinueInputs
  | DeployInputs
  | RestartInputs
  | RollbackInputs
  | RunTaskInputs
  | ScaleInputs
  | StatusInputs
  | VerifyInputs;
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
  readonly codeDeploy: CodeDeployInputs;
  /** What the deploy that paused had still to do. */
  readonly around: AroundInputs;
  readonly keepRevisions: number | undefined;
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
  /** For a service whose deployment controller is CODE_DEPLOY. */
  readonly codeDeploy: CodeDeployInputs;
  readonly edits: EditInputs;
  /** Whether mistakes that can be seen without further rights stop the deploy. */
  readonly verify: boolean;
  /** How many revisions of the live family stay; absent: all. */
  readonly keepRevisions: number | undefined;
  readonly around: AroundInputs;
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
  'scale',
  'continue',
  'run-task',
  'status',
  'verify',
] as const satisfies readonly Command[];

/** Inputs that only some commands understand; a value given to another one is an error. */
const onlyFor: Readonly<Record<string, readonly Command[]>> = {
  image: ['deploy', 'verify', 'run-task'],
  'image-digest': ['deploy', 'verify', 'run-task'],
  repository: ['deploy', 'verify', 'run-task'],
  container: ['deploy', 'verify'],
  images: ['deploy', 'verify'],
  'keep-revisions': ['deploy', 'continue'],
  ...Object.fromEntries(editInputs.map((name) => [name, ['deploy', 'verify']] as const)),
  revision: ['rollback', 'run-task'],
  wait: ['deploy', 'rollback', 'restart', 'continue', 'scale'],
  'hook-id': ['continue'],
  'service-deployment-arn': ['continue'],
  decision: ['continue'],
  'codedeploy-application': ['deploy', 'rollback', 'restart', 'continue'],
  'codedeploy-deployment-group': ['deploy', 'rollback', 'restart', 'continue'],
  'codedeploy-config': ['deploy', 'rollback', 'restart'],
  appspec: ['deploy', 'rollback', 'restart'],
  'pre-deploy': ['deploy'],
  'pre-deploy-container': ['deploy'],
  'post-deploy': ['deploy', 'continue'],
  'post-deploy-container': ['deploy', 'continue'],
  'deploy-task-timeout-minutes': ['deploy', 'continue'],
  'smoke-url': ['deploy', 'continue'],
  'smoke-status': ['deploy', 'continue'],
  'smoke-body': ['deploy', 'continue'],
  'smoke-timeout-seconds': ['deploy', 'continue'],
  'smoke-attempts': ['deploy', 'continue'],
  'task-command': ['run-task'],
  'task-container': ['run-task'],
  'task-env-vars': ['run-task'],
  'task-cpu': ['run-task'],
  'task-memory': ['run-task'],
  task: ['run-task'],
  'desired-count': ['scale'],
  'scale-limits': ['scale'],
  reason: ['scale'],
};

/**
 * Reads and checks every input of the action.
 *
 * @throws UserError with all problems
 */
export function readInputs(source: InputSource, env: Env): Inputs & NotifyingInputs {
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
  const notify = readNotify(reader);
  return reader.finish({ ...inputsOf(command, common, targets, reader), notify });
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
    case 'continue': {
      const rollout = readRollout(reader);
      return {
        command,
        ...common,
        ...readAnswer(reader),
        ...rollout,
        codeDeploy: readCodeDeploy(reader),
        around: readAround(reader, rollout.wait),
        keepRevisions: readKeepRevisions(reader),
        dryRun: reader.boolean('dry-run', false),
      };
    }
    case 'verify':
      return {
        command,
        ...common,
        image: readImage(reader, { required: false }),
        container: reader.text('container'),
        images: readImages(reader),
        edits: readEdits(reader),
      };
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
      const several = {
        targets,
        allOrNothing: reader.boolean('all-or-nothing', false),
      };
      const rollout = readRollout(reader);
      return {
        command,
        ...common,
        ...images,
        ...several,
        edits: readEdits(reader),
        verify: reader.boolean('verify', true),
        keepRevisions: readKeepRevisions(reader),
        ...rollout,
        codeDeploy: readCodeDeploy(reader),
        around: readAround(reader, rollout.wait),
        dryRun: reader.boolean('dry-run', false),
      };
    }
  }
}

function readKeepRevisions(reader: InputReader): number | undefined {
  return reader.integer('keep-revisions', { min: 1, max: 1000 });
}

function refuseForeign(reader: InputReader, command: Command): void {
  for (const [name, allowed] of Object.entries(onlyFor)) {
    if (allowed.includes(command) || reader.text(name) === undefined) continue;
    reader.problem(name, 'input-not-for-command', `is not for "${command}"`, allowed.join(', '));
  }
}
