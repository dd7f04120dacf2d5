import type { DefaultArtifactClient } from '@actions/artifact';
import type { GithubEmulator } from './github.js';

/** What the library reads from its process, as a JavaScript action's environment has it. */
const names = [
  'ACTIONS_RESULTS_URL',
  'ACTIONS_RUNTIME_TOKEN',
  'GITHUB_API_URL',
  'GITHUB_SERVER_URL',
  'GITHUB_WORKSPACE',
] as const;

export interface ArtifactJob {
  readonly runtimeToken: string;
  readonly workspace: string;
  /** Default `https://github.com`. */
  readonly serverUrl?: string;
}

/**
 * Runs `body` with the real artifact client, in the environment of a job. The library keeps the
 * API's address of its first import: one emulator a test file.
 */
export async function withArtifactClient<T>(
  github: GithubEmulator,
  job: ArtifactJob,
  body: (client: DefaultArtifactClient) => Promise<T>,
): Promise<T> {
  const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  Object.assign(process.env, {
    ACTIONS_RESULTS_URL: github.url,
    ACTIONS_RUNTIME_TOKEN: job.runtimeToken,
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: job.serverUrl ?? 'https://github.com',
    GITHUB_WORKSPACE: job.workspace,
  });
  const write = process.stdout.write.bind(process.stdout);
  // The library tells each step of it to the job's log.
  process.stdout.write = () => true;
  try {
    const library = await import('@actions/artifact');
    return await body(new library.DefaultArtifactClient());
  } finally {
    process.stdout.write = write;
    for (const name of names) {
      const value = before[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}
