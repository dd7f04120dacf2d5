import { createHash } from 'node:crypto';
import pRetry from 'p-retry';
import { OperationError } from '../../shared/errors.js';
import { statusOf, type GithubClient } from '../../shared/github-client.js';
import type { RecordRefusal } from './found.js';
import { maximumRecordBytes } from './record-store.js';

type Download = { readonly text: string } | { readonly refusal: RecordRefusal };

/** An address is good for a minute ("Download an artifact"). */
const timeoutMilliseconds = 60_000;

/**
 * The one file of an artifact that was uploaded unpacked, held against its digest. GitHub redirects
 * to where it lies; the token is not sent there.
 *
 * @param digest `sha256:…`
 * @throws OperationError `record-not-fetched` after three tries
 */
export async function downloadArtifact(
  client: GithubClient,
  artifactId: number,
  digest: string,
): Promise<Download> {
  return pRetry(
    async () => {
      const location = await locate(client, artifactId);
      return location === undefined
        ? { refusal: 'expired' }
        : fetchFile(location, artifactId, digest);
    },
    {
      retries: 2,
      minTimeout: 500,
      // The API's own faults are retried where it is asked.
      shouldRetry: ({ error }) => statusOf(error) === undefined,
    },
  );
}

/** Undefined where it has expired, or was deleted meanwhile. */
async function locate(
  { octokit, repository }: GithubClient,
  artifactId: number,
): Promise<string | undefined> {
  try {
    const { headers } = await octokit.rest.actions.downloadArtifact({
      ...repository,
      ...{ artifact_id: artifactId, archive_format: 'zip', request: { redirect: 'manual' } },
    });
    return headers.location;
  } catch (error) {
    if (statusOf(error) === 410 || statusOf(error) === 404) return undefined;
    throw error;
  }
}

async function fetchFile(location: string, artifactId: number, digest: string): Promise<Download> {
  const notFetched = (details: object, cause?: unknown): OperationError =>
    new OperationError('record-not-fetched', 'the artifact of a review could not be fetched', {
      details: { artifactId, ...details },
      cause,
    });
  const hash = createHash('sha256');
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const answer = await fetch(location, { signal: AbortSignal.timeout(timeoutMilliseconds) });
    if (!answer.ok) throw notFetched({ status: answer.status });
    for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maximumRecordBytes) return { refusal: 'too-large' };
      hash.update(chunk);
      chunks.push(chunk);
    }
  } catch (error) {
    // What `fetch` says of a broken connection would stop the retries, and names the address.
    throw error instanceof OperationError ? error : notFetched({}, error);
  }
  if (`sha256:${hash.digest('hex')}` !== digest) return { refusal: 'digest-differs' };
  return { text: Buffer.concat(chunks).toString('utf8') };
}
