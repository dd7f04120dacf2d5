import { z } from 'zod';
import { counted } from '../../shared/counted.js';
import type { GithubClient } from '../../shared/github-client.js';
import { isDenied } from '../../shared/github-client.js';
import type { Logger } from '../../shared/log.js';

export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';

/** A deployment of the repository. */
export interface Deployment {
  readonly id: number;
  /** Of the run whose action made it; undefined where nobody of ours did. */
  readonly madeByRunId: string | undefined;
  /** Addresses that its statuses name: of the run that works on it. */
  readonly logUrls: readonly string[];
}

/** Deployments of one environment. */
export interface Deployments {
  /** The newest ones of this commit. */
  list(environment: string, sha: string): Promise<readonly Deployment[]>;
  create(request: DeploymentRequest): Promise<number>;
  setStatus(
    id: number,
    status: {
      readonly state: DeploymentState;
      readonly environment: string;
      readonly description: string;
      readonly logUrl: string;
    },
  ): Promise<void>;
}

export interface DeploymentRequest {
  readonly environment: string;
  readonly sha: string;
  readonly description: string;
  /** Kept with it, for whoever asks the API. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What carries an environment's apply on GitHub. */
export interface OpenDeployment {
  /**
   * `ours`: made by this run's action. `job`: the job names the environment, so GitHub has made
   * one and ends it. `none`: it could not be made.
   */
  readonly owner: 'ours' | 'job' | 'none';
  /** Of one of ours. */
  readonly id: number | undefined;
  /** Ends one of ours; does nothing to any other. */
  finish(state: Exclude<DeploymentState, 'in_progress'>, description: string): Promise<void>;
}

/** GitHub keeps 140 characters of a description ("Create a deployment status"). */
const descriptionLimit = 140;
/** Ids beyond these are counted, so that the payload stays small. */
const stacksInPayload = 100;

/**
 * Opens the deployment of one environment's apply, unless this run has one already: a job with
 * `environment:` has its own, whose statuses name the run. Looking at the deployments, and not at
 * the claim `environment` of the job's OIDC token, also sees that of another job of this run, and
 * sees that `deployment: false` has made none.
 *
 * Without the permission there is no deployment, and the log says so: no apply fails of it.
 */
export async function openDeployment(
  request: {
    readonly environment: string;
    readonly sha: string;
    readonly runId: string;
    readonly runUrl: string;
    /** Ids. */
    readonly stacks: readonly string[];
  },
  ports: { readonly deployments: Deployments; readonly log: Logger },
): Promise<OpenDeployment> {
  const { environment, sha, runUrl, stacks } = request;
  const { deployments, log } = ports;
  const none = (owner: 'job' | 'none'): OpenDeployment => ({
    owner,
    id: undefined,
    finish: () => Promise.resolve(),
  });
  const guarded = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!isDenied(error)) throw error;
      log.notice(
        `GitHub shows no deployment of ${environment}: "permissions: deployments: write" in the job allows it.`,
      );
      return undefined;
    }
  };
  const existing = await guarded(() => deployments.list(environment, sha));
  if (existing === undefined) return none('none');
  const former = existing.find(({ madeByRunId }) => madeByRunId === request.runId);
  const ofJob = existing.some(
    ({ madeByRunId, logUrls }) =>
      madeByRunId === undefined && logUrls.some((url) => isOfRun(url, runUrl)),
  );
  if (ofJob) return none('job');
  const setStatus = (id: number, state: DeploymentState, description: string) =>
    deployments.setStatus(id, {
      ...{ state, environment, logUrl: runUrl },
      description: short(description),
    });
  const id = await guarded(async () => {
    // A re-run goes on with the deployment of its former attempt.
    const opened =
      former?.id ??
      (await deployments.create({
        ...{ environment, sha },
        description: short(counted(stacks.length, 'stack')),
        payload: {
          infraActionsRun: request.runId,
          stacks: stacks.slice(0, stacksInPayload),
          stackCount: stacks.length,
        },
      }));
    await setStatus(opened, 'in_progress', 'Terraform applies');
    return opened;
  });
  if (id === undefined) return none('none');
  return {
    owner: 'ours',
    id,
    finish: async (state, description) => {
      await guarded(() => setStatus(id, state, description));
    },
  };
}

/** GitHub's own name `<run>/job/<id>`; another run's number may begin with ours. */
function isOfRun(url: string, runUrl: string): boolean {
  return url === runUrl || url.startsWith(`${runUrl}/`);
}

function short(text: string): string {
  return text.length <= descriptionLimit ? text : `${text.slice(0, descriptionLimit - 1)}…`;
}

const payloadSchema = z.object({ infraActionsRun: z.string() });

function runIn(payload: unknown): string | undefined {
  const parsed = payloadSchema.safeParse(payload);
  return parsed.success ? parsed.data.infraActionsRun : undefined;
}

/** How many deployments of a commit are looked at. */
const lookedAt = 5;

/**
 * Deployments over GitHub's REST API. The job needs `deployments: write`. One that names an
 * environment which does not exist creates it, unprotected: a gate has been judged before.
 */
export function githubDeployments({ octokit, repository }: GithubClient): Deployments {
  const { repos } = octokit.rest;
  return {
    list: async (environment, sha) => {
      const { data } = await repos.listDeployments({
        ...repository,
        ...{ environment, sha, per_page: lookedAt },
      });
      return Promise.all(
        data.map(async ({ id, payload }) => {
          const statuses = await repos.listDeploymentStatuses({
            ...repository,
            ...{ deployment_id: id, per_page: 10 },
          });
          const urls = statuses.data.flatMap(({ log_url: log = '', target_url: target = '' }) => [
            log,
            target,
          ]);
          return { id, madeByRunId: runIn(payload), logUrls: urls.filter((url) => url !== '') };
        }),
      );
    },
    create: async ({ environment, sha, description, payload }) => {
      const { data } = await repos.createDeployment({
        ...repository,
        ...{ ref: sha, environment, description, payload: { ...payload } },
        // Else GitHub would merge the default branch in, or wait for checks: of this very run.
        ...{ auto_merge: false, required_contexts: [] },
      });
      if (!('id' in data)) throw new Error('GitHub merged instead of making a deployment');
      return data.id;
    },
    setStatus: async (id, { state, environment, description, logUrl }) => {
      await repos.createDeploymentStatus({
        ...repository,
        ...{ deployment_id: id, state, environment, description, log_url: logUrl },
      });
    },
  };
}
