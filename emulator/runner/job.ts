import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readAction } from './action-definition.js';
import type { ActionDefinition } from './action-definition.js';
import { githubTimes } from './entry-process.js';
import type { RunnerTimes } from './entry-process.js';
import { condition } from './expressions.js';
import type { JobStatus } from './expressions.js';
import { jobContext } from './job-context.js';
import type { JobContextOptions } from './job-context.js';
import { endOrphans } from './orphans.js';
import type { Orphan } from './orphans.js';
import { RunnerError } from './runner-error.js';
import { SecretMasker } from './secret-masker.js';
import { effectiveInputs, inputVariables } from './step-inputs.js';
import type { StepInputs } from './step-inputs.js';
import { runPhase } from './step-phase.js';
import type { PhaseResult } from './step-phase.js';
import { conclusionOf, stepResult } from './step-result.js';
import type { StepPhases, StepResult } from './step-result.js';

export interface JobOptions extends JobContextOptions {
  /** An existing directory: what `actions/checkout` would have filled. */
  readonly workspace: string;
  /**
   * The job's `env`. Of this process's own environment steps get only what a bare machine has:
   * PATH, HOME, USER, SHELL, TMPDIR, language and time zone.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Only jobs with `id-token: write` have it. */
  readonly oidc?: { readonly requestUrl: string; readonly requestToken: string };
  /** The artifact service; on GitHub, only steps that are JavaScript actions see it. */
  readonly results?: { readonly url: string; readonly runtimeToken: string };
  /** Told how the job ended. */
  readonly onFinished?: (conclusion: JobStatus) => Promise<void>;
  /** Values masked from the start, as secrets of the repository are. */
  readonly secrets?: readonly string[];
  /** Default: a directory of the job's own, removed with it. */
  readonly toolCache?: string;
  /** Whether debug lines show, as with the secret `ACTIONS_STEP_DEBUG`. */
  readonly debug?: boolean;
  /** Cancels the job when aborted. */
  readonly signal?: AbortSignal;
  readonly times?: Partial<RunnerTimes>;
  /** Gets each line of each step as GitHub shows it: masked. */
  readonly onLine?: (line: string, step: { readonly id: string; readonly phase: Phase }) => void;
}

export type Phase = 'main' | 'post';

export interface StepOptions {
  /** Holds `action.yml` and the bundles that it names. */
  readonly actionDirectory: string;
  /** Default: the directory's name. */
  readonly id?: string;
  readonly inputs?: StepInputs;
  /** `owner/name` of the action, where `uses:` names another repository than the workflow's own. */
  readonly actionRepository?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** `if:`, of the four status functions; default `success()`. */
  readonly if?: string;
  /** Cancels the job when aborted, as a person does who cancels a run. */
  readonly signal?: AbortSignal;
}

export interface JobResult {
  readonly conclusion: JobStatus;
  readonly steps: readonly StepResult[];
  /** Processes that outlived the job; they have been killed. */
  readonly orphans: readonly Orphan[];
}

/** A job: steps that share environment, PATH, masks and a temporary directory. */
export interface Job {
  /** Runs the `main` of an action. @throws RunnerError before anything has run. */
  run(step: StepOptions): Promise<StepResult>;
  /**
   * Runs the posts, the last step's first, ends what the actions left running, and removes the
   * job's directory. Call it whatever happened.
   */
  finish(): Promise<JobResult>;
  /** The `RUNNER_TEMP` of its steps. */
  readonly temporaryDirectory: string;
}

interface PreparedStep {
  readonly id: string;
  readonly action: ActionDefinition;
  readonly options: StepOptions;
  readonly inputs: Readonly<Record<string, string>>;
}

interface RanStep extends PreparedStep, StepPhases {
  post: PhaseResult | undefined;
}

const inherited = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ'];

