import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Emulator } from '../../emulator/index.js';
import type { WorkflowEvent } from '../../emulator/runner/index.js';
import { act } from '../../scripts/tools.js';
import { artifactActions } from './artifact-actions.js';
import { runWorkflow, type ActJob, type ActRun } from './act.js';
import type { Requirement } from './requirement.js';

const tool = await act();
const firstRun = 1000;

/** Whether this machine can run workflows. */
export const actRequirement: Requirement =
  tool.kind === 'found' ? { met: true } : { met: false, reason: `act: ${tool.reason}` };

/** A repository of a consumer: a checkout with an `origin`, and its name on GitHub. */
export interface ConsumerRepository {
  readonly directory: string;
  readonly slug: string;
}

/** Where a file of tests runs the workflows of consumers. */
export interface ConsumerPlace {
  readonly emulator: Pick<Emulator, 'github' | 'githubUrl'>;
  /** Environment of each job: where AWS is, and no keys. */
  readonly jobEnvironment: Readonly<Record<string, string>>;
  readonly releaseTree: string;
  /** Gets a folder for each run. */
  readonly directory: string;
}

/** What is said of one run besides its event. */
export interface ConsumerRun {
  /** Environment that jobs without a matrix name. */
  readonly environment?: string;
}

export type RunConsumer = (
  repository: ConsumerRepository,
  workflow: string,
  event: WorkflowEvent,
  run?: ConsumerRun,
) => Promise<ActRun>;

/**
 * Runs workflows of consumers by their file names, with OIDC claims that follow the job that runs,
 * as GitHub's do.
 */
export function consumerRuns(place: () => ConsumerPlace): RunConsumer {
  let runs = 0;
  return async (repository, workflow, event, only = {}) => {
    runs += 1;
    const { emulator, jobEnvironment, releaseTree, directory } = place();
    const { github, githubUrl } = emulator;
    const requestToken = github.registerJob(claims(repository, event));
    const listed = await runOf(repository, workflow, event, firstRun + runs);
    const gated = await gatedJobs(listed.referencedWorkflows, releaseTree);
    const result = await runWorkflow({
      act: tool.kind === 'found' ? tool.path : '',
      repository: repository.directory,
      workflow: `.github/workflows/${workflow}`,
      event,
      actions: {
        'org/infra-actions@v1': releaseTree,
        ...(await artifactActions(releaseTree, directory)),
      },
      directory: join(directory, `run-${runs}`),
      token: github.token,
      env: {
        ...jobEnvironment,
        GITHUB_API_URL: githubUrl,
        GITHUB_RUN_ID: String(listed.id),
        ACTIONS_ID_TOKEN_REQUEST_URL: github.oidcRequestUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
        ACTIONS_RESULTS_URL: githubUrl,
        ACTIONS_RUNTIME_TOKEN: await github.registerResultsJob(listed),
      },
      onJob: ({ id, matrix }) => {
        const environment = environmentOf(matrix) ?? only.environment;
        github.registerJob(
          {
            ...claims(repository, event),
            ...(gated.has(id.split('/').at(-1) ?? '') && environment !== undefined
              ? { environment }
              : {}),
          },
          requestToken,
        );
      },
    });
    // Read by `step-log-environment.mjs`.
    (globalThis as { stepLog?: string[] }).stepLog?.push(...result.log);
    github.seedRun({ ...listed, status: 'completed' });
    return result;
  };
}

/** The jobs that ran and how they ended, as `deploy dev success`. */
export function legs(result: ActRun): readonly string[] {
  return result.jobs.map(({ id, matrix, conclusion }) =>
    [id.split('/').at(-1), environmentOf(matrix), conclusion]
      .filter((part) => part !== undefined)
      .join(' '),
  );
}

/** Of a leg whose environment is a name, or an object that has one. */
function environmentOf({ environment }: ActJob['matrix']): string | undefined {
  if (environment?.startsWith('{') !== true) return environment;
  return z.object({ name: z.string() }).parse(JSON.parse(environment)).name;
}

function claims(repository: ConsumerRepository, event: WorkflowEvent) {
  return {
    repository: repository.slug,
    ref: event.ref,
    sha: event.sha,
    eventName: event.name,
    headRef: event.headRef,
    baseRef: event.baseRef,
  };
}

const workflowSchema = z.object({
  name: z.string(),
  jobs: z.record(
    z.string(),
    z.object({ uses: z.string().optional(), environment: z.unknown().optional() }),
  ),
});

const pullSchema = z.object({ pull_request: z.object({ head: z.object({ sha: z.string() }) }) });

/** The run as GitHub lists it, with the workflows that its file calls. */
async function runOf(
  repository: ConsumerRepository,
  file: string,
  event: WorkflowEvent,
  id: number,
) {
  const path = `.github/workflows/${file}`;
  const text = await readFile(join(repository.directory, path), 'utf8');
  const { name, jobs } = workflowSchema.parse(parse(text));
  const pull = pullSchema.safeParse(event.payload);
  return {
    ...{ repository: repository.slug, id, name, path, event: event.name },
    headSha: pull.success ? pull.data.pull_request.head.sha : event.sha,
    headBranch: event.headRef === '' ? event.ref.replace('refs/heads/', '') : event.headRef,
    referencedWorkflows: Object.values(jobs).flatMap(({ uses }) =>
      uses === undefined ? [] : [{ path: uses }],
    ),
  };
}

/** Ids of the jobs of the called workflows that name an environment of GitHub. */
async function gatedJobs(
  called: readonly { readonly path: string }[],
  releaseTree: string,
): Promise<ReadonlySet<string>> {
  const ids = await Promise.all(
    called.map(async ({ path }) => {
      const file = path.replace('org/infra-actions/', '').replace(/@.*$/, '');
      const { jobs } = workflowSchema.parse(parse(await readFile(join(releaseTree, file), 'utf8')));
      return Object.entries(jobs).flatMap(([id, job]) => ('environment' in job ? [id] : []));
    }),
  );
  return new Set(ids.flat());
}
