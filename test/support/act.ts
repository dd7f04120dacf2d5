import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowEvent } from '../../emulator/runner/index.js';

/** One job of a run, or one leg of its matrix. */
export interface ActJob {
  readonly id: string;
  /** What is no text is JSON. */
  readonly matrix: Readonly<Record<string, string>>;
  /** By what its steps did: act calls the legs of a failed matrix failed, whichever it was. */
  readonly conclusion: 'success' | 'failure';
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Titles of the steps that failed. */
  readonly failedSteps: readonly string[];
}

export interface ActRun {
  readonly exitCode: number | null;
  /** In the order in which they began. A job that did not run is not here. */
  readonly jobs: readonly ActJob[];
  readonly log: readonly string[];
}

export interface ActRequest {
  /** Path of the `act` program. */
  readonly act: string;
  /** A git repository with an `origin` on GitHub. */
  readonly repository: string;
  readonly workflow: string;
  readonly event: WorkflowEvent;
  /** Where actions and reusable workflows lie, by `owner/name@ref`. */
  readonly actions: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly token: string;
  readonly env: Readonly<Record<string, string>>;
  /** Called when a job begins, before any of its steps. */
  readonly onJob?: (job: Pick<ActJob, 'id' | 'matrix'>) => void;
}

interface ActLine {
  readonly jobID?: string;
  readonly matrix?: Readonly<Record<string, unknown>>;
  readonly step?: string;
  readonly stage?: string;
  readonly stepResult?: string;
  readonly command?: string;
  readonly name?: string;
  readonly arg?: string;
  readonly content?: string;
  readonly msg?: string;
}

interface GrowingJob {
  readonly id: string;
  readonly matrix: Readonly<Record<string, string>>;
  readonly outputs: Record<string, string>;
  readonly summaries: string[];
  readonly failedSteps: string[];
  steps: number;
}

/** Runs a workflow of a consumer's repository on this machine, without a container engine. */
export async function runWorkflow(request: ActRequest): Promise<ActRun> {
  const { directory, event } = request;
  await mkdir(directory, { recursive: true });
  const eventPath = join(directory, 'event.json');
  await writeFile(eventPath, JSON.stringify(event.payload));
  const env = { ...request.env, GITHUB_REF: event.ref, GITHUB_SHA: event.sha };
  const child = spawn(
    request.act,
    [
      event.name,
      ...['-W', request.workflow, '-e', eventPath, '-P', 'ubuntu-24.04=-self-hosted'],
      ...Object.entries(request.actions).flatMap(([name, path]) => [
        '--local-repository',
        `${name}=${path}`,
      ]),
      ...['--action-cache-path', join(directory, 'cache'), '--no-cache-server', '--json'],
      ...['-s', `GITHUB_TOKEN=${request.token}`],
      ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ],
    { cwd: request.repository, stdio: ['ignore', 'pipe', 'pipe'], env: actEnvironment(directory) },
  );
  const jobs = new Map<string, GrowingJob>();
  const log: string[] = [];
  const take = (line: string): void => {
    const parsed = parseLine(line);
    if (parsed === undefined) {
      if (line !== '') log.push(line);
      return;
    }
    if (parsed.msg !== undefined && parsed.msg !== '') log.push(parsed.msg.trimEnd());
    note(jobs, parsed, request.onJob);
  };
  let rest = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    });
  }
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  take(rest);
  // A job that only calls a reusable workflow has no steps of its own.
  const withSteps = [...jobs.values()].filter((job) => job.steps > 0);
  return { exitCode, log, jobs: withSteps.map(finish) };
}

function note(jobs: Map<string, GrowingJob>, line: ActLine, onJob: ActRequest['onJob']): void {
  if (line.jobID === undefined) return;
  const matrix = Object.fromEntries(
    Object.entries(line.matrix ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  const key = `${line.jobID} ${JSON.stringify(matrix)}`;
  let job = jobs.get(key);
  if (job === undefined) {
    job = { id: line.jobID, matrix, outputs: {}, summaries: [], failedSteps: [], steps: 0 };
    jobs.set(key, job);
    onJob?.({ id: job.id, matrix });
  }
  if (line.command === 'set-output' && line.name !== undefined) {
    job.outputs[line.name] = line.arg ?? '';
  }
  if (line.command === 'summary' && line.content !== undefined) job.summaries.push(line.content);
  if (line.stepResult !== undefined) job.steps += 1;
  if (line.stepResult === 'failure') job.failedSteps.push(line.step ?? '');
}

function finish(job: GrowingJob): ActJob {
  return {
    id: job.id,
    matrix: job.matrix,
    conclusion: job.failedSteps.length === 0 ? 'success' : 'failure',
    outputs: job.outputs,
    summary: job.summaries.join('\n'),
    failedSteps: job.failedSteps,
  };
}

function parseLine(line: string): ActLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as ActLine;
  } catch {
    return undefined;
  }
}

/** Its own home, so that no settings of the user's reach the run. */
function actEnvironment(directory: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    XDG_CACHE_HOME: join(directory, 'xdg'),
    XDG_CONFIG_HOME: join(directory, 'xdg'),
  };
}
