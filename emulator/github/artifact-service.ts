import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { BlobStore } from './blob-store.js';
import { digestOf, seedRepository, seedRun } from './seed.js';
import { runSeedSchema } from './seed-schema.js';
import type { HttpRequest, HttpResponse } from './server.js';
import type { Artifact, GithubState, Repository } from './state.js';

/** A job of a run, as far as the artifact service and the list of runs know it. */
export const resultsJobSchema = runSeedSchema.omit({ status: true, conclusion: true }).extend({
  jobId: z.string().default('job'),
  /** Of a repository that was not seeded yet. */
  repositoryId: z.number().int().optional(),
});

export type ResultsJob = z.input<typeof resultsJobSchema>;
type Job = z.output<typeof resultsJobSchema>;

const prefix = '/twirp/github.actions.results.api.v1.ArtifactService/';

const identity = {
  workflow_run_backend_id: z.string(),
  workflow_job_run_backend_id: z.string(),
};
const named = z.object({ ...identity, name: z.string().min(1) });
const createSchema = named.extend({ version: z.number(), mime_type: z.string().optional() });
const finalizeSchema = named.extend({ size: z.string(), hash: z.string().optional() });
const listSchema = z.object({
  ...identity,
  name_filter: z.string().optional(),
  id_filter: z.string().optional(),
});

/** An answer other than success, in Twirp's form ("Twirp Wire Protocol", errors). */
class TwirpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface Upload {
  readonly key: string;
  readonly mimeType: string;
}

/**
 * The service that `@actions/artifact` 6 uploads to and downloads from within a run: Twirp calls
 * in JSON under `ACTIONS_RESULTS_URL`, and signed addresses of a blob store. Written from that
 * library's calls, since GitHub does not publish the service.
 */
export class ArtifactService {
  private readonly jobs = new Map<string, Job>();
  private readonly pending = new Map<string, Upload>();
  private readonly blobs = new BlobStore();
  private readonly secret = randomBytes(32);
  private readonly state: GithubState;

  constructor(state: GithubState) {
    this.state = state;
  }

  /** Which part of it an address is of. */
  serves(url: URL): 'results/service' | 'results/blob' | undefined {
    if (url.pathname.startsWith(prefix)) return 'results/service';
    return this.blobs.serves(url) ? 'results/blob' : undefined;
  }

