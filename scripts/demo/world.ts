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
  /** Runs one of the built actions as the only step of a job that has no keys, only OIDC. */
  runAction(step: ActionStep): Promise<RunStepResult>;
}

export interface ActionStep {
  readonly action: 'terraform-layer' | 'ecr-push' | 'ecs-deploy';
  readonly repository: Repository;
  readonly inputs: Readonly<Record<string, string>>;
  readonly event: NonNullable<JobOptions['event']>;
  readonly workflow: string;
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
    log: report,
  });
  const infra = await createRepository(join(directory, 'infra'), 'org/shop-infrastructure');
  const app = await createRepository(join(directory, 'service-a'), 'org/service-a');
  await copyExample(join(root, 'examples/layered-monorepo'), infra);
  await copyExample(join(root, 'examples/service-a'), app);
  for (const { slug } of [infra, app]) emulator.github.seedRepository({ repository: slug });
  const cli = await terraformEnvironment();
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...endpoint } = emulator.nodeEnvironment();
  const cliConfig = cli.TF_CLI_CONFIG_FILE;
  const jobEnvironment = {
    ...endpoint,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...(cliConfig === undefined ? {} : { TF_CLI_CONFIG_FILE: cliConfig }),
    CHECKPOINT_DISABLE: '1',
  };
  return {
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
      const github: GithubJobOptions = {
        githubUrl: emulator.githubUrl,
        ...(step.environment === undefined ? {} : { environment: step.environment }),
      };
      const job = await withGithub(github, {
        workspace: step.repository.directory,
        repository: step.repository.slug,
        workflow: step.workflow,
        event: step.event,
        signal,
        toolCache: toolCacheDirectory,
        env: jobEnvironment,
        onLine: withoutFolds(step.report),
      });
      const result = await runStep({
        ...job,
        actionDirectory: join(root, 'actions', step.action),
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
