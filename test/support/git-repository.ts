import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { childEnvironment } from '../../actions/shared/env.js';
import { runProcess } from '../../actions/shared/process.js';
import type { Git } from '../../actions/terraform-layer/changes/git.js';
import type { Tree } from './stacks.js';

/** A repository on disk that tests write commits into. */
export interface TestRepository {
  readonly root: string;
  readonly git: Git;
  /** Runs git in it. */
  readonly run: (...args: readonly string[]) => string;
  /** Writes files, removes those that are undefined, commits all, and returns the commit. */
  readonly commit: (files: Readonly<Record<string, string | undefined>>) => Promise<string>;
  /** A clone of the last `depth` commits of what is checked out. */
  readonly shallowClone: (depth: number) => Promise<TestRepository>;
  readonly remove: () => Promise<void>;
}

/** A fresh repository with a first commit. */
export async function gitRepository(files: Tree, directory = '.'): Promise<TestRepository> {
  const repository = await open(directory);
  repository.run('init', '--quiet', '--initial-branch=main');
  await repository.commit(files);
  return repository;
}

async function open(directory: string): Promise<TestRepository> {
  const root = await mkdtemp(path.join(await realpath(os.tmpdir()), 'git-'));
  const run = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  return {
    root,
    run,
    git: { root, directory, environment: childEnvironment(), runProcess },
    commit: async (files) => {
      for (const [file, text] of Object.entries(files)) {
        const place = path.join(root, file);
        await mkdir(path.dirname(place), { recursive: true });
        if (text === undefined) await rm(place);
        else await writeFile(place, text);
      }
      run('add', '--all');
      run('commit', '--quiet', '--allow-empty', '--message', 'change');
      return run('rev-parse', 'HEAD');
    },
    shallowClone: async (depth) => {
      const clone = await open(directory);
      clone.run('clone', '--quiet', `--depth=${depth}`, `file://${root}`, '.');
      return clone;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
