import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import semver from 'semver';
import { z } from 'zod';
import { OperationError, UserError } from '../../shared/errors.js';
import { parseJsonAs } from '../../shared/json-text.js';
import type { Logger } from '../../shared/log.js';
import { isBelowFloor, type VersionConstraint } from './version-constraint.js';

/** Taken where the constraint allows it, so that a run does not change by itself. */
export const defaultTerraformVersion = '1.11.4';

export interface ReleaseSource {
  /** `https://releases.hashicorp.com`, or a mirror with the same paths. */
  readonly baseUrl: string;
  /** Node's `process.platform`. */
  readonly platform: string;
  /** Node's `process.arch`. */
  readonly architecture: string;
}

/** What is kept between runs, and how a file is fetched: `@actions/tool-cache`. */
export interface ToolStore {
  find(version: string): string;
  /** Fetches to a temporary file, with retries. The error's `httpStatusCode` is the answer's. */
  download(url: string): Promise<string>;
  unzip(file: string): Promise<string>;
  keep(directory: string, version: string): Promise<string>;
}

/**
 * Terraform of the official releases: its directory in the tool cache.
 *
 * The archive's SHA-256 is held against the release's `SHA256SUMS` before it is unpacked.
 *
 * @throws UserError `terraform-version-not-found`
 * @throws OperationError `terraform-checksum-mismatch`, `terraform-download-failed`
 */
export async function downloadTerraform(
  wanted: VersionConstraint,
  source: ReleaseSource,
  store: ToolStore,
  log: Logger,
): Promise<{ readonly directory: string; readonly version: string }> {
  const version = await chooseVersion(wanted, source, store);
  const cached = store.find(version);
  if (cached !== '') return { directory: cached, version };
  const release = `${source.baseUrl}/terraform/${version}`;
  const archive = `terraform_${version}_${operatingSystem(source)}_${processor(source)}.zip`;
  log.info(`Downloading Terraform ${version} from ${release}`);
  const sums = await fetchText(store, `${release}/terraform_${version}_SHA256SUMS`, wanted);
  const expected = checksumOf(sums, archive);
  if (expected === undefined) {
    throw notFound(wanted, `release ${version} has no ${archive}`);
  }
  const file = await fetchFile(store, `${release}/${archive}`, wanted);
  try {
    const actual = await sha256(file);
    if (actual !== expected) {
      throw new OperationError(
        'terraform-checksum-mismatch',
        `${archive} has the SHA-256 ${actual}, the release says ${expected}: it is not used`,
        { details: { archive, expected, actual } },
      );
    }
    const unpacked = await store.unzip(file);
    return { directory: await store.keep(unpacked, version), version };
  } finally {
    await rm(file, { force: true });
  }
}

/** The line of `SHA256SUMS` for one file, in lower case. */
export function checksumOf(sums: string, file: string): string | undefined {
  for (const line of sums.split('\n')) {
    const [digest, name] = line.trim().split(/\s+\*?/);
    if (name === file && digest !== undefined && /^[0-9a-f]{64}$/i.test(digest)) {
      return digest.toLowerCase();
    }
  }
  return undefined;
}

const indexSchema = z.object({ versions: z.record(z.string(), z.unknown()) });

async function chooseVersion(
  wanted: VersionConstraint,
  source: ReleaseSource,
  store: ToolStore,
): Promise<string> {
  if (wanted.exact !== undefined && wanted.allows(wanted.exact)) return wanted.exact;
  if (wanted.allows(defaultTerraformVersion)) return defaultTerraformVersion;
  const text = await fetchText(store, `${source.baseUrl}/terraform/index.json`, wanted);
  const index = parseJsonAs(indexSchema, text);
  if (index === undefined) throw notFound(wanted, 'the list of releases cannot be read');
  const fitting = Object.keys(index.versions).filter(
    (version) => wanted.allows(version) && !isBelowFloor(version),
  );
  const [newest] = semver.rsort(fitting);
  if (newest === undefined) throw notFound(wanted, 'no release fits it');
  return newest;
}

async function fetchText(
  store: ToolStore,
  url: string,
  wanted: VersionConstraint,
): Promise<string> {
  const file = await fetchFile(store, url, wanted);
  try {
    return await readFile(file, 'utf8');
  } finally {
    await rm(file, { force: true });
  }
}

async function fetchFile(
  store: ToolStore,
  url: string,
  wanted: VersionConstraint,
): Promise<string> {
  try {
    return await store.download(url);
  } catch (cause) {
    const status =
      cause instanceof Error && 'httpStatusCode' in cause ? cause.httpStatusCode : undefined;
    if (status === 404 || status === 403) throw notFound(wanted, `${url} does not exist`, cause);
    throw new OperationError('terraform-download-failed', `cannot download ${url}`, {
      details: { url },
      cause,
    });
  }
}

function notFound(wanted: VersionConstraint, why: string, cause?: unknown): UserError {
  const error = new UserError({
    code: 'terraform-version-not-found',
    message: `no Terraform release for ${JSON.stringify(wanted.text)}: ${why}`,
    at: { input: 'terraform-version' },
    hint: 'an exact version such as 1.11.4, or terraform-releases-url of a mirror that has it',
  });
  error.cause = cause;
  return error;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function operatingSystem({ platform }: ReleaseSource): string {
  return platform === 'win32' ? 'windows' : platform;
}

function processor({ architecture }: ReleaseSource): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  return names[architecture] ?? architecture;
}