  /**
   * Starts a job; its run is one in progress from then on.
   *
   * @returns the value of its `ACTIONS_RUNTIME_TOKEN`
   */
  async registerJob(input: ResultsJob): Promise<string> {
    const { jobId, repositoryId, ...run } = resultsJobSchema.parse(input);
    seedRepository(this.state, { repository: run.repository, id: repositoryId });
    seedRepository(this.state, { repository: run.headRepository ?? run.repository });
    seedRun(this.state, { ...run, status: 'in_progress' });
    const token = await new SignJWT({
      scp: `Actions.GenericRead:00000000-0000-0000-0000-000000000000 Actions.Results:${run.id}:${jobId}`,
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setJti(randomBytes(8).toString('hex'))
      .sign(this.secret);
    this.jobs.set(token, { ...run, jobId });
    return token;
  }

  /** Where an artifact's bytes are, for whoever got this address; `origin` without a path. */
  downloadUrl(artifact: Artifact, origin: string): string {
    if (artifact.content === undefined) throw new Error('the artifact has no content');
    return this.blobs.downloadUrl(origin, { ...artifact.content, name: artifact.name });
  }

  answer(request: HttpRequest, origin: string): HttpResponse {
    if (this.blobs.serves(request.url)) return this.blobs.answer(request);
    try {
      return { status: 200, body: this.call(request, origin) };
    } catch (error) {
      if (error instanceof z.ZodError) {
        return twirpAnswer(new TwirpError(400, 'malformed', z.prettifyError(error)));
      }
      if (error instanceof TwirpError) return twirpAnswer(error);
      throw error;
    }
  }

  clear(): void {
    this.jobs.clear();
    this.pending.clear();
    this.blobs.clear();
  }

  private call(request: HttpRequest, origin: string): unknown {
    const token = String(request.headers['authorization'] ?? '').replace(/^Bearer /, '');
    const job = this.jobs.get(token);
    if (job === undefined) throw new TwirpError(401, 'unauthenticated', 'invalid token');
    const [owner = '', name = ''] = job.repository.split('/');
    const repository = this.state.repository(owner, name);
    const body: unknown = JSON.parse(request.body);
    const { workflow_run_backend_id: runId } = z.object(identity).parse(body);
    if (runId !== String(job.id)) {
      throw new TwirpError(403, 'permission_denied', 'the token is of another run');
    }
    switch (request.url.pathname.slice(prefix.length)) {
      case 'CreateArtifact':
        return this.create(job, repository, createSchema.parse(body), origin);
      case 'FinalizeArtifact':
        return this.finalize(job, repository, finalizeSchema.parse(body));
      case 'ListArtifacts':
        return list(job, repository, listSchema.parse(body));
      case 'GetSignedArtifactURL': {
        const found = ofRun(job, repository, named.parse(body).name);
        return { signed_url: this.downloadUrl(found, origin) };
      }
      case 'DeleteArtifact': {
        const found = ofRun(job, repository, named.parse(body).name);
        repository.artifacts.splice(repository.artifacts.indexOf(found), 1);
        return { ok: true, artifact_id: String(found.id) };
      }
      default:
        throw new TwirpError(404, 'bad_route', `no such method: ${request.url.pathname}`);
    }
  }

  private create(
    job: Job,
    repository: Repository,
    body: z.output<typeof createSchema>,
    origin: string,
  ): unknown {
    const taken = repository.artifacts.some(
      (artifact) => artifact.runId === job.id && artifact.name === body.name,
    );
    if (taken) {
      throw new TwirpError(
        409,
        'already_exists',
        'an artifact with this name already exists on the workflow run',
      );
    }
    const { key, url } = this.blobs.uploadUrl(origin);
    this.pending.set(`${job.id}/${body.name}`, {
      key,
      mimeType: body.mime_type ?? 'application/zip',
    });
    return { ok: true, signed_upload_url: url };
  }

  private finalize(
    job: Job,
    repository: Repository,
    body: z.output<typeof finalizeSchema>,
  ): unknown {
    const upload = this.pending.get(`${job.id}/${body.name}`);
    const bytes = upload === undefined ? undefined : this.blobs.take(upload.key);
    if (upload === undefined || bytes === undefined) {
      throw new TwirpError(404, 'not_found', 'no artifact of this name was uploaded');
    }
    this.pending.delete(`${job.id}/${body.name}`);
    const artifact: Artifact = {
      id: this.state.id(),
      runId: job.id,
      name: body.name,
      sizeBytes: bytes.length,
      digest: body.hash ?? digestOf(bytes),
      expired: false,
      createdAt: this.state.time(),
      headSha: job.headSha,
      headBranch: job.headBranch ?? '',
      headRepository: job.headRepository ?? job.repository,
      content: { bytes, mimeType: upload.mimeType },
    };
    repository.artifacts.push(artifact);
    return { ok: true, artifact_id: String(artifact.id) };
  }
}

function twirpAnswer(error: TwirpError): HttpResponse {
  return { status: error.status, body: { code: error.code, msg: error.message } };
}

function ofRun(job: Job, repository: Repository, name: string): Artifact {
  const found = repository.artifacts.find(
    (artifact) => artifact.runId === job.id && artifact.name === name,
  );
  if (found === undefined) throw new TwirpError(404, 'not_found', 'artifact not found');
  return found;
}

function list(job: Job, repository: Repository, asked: z.output<typeof listSchema>): unknown {
  const artifacts = repository.artifacts.filter(
    ({ runId, name, id }) =>
      runId === job.id &&
      [undefined, name].includes(asked.name_filter) &&
      [undefined, String(id)].includes(asked.id_filter),
  );
  return {
    artifacts: artifacts.map((artifact) => ({
      workflow_run_backend_id: String(job.id),
      workflow_job_run_backend_id: job.jobId,
      database_id: String(artifact.id),
      name: artifact.name,
      size: String(artifact.sizeBytes),
      created_at: artifact.createdAt,
      digest: artifact.digest,
    })),
  };
}
