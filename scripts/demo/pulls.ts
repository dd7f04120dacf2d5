import type { World } from './world.js';

export interface OpenPull {
  readonly number: number;
  readonly title: string;
  readonly branch: string;
  readonly headSha: string;
  readonly baseSha: string;
}

/** The first commit of the infra repository: all but the layers, which its pull request brings. */
export function startInfra({ infra, emulator }: World): void {
  infra.git('add', '--all', '--', ':!layers');
  infra.git('commit', '--quiet', '--message', 'Start the infrastructure repository');
  const sha = infra.git('rev-parse', 'HEAD');
  emulator.github.seedRepository({
    repository: infra.slug,
    commits: [{ sha, message: 'Start the infrastructure repository' }],
    branches: { main: sha },
  });
}

/** Pushes what the work tree holds as a pull request, and checks out its test merge. */
export function openPull(
  { infra, emulator }: World,
  options: { readonly branch: string; readonly title: string },
): OpenPull {
  const baseSha = infra.git('rev-parse', 'main');
  infra.git('checkout', '--quiet', '-b', options.branch);
  const headSha = infra.commit(options.title);
  const number = emulator.github.seedPull({
    repository: infra.slug,
    title: options.title,
    head: { ref: options.branch, sha: headSha },
    base: { ref: 'main', sha: baseSha },
  });
  infra.git('checkout', '--quiet', '--detach', 'main');
  infra.git(
    'merge',
    '--quiet',
    '--no-ff',
    '--message',
    `Merge ${headSha} into ${baseSha}`,
    headSha,
  );
  return { number, ...options, headSha, baseSha };
}

/** Merges: `main` now is what the pull request's test merge was. */
export function mergePull({ infra, emulator }: World, pull: OpenPull): string {
  infra.git('checkout', '--quiet', 'main');
  infra.git(
    'merge',
    '--quiet',
    '--no-ff',
    '--message',
    `Merge pull request #${pull.number} from ${pull.branch}`,
    pull.branch,
  );
  const sha = infra.git('rev-parse', 'HEAD');
  emulator.github.seedPull({ repository: infra.slug, number: pull.number, merged: { sha } });
  return sha;
}
