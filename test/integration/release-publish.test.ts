import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Release } from '../../scripts/release/apply.js';
import type { TestRepository } from '../support/git-repository.js';
import { makeRelease, quickWorkshop, releasableRepository } from '../support/release.js';

const root = join(import.meta.dirname, '..', '..');
const stateSchema = z.object({
  calls: z.array(z.string()),
  failOn: z.string().optional(),
  isImmutabilityOn: z.boolean(),
  releases: z.record(
    z.string(),
    z.object({ isDraft: z.boolean(), isImmutable: z.boolean(), notes: z.string() }),
  ),
  pulls: z.array(z.object({ head: z.string(), base: z.string(), title: z.string() })),
});
type GitHubState = z.infer<typeof stateSchema>;

describe('publishing a release', () => {
  let directory: string;
  let repository: TestRepository;
  let release: Release;

  const state = async (): Promise<GitHubState> =>
    stateSchema.parse(JSON.parse(await readFile(join(directory, 'state.json'), 'utf8')));
  const setState = (changed: Partial<GitHubState> = {}): Promise<void> => {
    const empty = { calls: [], isImmutabilityOn: true, releases: {}, pulls: [] };
    return writeFile(join(directory, 'state.json'), JSON.stringify({ ...empty, ...changed }));
  };
  const publish = (
    published = release,
  ): { readonly code: number | null; readonly said: string } => {
    const result = spawnSync(join(root, 'scripts/release/publish.sh'), {
      cwd: repository.root,
      encoding: 'utf8',
      env: {
        PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`,
        HOME: directory,
        GH_STATE: join(directory, 'state.json'),
        TAG: published.tag,
        MAJOR_TAG: published.majorTag,
        RELEASE_COMMIT: published.releaseCommit,
        VERSION_COMMIT: published.versionCommit,
        DEFAULT_BRANCH: 'main',
        REPOSITORY: 'acme/actions',
        NOTES_FILE: join(directory, 'notes.md'),
      },
    });
    return { code: result.status, said: `${result.stdout}${result.stderr}` };
  };
  const remote = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      repository
        .run('ls-remote', 'origin', 'refs/*')
        .split('\n')
        .map((line): readonly [string, string] => {
          const [sha = '', ref = ''] = line.split('\t');
          return [ref, sha];
        }),
    );

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'publish-'));
    await mkdir(join(directory, 'bin'));
    const gh = join(directory, 'bin', 'gh');
    const fake = join(root, 'test/support/fixtures/release/gh.mjs');
    await writeFile(gh, `#!/bin/sh\nexec "${process.execPath}" "${fake}" "$@"\n`);
    await chmod(gh, 0o755);
    await writeFile(join(directory, 'notes.md'), 'What changed.\n');
    await setState();
    repository = await releasableRepository();
    repository.run('init', '--quiet', '--bare', join(directory, 'origin.git'));
    repository.run('remote', 'add', 'origin', join(directory, 'origin.git'));
    repository.run('push', '--quiet', 'origin', 'main');
    release = await makeRelease(repository.root, quickWorkshop());
  });
  afterEach(async () => {
    await repository.remove();
    await rm(directory, { recursive: true, force: true });
  });

  it('pushes the tag, publishes the draft, moves the major tag, and asks to merge the version', async () => {
    expect(publish()).toMatchObject({ code: 0 });
    expect(remote()).toEqual({
      'refs/heads/main': release.sourceCommit,
      'refs/heads/release/v1.3.0': release.versionCommit,
      'refs/tags/v1.3.0': release.releaseCommit,
      'refs/tags/v1': release.releaseCommit,
    });
    const { releases, pulls, calls } = await state();
    expect(releases).toEqual({
      'v1.3.0': { isDraft: false, isImmutable: true, notes: 'What changed.\n' },
    });
    expect(pulls).toEqual([{ head: 'release/v1.3.0', base: 'main', title: 'Version v1.3.0' }]);
    expect(calls).toEqual([
      ...['release view', 'release create', 'release edit', 'pr list', 'pr create'],
    ]);
  });

  it.each(['release create', 'release edit', 'pr create'])(
    'ends the same after a failure of %s, when it is run again',
    async (failOn) => {
      await setState({ failOn });
      expect(publish().code).not.toBe(0);
      const { failOn: _, ...rest } = await state();
      await setState({ ...rest, calls: [] });
      expect(publish()).toMatchObject({ code: 0 });
      expect(publish()).toMatchObject({ code: 0 });
      const { releases, pulls } = await state();
      expect(releases['v1.3.0']).toMatchObject({ isDraft: false, isImmutable: true });
      expect(pulls).toHaveLength(1);
      expect(remote()['refs/tags/v1']).toBe(release.releaseCommit);
    },
  );

  it('publishes nothing where releases would stay changeable', async () => {
    await setState({ isImmutabilityOn: false });
    expect(publish().code).not.toBe(0);
    expect(Object.keys(remote())).toEqual(['refs/heads/main']);
    expect((await state()).calls).toEqual([]);
  });

  it('never moves a tag that stands for another commit', async () => {
    repository.run('push', '--quiet', 'origin', 'main:refs/tags/v1.3.0');
    expect(publish().code).not.toBe(0);
    expect(remote()['refs/tags/v1.3.0']).toBe(release.sourceCommit);
    expect((await state()).releases).toEqual({});
  });

  it('does not take the major tag back when an old run is run again', async () => {
    expect(publish()).toMatchObject({ code: 0 });
    repository.run('merge', '--quiet', release.versionCommit);
    await repository.commit({
      '.changeset/loud-dogs.md': '---\n"infra-actions": patch\n---\n\nDogs.\n',
    });
    repository.run('push', '--quiet', 'origin', 'main');
    repository.run('fetch', '--quiet', 'origin');
    const next = await makeRelease(repository.root, quickWorkshop());
    expect(publish(next)).toMatchObject({ code: 0 });
    expect(publish(release)).toMatchObject({ code: 0 });
    expect(remote()['refs/tags/v1']).toBe(next.releaseCommit);
  });
});
