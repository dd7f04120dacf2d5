import { join } from 'node:path';
import { execa } from 'execa';
import type { Workshop } from './commits.js';

/** The checkout's own lock file, compiler and bundler. */
export const npmWorkshop: Workshop = {
  install: async (directory) => {
    await run('npm', ['ci', '--no-progress', '--loglevel=error'], directory);
  },
  build: async (directory) => {
    const tsx = join(directory, 'node_modules', '.bin', 'tsx');
    await run(tsx, ['scripts/build.ts', '--force'], directory);
  },
};

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  await execa(program, [...args], { cwd, stdin: 'ignore', stdout: 'ignore', stderr: 'inherit' });
}
