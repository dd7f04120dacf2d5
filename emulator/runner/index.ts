import { createJob } from './job.js';
import type { JobOptions, JobResult, StepOptions } from './job.js';
import type { StepResult } from './step-result.js';

export { createJob } from './job.js';
export type { Job, JobOptions, JobResult, Phase, StepOptions } from './job.js';
export type { StepInputs } from './step-inputs.js';
export type { StepResult } from './step-result.js';
export type { RunnerTimes } from './entry-process.js';
export {
  mergeGroupEvent,
  pullRequestEvent,
  pushEvent,
  scheduleEvent,
  workflowDispatchEvent,
} from './events.js';
export type { WorkflowEvent } from './events.js';
export { withGithub } from './github-job.js';
export type { GithubJobOptions } from './github-job.js';
export type { RunnerErrorCode } from './runner-error.js';
export type { Annotation } from './step-log.js';
export type { Conclusion, PhaseResult } from './step-phase.js';

/** A job of one step, with what is left of the job. */
export interface RunStepResult extends StepResult {
  readonly orphans: JobResult['orphans'];
}

/**
 * Runs a built action the way GitHub's runner does, as the only step of a job: `main`, then always
 * `post`, also after a failure or a cancellation.
 *
 * @throws RunnerError before anything has run: no action, no bundle ("run make build"), a default
 * that holds an expression which is not known here. A failed action is a result, not an error.
 */
export async function runStep(options: JobOptions & StepOptions): Promise<RunStepResult> {
  const job = await createJob(options);
  let finished: JobResult | undefined;
  try {
    await job.run(options);
  } finally {
    finished = await job.finish();
  }
  const step = finished.steps[0];
  if (step === undefined) throw new Error('the job has no step');
  return { ...step, orphans: finished.orphans };
}
