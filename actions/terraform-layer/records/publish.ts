import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Env } from '../../shared/env.js';
import { OperationError, toError, UserError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import { formatRecordName, type RecordName } from './record-name.js';
import { maximumRecordBytes, type PublishedRecord, type RecordStore } from './record-store.js';

/**
 * Whether this run can leave artifacts: the service exists on github.com and on `*.ghe.com`, not on
 * GitHub Enterprise Server (`@actions/artifact` README, "Breaking changes").
 *
 * @throws UserError `artifacts-not-supported`, `artifact-service-missing`
 */
export function assertArtifacts(env: Env): void {
  const server = new URL(env('GITHUB_SERVER_URL') ?? 'https://github.com');
  const host = server.hostname.toLowerCase();
  const supported = host === 'github.com' || /\.(ghe\.com|localhost)$/.test(host);
  if (!supported) {
    throw new UserError({
      code: 'artifacts-not-supported',
      message: `${host} keeps no artifacts that a later run can read`,
      at: { input: 'review-records' },
      hint: 'set "review-records: state": the records then lie beside the states',
    });
  }
  if (env('ACTIONS_RUNTIME_TOKEN') === undefined || env('ACTIONS_RESULTS_URL') === undefined) {
    throw new UserError({
      code: 'artifact-service-missing',
      message: 'this step is not told where artifacts go: only a job on GitHub is',
      at: { input: 'review-records' },
      hint: 'set "review-records: state", or "none" outside GitHub Actions',
    });
  }
}

/**
 * Records as artifacts of this run, each a single file that is not packed, so that nothing has to
 * be unpacked before its digest is known.
 *
 * @param temporaryDirectory private to this run
 * @param retentionDays undefined: as the repository is set (90 days by default)
 * @throws UserError as `assertArtifacts` does
 */
export function artifactRecords(options: {
  readonly env: Env;
  readonly log: Logger;
  readonly temporaryDirectory: string;
  readonly retentionDays?: number;
  /** For people. */
  readonly what?: string;
}): RecordStore {
  assertArtifacts(options.env);
  return {
    publish: async ({ name, text }) => {
      const bytes = Buffer.byteLength(text);
      if (bytes > maximumRecordBytes) {
        throw new OperationError('record-too-large', `the review record has ${bytes} bytes`, {
          details: { name, bytes, maximumRecordBytes },
        });
      }
      const directory = await mkdtemp(path.join(options.temporaryDirectory, 'record-'));
      try {
        const file = path.join(directory, name);
        await writeFile(file, text, { mode: 0o600 });
        return await options.log.group(`${options.what ?? 'Review record'} ${name}`, () =>
          upload(file, name, directory, options.retentionDays),
        );
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

async function upload(
  file: string,
  name: string,
  directory: string,
  retentionDays: number | undefined,
): Promise<PublishedRecord> {
  // Heavy, and of use to plans alone.
  const { DefaultArtifactClient } = await import('@actions/artifact');
  try {
    const { id, digest } = await new DefaultArtifactClient().uploadArtifact(
      name,
      [file],
      directory,
      { skipArchive: true, ...(retentionDays === undefined ? {} : { retentionDays }) },
    );
    return {
      name,
      place: `artifact ${name}`,
      id,
      digest: digest === undefined ? undefined : `sha256:${digest}`,
    };
  } catch (cause) {
    if (/\(409\)|already exists/.test(toError(cause).message)) {
      throw new OperationError('record-exists', `this run has an artifact ${name} already`, {
        details: { name },
        cause,
      });
    }
    throw new OperationError('record-not-published', 'the review record was not kept', {
      details: { name },
      cause,
    });
  }
}

/** Two jobs of one run that plan the same things would share a name: the later one counts on. */
const maximumNames = 9;

/**
 * Leaves one record under a name that says what it is about.
 *
 * @throws OperationError `record-not-published`, `record-too-large`, `record-exists` where nine
 * jobs of this run have left one for the same leg
 */
export async function publishRecord(
  store: RecordStore,
  name: RecordName,
  text: string,
): Promise<PublishedRecord> {
  for (let count = 1; ; count += 1) {
    const leg = count === 1 ? name.leg : `${name.leg}.${count}`;
    try {
      return await store.publish({ name: formatRecordName({ ...name, leg }), text });
    } catch (error) {
      const taken = error instanceof OperationError && error.code === 'record-exists';
      if (!taken || count === maximumNames) throw error;
    }
  }
}
