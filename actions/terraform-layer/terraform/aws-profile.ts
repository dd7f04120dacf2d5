import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionRequest } from './aws-session.js';

/**
 * Writes a private AWS config whose one profile runs our credential process, and returns what a
 * child's environment needs to use it. Keys in the environment are taken out: the SDK would
 * prefer them to any profile.
 */
export async function writeAwsProfile(options: {
  /** Readable by this user alone, and removed by the post step. */
  readonly directory: string;
  readonly name: string;
  readonly request: Omit<SessionRequest, 'cacheFile'>;
  /** Command line of the credential process, without the request's file. */
  readonly credentialProcess: readonly string[];
}): Promise<{
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly request: SessionRequest;
}> {
  const directory = join(options.directory, options.name);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const request = { ...options.request, cacheFile: join(directory, 'session.json') };
  const requestFile = join(directory, 'request.json');
  const configFile = join(directory, 'config');
  const profile = `infra-${options.name}`;
  // Go's SDK strips quotes where the line both begins and ends with one, so a bare word leads.
  const command = ['env', ...[...options.credentialProcess, requestFile].map(quoted)].join(' ');
  await writeFile(requestFile, JSON.stringify(request), { mode: 0o600 });
  await writeFile(
    configFile,
    `[profile ${profile}]\nregion = ${request.region}\ncredential_process = ${command}\n`,
    { mode: 0o600 },
  );
  return {
    request,
    environment: {
      AWS_CONFIG_FILE: configFile,
      AWS_PROFILE: profile,
      AWS_SDK_LOAD_CONFIG: '1',
      AWS_DEFAULT_PROFILE: undefined,
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_SESSION_TOKEN: undefined,
      AWS_SECURITY_TOKEN: undefined,
      AWS_ROLE_ARN: undefined,
      AWS_WEB_IDENTITY_TOKEN_FILE: undefined,
    },
  };
}

/** Read by `sh -c` in most SDKs, by Python's `shlex` in botocore. */
function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
