import { mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as runner from '../../emulator/runner/index.js';
import type { Job, JobOptions, RunStepResult, StepOptions } from '../../emulator/runner/index.js';

export {
  mergeGroupEvent,
  pullRequestEvent,
  pushEvent,
  withGithub,
  workflowDispatchEvent,
} from '../../emulator/runner/index.js';
export type {
  Annotation,
  Job,
  JobOptions,
  JobResult,
  RunStepResult,
  StepOptions,
  StepResult,
  WorkflowEvent,
} from '../../emulator/runner/index.js';

const fixtures = path.join(import.meta.dirname, 'fixtures', 'actions');

/** As the emulator's; what the steps log is shown where the test fails. */
export function createJob(options: JobOptions): Promise<Job> {
  return runner.createJob({ ...options, onLine: kept(options) });
}

/** As the emulator's; what the step logs is shown where the test fails. */
export function runStep(options: JobOptions & StepOptions): Promise<RunStepResult> {
  return runner.runStep({ ...options, onLine: kept(options) });
}

/** Read by `step-log-environment.mjs`. */
function kept({ onLine }: JobOptions): NonNullable<JobOptions['onLine']> {
  return (line, step) => {
    (globalThis as { stepLog?: string[] }).stepLog?.push(line);
    onLine?.(line, step);
  };
}

/** The directory of a fixture action, such as `probe`. */
export function fixtureAction(name: string): string {
  return path.join(fixtures, name);
}

/** The directory of one of our actions; its bundle must be built. */
export function ownAction(name: 'ecr-push' | 'ecs-deploy' | 'terraform-layer'): string {
  return path.join(import.meta.dirname, '..', '..', 'actions', name);
}

/** Runs `body` with an empty directory that is removed afterwards. */
export async function withDirectory<T>(body: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(path.join(await realpath(os.tmpdir()), 'workspace-'));
  try {
    return await body(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs the probe action, in an empty workspace unless one is given. */
export async function runProbe(
  scripts: { readonly main?: string; readonly post?: string },
  options: Partial<JobOptions & StepOptions> = {},
): Promise<RunStepResult> {
  return withDirectory((directory) =>
    runStep({
      workspace: directory,
      actionDirectory: fixtureAction('probe'),
      ...options,
      inputs: {
        'main-script': scripts.main ?? '',
        'post-script': scripts.post ?? '',
        ...options.inputs,
      },
    }),
  );
}
