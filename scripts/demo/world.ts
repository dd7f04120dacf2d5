import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from '../../actions/shared/env.js';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import {
  runStep,
  withGithub,
  type GithubJobOptions,
  type JobOptions,
  type RunStepResult,
} from '../../emulator/runner/index.js';
import { toolCacheDirectory } from '../local-terraform.js';
import { terraformEnvironment } from '../terraform-environment.js';
import { copyExample, createRepository, type Repository } from './git.js';

export const root = join(import.meta.dirname, '..', '..');
export const project = 'shop';

/** Where the two repositories take these actions from. */
const actionsRepository = 'org/infra-actions';

/** Of the infra repository, and of the service's. */
const repositoryIds = [456789, 456790] as const;

/** The machine's stand-ins for AWS and GitHub, and the two repositories of the organisation. */
export interface World {
  readonly emulator: Emulator;
  readonly directory: string;
  readonly infra: Repository;
  readonly app: Repository;
  readonly signal: AbortSignal;
  /** Environment of a job: where AWS is, and no keys. */
  readonly jobEnvironment: Readonly<Record<string, string>>;
  /** Environment of Terraform run by hand, with keys of its own. */
  readonly terraformEnvironment: Readonly<Record<string, string>>;
  /** The id of a run that several jobs share. */
  newRun(): number;
  /** Runs one of the built actions as the only step of a job that has no keys, only OIDC. */
  runAction(step: ActionStep): Promise<RunStepResult>;
}

export interface ActionStep {
  readonly action: 'terraform-layer' | 'ecr-push' | 'ecs-deploy';
  readonly repository: Repository;
  readonly inputs: Readonly<Record<string, string>>;
  readonly event: NonNullable<JobOptions['event']>;
  /** Name of the file in `.github/workflows`, without its ending. */
  readonly workflow: string;
  /** The reusable workflow of these actions that it calls, and the job in it. */
  readonly calls?: { readonly workflow: string; readonly job: string };
  /** Of a run that had a job before; default: a run of its own. */
  readonly runId?: number;
  readonly environment?: string;
  readonly report: (line: string) => void;
}

/** A step that ended in another way than the demo shows. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

export async function openWorld(
  directory: string,
  signal: AbortSignal,
  report: (line: string) => void,
): Promise<World> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const emulator = await startEmulator({
    directory: join(directory, 'emulator'),
    // A rollout of a minute takes three seconds.
    speed: 20,
    // What GitHub is asked for is many lines; what it is told is the story.
    log: (line) => {
      if (!line.startsWith('github GET ')) report(line);
    },
  });
  const infra = await createRepository(join(directory, 'infra'), 'org/shop-infrastructure');
  const app = await createRepository(join(directory, 'service-a'), 'org/service-a');
  await copyExample(join(root, 'examples/layered-monorepo'), infra);
  await copyExample(join(root, 'examples/service-a'), app);
  for (const [index, { slug }] of [infra, app].entries()) {
    emulator.github.seedRepository({ repository: slug, id: repositoryIds[index] });
  }
  // GitHub's environments: who is asked, and from which branch alone they are reached.
  emulator.github.seedRepository({
    repository: infra.slug,
    environments: [
      { name: 'dev' },
      { name: 'staging' },
      {
        ...{ name: 'production', reviewers: ['platform-lead'], preventSelfReview: true },
        ...{ branchPolicy: 'custom', branchPatterns: [{ name: 'main' }] },
      },
    ],
  });
  const cli = await terraformEnvironment();
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...endpoint } = emulator.nodeEnvironment();
  // A job has only the environment that it is given, so what is to stay as it is must be named too.
  const cliConfig =
    'TF_CLI_CONFIG_FILE' in cli ? cli.TF_CLI_CONFIG_FILE : process.env['TF_CLI_CONFIG_FILE'];
  const jobEnvironment = {
    ...endpoint,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...(cliConfig === undefined ? {} : { TF_CLI_CONFIG_FILE: cliConfig }),
    CHECKPOINT_DISABLE: '1',
  };
  let lastRun = 1000;
  const newRun = (): number => (lastRun += 1);
  return {
    newRun,
    jobEnvironment,
    emulator,
    directory,
    infra,
    app,
    signal,
    terraformEnvironment: childEnvironment({
      ...emulator.terraformEnvironment(),
      ...cli,
      TF_IN_AUTOMATION: '1',
      CHECKPOINT_DISABLE: '1',
    }),
    runAction: async (step) => {
      const { calls, repository, workflow } = step;
      const called =
        calls && `${actionsRepository}/.github/workflows/${calls.workflow}.yml@refs/tags/v1`;
      const github: GithubJobOptions = {
        githubUrl: emulator.githubUrl,
        ...(called === undefined ? {} : { jobWorkflowRef: called }),
        ...(step.environment === undefined ? {} : { environment: step.environment }),
      };
      const job = await withGithub(github, {
        workspace: repository.directory,
        repository: repository.slug,
        repositoryId: String(repositoryIds[repository === infra ? 0 : 1]),
        workflow,
        workflowRef: `${repository.slug}/.github/workflows/${workflow}.yml@refs/heads/main`,
        ...(calls === undefined ? {} : { job: calls.job }),
        runId: String(step.runId ?? newRun()),
        event: step.event,
        signal,
        toolCache: toolCacheDirectory,
        env: jobEnvironment,
        onLine: withoutFolds(step.report),
      });
      const result = await runStep({
        ...job,
        actionDirectory: join(root, 'actions', step.action),
        actionRepository: actionsRepository,
        inputs: step.inputs,
      });
      signal.throwIfAborted();
      return result;
    },
  };
}

/** GitHub shows a group folded: only its title. */
function withoutFolds(report: (line: string) => void): (line: string) => void {
  let folded = false;
  return (line) => {
    if (line.startsWith('::endgroup::') || line.startsWith('##[endgroup]')) folded = false;
    else if (line.startsWith('::group::') || line.startsWith('##[group]')) folded = true;
    else if (!folded && line.trim() !== '') report(line);
  };
}
