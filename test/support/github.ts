import { startGithub } from '../../emulator/github/index.js';
import type { GithubEmulator, GithubOptions } from '../../emulator/github/index.js';

export type { GithubEmulator, GithubOptions } from '../../emulator/github/index.js';

/** A commit SHA of one repeated digit, to be recognised in failures. */
export function sha(digit: string): string {
  return digit.repeat(40);
}

/** Runs `body` with an emulated GitHub that holds the repository `acme/infra` with one commit. */
export async function withGithubEmulator<T>(
  body: (github: GithubEmulator) => Promise<T>,
  options: GithubOptions = {},
): Promise<T> {
  const github = await startGithub(options);
  try {
    seedInfra(github);
    return await body(github);
  } finally {
    await github.close();
  }
}

/** Seeds `acme/infra`: `main` at commit 1…1. */
export function seedInfra(github: GithubEmulator): void {
  github.seedRepository({
    repository: 'acme/infra',
    id: 456789,
    ownerId: 123456,
    commits: [{ sha: sha('1'), message: 'First' }],
    branches: { main: sha('1') },
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** One request to the API, with the emulator's own token unless another (or none: null) is given. */
export async function call(
  github: GithubEmulator,
  method: string,
  path: string,
  options: { readonly body?: unknown; readonly token?: string | null } = {},
): Promise<Answer> {
  const token = options.token === undefined ? github.token : options.token;
  const response = await fetch(github.url + path, {
    method,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    ...(options.body === undefined
      ? {}
      : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
