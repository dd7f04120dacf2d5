import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushEvent } from '../../emulator/runner/index.js';
import type { Release } from '../../scripts/release/apply.js';
import { act } from '../../scripts/tools.js';
import { gitRepository, type TestRepository } from '../support/git-repository.js';
import { makeRelease, quickWorkshop, releasableRepository } from '../support/release.js';
import { describeWhere, type Requirement } from '../support/requirement.js';

const tool = await act();
const requirement: Requirement =
  tool.kind === 'found' ? { met: true } : { met: false, reason: `act: ${tool.reason}` };

/** With full SHAs alone, as an organisation may require, and by the tags. */
describeWhere(requirement, 'a release, as a repository calls it', () => {
  let directory: string;
  let source: TestRepository;
  let release: Release;

  /** Runs a workflow that calls the released one by `ref`; what is not released is not found. */
  const call = async (ref: string): Promise<string> => {
    const caller = await gitRepository({
      '.github/workflows/deploy.yml': `on: push\njobs:\n  deploy:\n    uses: acme/actions/.github/workflows/deploy.yml@${ref}\n`,
    });
    caller.run('remote', 'add', 'origin', 'https://github.com/acme/shop');
    const sha = caller.run('rev-parse', 'HEAD');
    const { payload } = pushEvent({ repository: 'acme/shop', after: sha });
    await writeFile(join(directory, 'event.json'), JSON.stringify(payload));
    const { bundlesCommit, releaseCommit } = release;
    const trees = {
      [bundlesCommit]: 'bundles',
      [releaseCommit]: 'release',
      'v1.3.0': 'release',
      v1: 'release',
    };
    const result = spawnSync(
      tool.kind === 'found' ? tool.path : '',
      [
        ...['push', '-e', join(directory, 'event.json'), '-P', 'ubuntu-24.04=-self-hosted'],
        ...Object.entries(trees).flatMap(([name, tree]) => [
          '--local-repository',
          `acme/actions@${name}=${join(directory, tree)}`,
        ]),
        ...['--action-cache-path', join(directory, 'cache'), '--no-cache-server'],
      ],
      {
        cwd: caller.root,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', HOME: directory, XDG_CACHE_HOME: directory },
      },
    );
    await caller.remove();
    return `${result.stdout}${result.stderr}`;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'release-caller-'));
    source = await releasableRepository();
    release = await makeRelease(source.root, quickWorkshop());
    for (const [tree, commit] of [
      ['bundles', release.bundlesCommit],
      ['release', release.releaseCommit],
    ] as const) {
      source.run('worktree', 'add', '--quiet', '--detach', join(directory, tree), commit);
    }
  });
  afterAll(async () => {
    await source.remove();
    await rm(directory, { recursive: true, force: true });
  });

  it.each(['its full SHA', 'v1.3.0', 'v1'])(
    'runs the actions of the commit with the bundles, by %s',
    async (name) => {
      const said = await call(name === 'its full SHA' ? release.releaseCommit : name);
      expect(said).toContain('pushed by the bundle');
      expect(said).toContain('Job succeeded');
    },
  );

  it('runs nothing by a ref that is not released', async () => {
    const said = await call('v2');
    expect(said).not.toContain('pushed by the bundle');
    expect(said).not.toContain('Job succeeded');
  });
});
