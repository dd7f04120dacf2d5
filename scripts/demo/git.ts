import { spawnSync } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';

/** A git repository of the demo's. */
export interface Repository {
  readonly directory: string;
  /** `owner/name` on GitHub. */
  readonly slug: string;
  git(...args: readonly string[]): string;
  /** Commits all changes and gives the commit's SHA. */
  commit(message: string): string;
}

const author = {
  GIT_AUTHOR_NAME: 'Octo Cat',
  GIT_AUTHOR_EMAIL: 'octocat@example.com',
  GIT_COMMITTER_NAME: 'Octo Cat',
  GIT_COMMITTER_EMAIL: 'octocat@example.com',
  // The user's own hooks, signing and templates stay out of it.
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

/** Makes an empty repository with the branch `main`. */
export async function createRepository(directory: string, slug: string): Promise<Repository> {
  await mkdir(directory, { recursive: true });
  const git = (...args: readonly string[]): string => {
    const result = spawnSync('git', [...args], {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, ...author },
    });
    if (result.status !== 0) {
      throw new Error(`git ${args.join(' ')}: ${result.error?.message ?? result.stderr}`);
    }
    return result.stdout.trim();
  };
  git('init', '--quiet', '--initial-branch=main');
  return {
    directory,
    slug,
    git,
    commit: (message) => {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD');
    },
  };
}

/** Copies an example into a repository, without what Terraform left behind in it. */
export async function copyExample(from: string, repository: Repository): Promise<void> {
  await cp(from, repository.directory, {
    recursive: true,
    filter: (path) => !/\/(\.terraform|node_modules)(\/|$)|\.tfstate(\.|$)/.test(path),
  });
}
