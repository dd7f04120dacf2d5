import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Call } from './check-workflows.js';
import { literalText } from './values.js';

/** Every workflow of a repository, by its path in it. */
export async function workflowTexts(
  root: string,
): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const directory = path.join(root, '.github', 'workflows');
  if (!existsSync(directory)) return [];
  const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({
      file: `.github/workflows/${name}`,
      text: await readFile(path.join(directory, name), 'utf8'),
    })),
  );
}

/** Where stacks are: at the root, if `infra.yml` is there, and where a workflow plans or applies. */
export function stackDirectories(root: string, calls: readonly Call[]): readonly string[] {
  const named = calls
    .filter(({ called }) => called.name.startsWith('terraform-'))
    .flatMap(({ job }) => literalText(job.with['working-directory'] ?? '.') ?? []);
  const hasFile = ['infra.yml', 'infra.yaml'].some((name) => existsSync(path.join(root, name)));
  return [...new Set([...(hasFile ? ['.'] : []), ...named.map((name) => path.normalize(name))])];
}
