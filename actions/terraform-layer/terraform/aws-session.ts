import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import {
  assumeRoleWithOidc,
  type AwsAccessPorts,
  type AwsSession,
} from '../../shared/aws-access.js';

/** What a child's `credential_process` needs to know; holds no secret. */
export interface SessionRequest {
  readonly roleArn: string;
  readonly region: string;
  readonly audience: string;
  /** Where the session is kept between calls, readable by this user alone. */
  readonly cacheFile: string;
}

const requestSchema = z.object({
  roleArn: z.string(),
  region: z.string(),
  audience: z.string(),
  cacheFile: z.string(),
});

const sessionSchema = z.object({
  roleArn: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
  expiration: z.coerce.date(),
});

const renewBeforeMilliseconds = 10 * 60_000;

/**
 * The role's session: the kept one while it lasts ten minutes more, else a fresh one by a fresh
 * OIDC token, because an apply outlives both.
 */
export async function awsSession(
  request: SessionRequest,
  ports: AwsAccessPorts & { readonly now: () => number },
): Promise<AwsSession> {
  const kept = await readKept(request);
  if (kept !== undefined && kept.expiration.getTime() - renewBeforeMilliseconds > ports.now()) {
    ports.secrets.add(kept.secretAccessKey);
    ports.secrets.add(kept.sessionToken);
    return kept;
  }
  const fresh = await assumeRoleWithOidc(request, ports);
  await keep(request, fresh);
  return fresh;
}

/**
 * The answer of a `credential_process` (AWS SDKs and Tools guide, "Process credential provider").
 * It expires five minutes early, so that a client asks again while the session still works.
 */
export function credentialProcessAnswer(session: AwsSession): string {
  return JSON.stringify({
    Version: 1,
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: new Date(session.expiration.getTime() - 5 * 60_000).toISOString(),
  });
}

/** Reads the request that `writeAwsProfile` wrote. */
export async function readSessionRequest(file: string): Promise<SessionRequest> {
  return requestSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

async function readKept(request: SessionRequest): Promise<AwsSession | undefined> {
  try {
    const kept = sessionSchema.parse(JSON.parse(await readFile(request.cacheFile, 'utf8')));
    return kept.roleArn === request.roleArn ? kept : undefined;
  } catch {
    // Absent, or of another shape: a fresh session replaces it.
    return undefined;
  }
}

async function keep(request: SessionRequest, session: AwsSession): Promise<void> {
  await mkdir(dirname(request.cacheFile), { recursive: true, mode: 0o700 });
  // Several children may renew at once: each writes a file of its own, and the rename is atomic.
  const own = `${request.cacheFile}.${process.pid}`;
  await writeFile(own, JSON.stringify({ ...session, roleArn: request.roleArn }), { mode: 0o600 });
  await rename(own, request.cacheFile);
}