function machineEnvironment(): Record<string, string> {
  return Object.fromEntries(
    inherited.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * Sets a job up on this machine: temporary directories, event payload, environment.
 *
 * @throws RunnerError `workspace-not-found`
 */
export async function createJob(options: JobOptions): Promise<Job> {
  const workspace = await realpath(options.workspace).catch((error: unknown) => {
    const message = `the workspace ${options.workspace} does not exist`;
    throw new RunnerError('workspace-not-found', message, error);
  });
  const root = await mkdtemp(path.join(await realpath(os.tmpdir()), 'runner-'));
  const directories = {
    workspace,
    temporary: path.join(root, '_temp'),
    toolCache: options.toolCache ?? path.join(root, '_tool'),
    eventPath: path.join(root, '_temp', '_github_workflow', 'event.json'),
  };
  await mkdir(path.dirname(directories.eventPath), { recursive: true });
  await mkdir(directories.toolCache, { recursive: true });
  await writeFile(directories.eventPath, JSON.stringify(options.event?.payload ?? {}, null, 2));

  const context = jobContext(options, directories);
  const times: RunnerTimes = { ...githubTimes, ...options.times };
  const trackingId = `github_${randomUUID()}`;
  const masker = new SecretMasker();
  const { requestUrl, requestToken } = options.oidc ?? {};
  const { results } = options;
  const secrets = [context.token, requestToken, results?.runtimeToken, ...(options.secrets ?? [])];
  for (const secret of secrets.filter((value) => value !== undefined)) {
    masker.add(secret);
  }

  const jobEnv: Record<string, string> = { ...options.env };
  const prependedPath: string[] = [];
  const ran: RanStep[] = [];
  let finished = false;
  let cancelledAt: number | undefined;
  const cancelled = new AbortController();
  const cancel = (): void => {
    cancelledAt ??= performance.now();
    cancelled.abort();
  };
  options.signal?.addEventListener('abort', cancel, { once: true });
  if (options.signal?.aborted === true) cancel();

  const status = (): JobStatus => {
    if (cancelled.signal.aborted) return 'cancelled';
    const results = ran.map(({ main, post }) => conclusionOf(main, post));
    return results.includes('failure') ? 'failure' : 'success';
  };

  const environment = (step: PreparedStep): Record<string, string> => {
    const merged = { ...machineEnvironment(), ...jobEnv, ...step.options.env };
    const searchPath = [...prependedPath.toReversed(), merged['PATH'] ?? '']
      .filter((entry) => entry !== '')
      .join(path.delimiter);
    return {
      ...merged,
      PATH: searchPath,
      ...inputVariables(step.inputs),
      ...context.variables,
      GITHUB_ACTION: step.id,
      GITHUB_ACTION_REPOSITORY: step.options.actionRepository ?? '',
      RUNNER_TRACKING_ID: trackingId,
      ...(options.debug === true ? { RUNNER_DEBUG: '1' } : {}),
      ...(requestUrl === undefined || requestToken === undefined
        ? {}
        : {
            ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
          }),
      ...(results === undefined
        ? {}
        : { ACTIONS_RESULTS_URL: results.url, ACTIONS_RUNTIME_TOKEN: results.runtimeToken }),
    };
  };

  const phase = async (
    name: Phase,
    step: PreparedStep,
    parts: {
      readonly script: string;
      readonly env: Record<string, string>;
      readonly signal: AbortSignal;
      readonly warnings: readonly string[];
    },
  ): Promise<PhaseResult> => {
    const { onLine } = options;
    const result = await runPhase({
      ...parts,
      workspace,
      temporary: directories.temporary,
      times,
      masker,
      debug: options.debug ?? false,
      onLine: onLine && ((line) => onLine(line, { id: step.id, phase: name })),
    });
    for (const [key, value] of result.env) jobEnv[key] = value;
    prependedPath.push(...result.path);
    return result;
  };

  const run = async (stepOptions: StepOptions): Promise<StepResult> => {
    if (finished) throw new RunnerError('job-finished', 'the job has finished');
    const action = await readAction(path.resolve(stepOptions.actionDirectory));
    const { inputs, warnings } = effectiveInputs(action, stepOptions.inputs ?? {}, context);
    const id = stepOptions.id ?? path.basename(action.directory);
    const step = { id, action, options: stepOptions, inputs };
    stepOptions.signal?.addEventListener('abort', cancel, { once: true });
    if (stepOptions.signal?.aborted === true) cancel();
    const runs = condition(stepOptions.if ?? 'success()', status());
    const main = runs
      ? await phase('main', step, {
          script: action.main,
          env: environment(step),
          // A step that a cancelled job still runs is stopped by the end of its grace only.
          signal: cancelled.signal.aborted ? graceSignal() : cancelled.signal,
          warnings,
        })
      : undefined;
    const kept: RanStep = { ...step, main, post: undefined };
    ran.push(kept);
    return stepResult(kept, masker);
  };

  const graceSignal = (): AbortSignal => {
    if (cancelledAt === undefined) return new AbortController().signal;
    const left = cancelledAt + times.cancelGraceSeconds * 1000 - performance.now();
    return AbortSignal.timeout(Math.max(0, Math.round(left)));
  };

  const runPost = async (step: RanStep): Promise<PhaseResult | undefined> => {
    const { action, main } = step;
    if (main === undefined || action.post === undefined) return undefined;
    if (!condition(action.postIf, status())) return undefined;
    const state = [...main.state].map(([name, value]) => [`STATE_${name}`, value] as const);
    return phase('post', step, {
      script: action.post,
      env: { ...environment(step), ...Object.fromEntries(state) },
      signal: graceSignal(),
      warnings: [],
    });
  };

  const finish = async (): Promise<JobResult> => {
    if (finished) throw new RunnerError('job-finished', 'the job has finished');
    finished = true;
    let orphans: Orphan[];
    try {
      for (const step of ran.toReversed()) step.post = await runPost(step);
    } finally {
      options.signal?.removeEventListener('abort', cancel);
      orphans = await endOrphans(trackingId);
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    }
    const steps = ran.map((step) => stepResult(step, masker));
    const conclusion = status();
    await options.onFinished?.(conclusion);
    return { conclusion, steps, orphans };
  };

  return { run, finish, temporaryDirectory: directories.temporary };
}
