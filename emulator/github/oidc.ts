import { randomBytes, randomUUID } from 'node:crypto';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { ApiError } from './api-error.js';

/** GitHub's issuer, as trust policies name it. The keys behind it are the emulator's own. */
export const issuerUrl = 'https://token.actions.githubusercontent.com';

/** GitHub's tokens live five minutes, and are valid from ten minutes before. */
const lifetimeSeconds = 300;
const notBeforeSeconds = 600;

/**
 * What the token of a job says ("OpenID Connect reference" of GitHub Actions). Only the repository
 * is required; the rest has the values of a push to `main`.
 */
export const jobClaimsSchema = z.strictObject({
  repository: z.string().regex(/^[^/\s]+\/[^/\s]+$/),
  repositoryId: z.string().default('456789'),
  repositoryOwnerId: z.string().default('123456'),
  repositoryVisibility: z.enum(['public', 'private', 'internal']).default('private'),
  /** Of a job with `environment:`; replaces the ref in the subject. */
  environment: z.string().optional(),
  ref: z.string().default('refs/heads/main'),
  sha: z.string().default('0'.repeat(40)),
  headRef: z.string().default(''),
  baseRef: z.string().default(''),
  eventName: z.string().default('push'),
  workflow: z.string().default('workflow'),
  /** Default: `<repository>/.github/workflows/workflow.yml@<ref>`. */
  workflowRef: z.string().optional(),
  /** The reusable workflow that holds the job; default: `workflowRef`. */
  jobWorkflowRef: z.string().optional(),
  jobWorkflowSha: z.string().optional(),
  runId: z.string().default('1'),
  runNumber: z.string().default('1'),
  runAttempt: z.string().default('1'),
  actor: z.string().default('octocat'),
  actorId: z.string().default('583231'),
  /** `immutable`: `repo:owner@id/name@id:…`, of repositories made since July 2026. */
  subjectFormat: z.enum(['classic', 'immutable']).default('classic'),
});

export type JobClaims = z.input<typeof jobClaimsSchema>;
type Job = z.output<typeof jobClaimsSchema>;

/** Colons separate the parts of a subject, so GitHub escapes those inside. */
function escaped(part: string): string {
  return part.replaceAll(':', '%3A');
}

function subject(job: Job): string {
  const [owner = '', name = ''] = job.repository.split('/');
  const repository =
    job.subjectFormat === 'immutable'
      ? `${owner}@${job.repositoryOwnerId}/${name}@${job.repositoryId}`
      : job.repository;
  if (job.environment !== undefined)
    return `repo:${repository}:environment:${escaped(job.environment)}`;
  if (job.ref.startsWith('refs/pull/')) return `repo:${repository}:pull_request`;
  return `repo:${repository}:ref:${escaped(job.ref)}`;
}

function claimsOf(job: Job): Record<string, string> {
  const workflowRef =
    job.workflowRef ?? `${job.repository}/.github/workflows/workflow.yml@${job.ref}`;
  return {
    ref: job.ref,
    sha: job.sha,
    repository: job.repository,
    repository_owner: job.repository.split('/')[0] ?? '',
    repository_owner_id: job.repositoryOwnerId,
    repository_id: job.repositoryId,
    repository_visibility: job.repositoryVisibility,
    run_id: job.runId,
    run_number: job.runNumber,
    run_attempt: job.runAttempt,
    actor: job.actor,
    actor_id: job.actorId,
    workflow: job.workflow,
    workflow_ref: workflowRef,
    workflow_sha: job.sha,
    job_workflow_ref: job.jobWorkflowRef ?? workflowRef,
    job_workflow_sha: job.jobWorkflowSha ?? job.sha,
    head_ref: job.headRef,
    base_ref: job.baseRef,
    event_name: job.eventName,
    ref_type: job.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: 'false',
    runner_environment: 'github-hosted',
    ...(job.environment === undefined ? {} : { environment: job.environment }),
  };
}

interface Keys {
  readonly privateKey: CryptoKey;
  readonly published: JSONWebKeySet;
}

async function createKeys(): Promise<Keys> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid: randomUUID(), alg: 'RS256', use: 'sig' };
  return { privateKey, published: { keys: [key] } };
}

/** An RSA key takes a tenth of a second and more to find: all emulators of a process share one. */
let sharedKeys: Promise<Keys> | undefined;

/** Issues the tokens that jobs ask for. */
export class OidcIssuer {
  private readonly jobs = new Map<string, Job>();
  private readonly privateKey: CryptoKey;
  private readonly keys: JSONWebKeySet;
  private readonly now: () => number;

  private constructor(privateKey: CryptoKey, keys: JSONWebKeySet, now: () => number) {
    this.privateKey = privateKey;
    this.keys = keys;
    this.now = now;
  }

  static async create(now: () => number): Promise<OidcIssuer> {
    sharedKeys ??= createKeys();
    const { privateKey, published } = await sharedKeys;
    return new OidcIssuer(privateKey, published, now);
  }

  jwks(): JSONWebKeySet {
    return this.keys;
  }

  /**
   * Registers a job with `id-token: write`.
   *
   * @returns the value of its `ACTIONS_ID_TOKEN_REQUEST_TOKEN`
   * @throws z.ZodError for claims that are none.
   */
  registerJob(claims: JobClaims, requestToken = randomBytes(24).toString('base64url')): string {
    this.jobs.set(requestToken, jobClaimsSchema.parse(claims));
    return requestToken;
  }

  /**
   * A signed token for the job behind a request token.
   *
   * @param audience absent: the URL of the repository's owner
   * @throws ApiError 401 for a request token that no job has.
   */
  async token(requestToken: string, audience: string | undefined): Promise<string> {
    const job = this.jobs.get(requestToken);
    if (job === undefined) throw new ApiError(401, 'Unauthorized: no job has this request token');
    const owner = job.repository.split('/')[0] ?? '';
    const issuedAt = Math.floor(this.now() / 1000);
    return new SignJWT(claimsOf(job))
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: this.keys.keys[0]?.kid ?? '' })
      .setIssuer(issuerUrl)
      .setSubject(subject(job))
      .setAudience(audience ?? `https://github.com/${owner}`)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt - notBeforeSeconds)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(this.privateKey);
  }

  /** The discovery document, for clients that look the keys up. */
  configuration(baseUrl: string): Record<string, unknown> {
    return {
      issuer: issuerUrl,
      jwks_uri: `${baseUrl}/.well-known/jwks`,
      subject_types_supported: ['public', 'pairwise'],
      response_types_supported: ['id_token'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    };
  }

  clear(): void {
    this.jobs.clear();
  }
}
