import { gitIn } from '../../scripts/release/git.js';
import { verifyRelease } from '../../scripts/release/verify.js';
import { UserError } from '../../actions/shared/errors.js';
import type { TestRepository } from '../support/git-repository.js';
import { makeRelease, quickWorkshop, releasableRepository } from '../support/release.js';

describe('a release in a repository of its own', () => {
  let repository: TestRepository;
  const show = (name: string): string => repository.run('show', name);
  const sha = (name: string): string => repository.run('rev-parse', name);

  beforeEach(async () => {
    repository = await releasableRepository();
  });
  afterEach(() => repository.remove());

  it('tags two commits off the version, each the parent of the next, and moves the major tag', async () => {
    const source = sha('HEAD');
    const release = await makeRelease(repository.root, quickWorkshop());
    expect(release).toMatchObject({ version: '1.3.0', tag: 'v1.3.0', sourceCommit: source });
    expect(sha('v1.3.0')).toBe(release.releaseCommit);
    expect(sha('v1')).toBe(release.releaseCommit);
    expect(sha('v1.3.0~1')).toBe(release.bundlesCommit);
    expect(sha('v1.3.0~2')).toBe(release.versionCommit);
    expect(sha('v1.3.0~3')).toBe(source);
    expect([sha('HEAD'), sha('main')]).toEqual([source, source]);
    expect(repository.run('status', '--porcelain')).toBe('');
    expect(repository.run('worktree', 'list').split('\n')).toHaveLength(1);
  });

  it('changes the version, the changelog and the notes in the commit that main gets, and no more', async () => {
    const { versionCommit } = await makeRelease(repository.root, quickWorkshop());
    expect(repository.run('diff', '--name-status', 'main', versionCommit).split('\n')).toEqual([
      'D\t.changeset/quiet-cats.md',
      'M\tCHANGELOG.md',
      'M\tpackage-lock.json',
      'M\tpackage.json',
    ]);
    expect(show('v1.3.0:CHANGELOG.md')).toMatch(
      /^# Changelog\n\n## 1\.3\.0\n\n### Minor Changes\n\n- \w{7}: Cats are quiet\.\n\n## 1\.2\.3/,
    );
    const lockLines = repository.run(
      'diff',
      '--numstat',
      'main',
      versionCommit,
      '--',
      '*lock.json',
    );
    expect(lockLines).toBe('2\t2\tpackage-lock.json');
    expect(JSON.parse(show('v1.3.0:package-lock.json'))).toMatchObject({
      version: '1.3.0',
      packages: { '': { version: '1.3.0' } },
    });
  });

  it('ships the bundles as they were built, and a folder for each action that points to them', async () => {
    await makeRelease(repository.root, quickWorkshop());
    expect(show('v1.3.0:actions/ecr-push/dist/main/index.js')).toBe(
      `/* bundle */\r\nconsole.log('pushed by the bundle');`,
    );
    expect(show('v1.3.0:ecr-push/action.yml')).toContain('../actions/ecr-push/dist/main/index.js');
    expect(repository.run('ls-tree', '-r', '--name-only', 'v1.3.0')).not.toContain('.build-hash');
  });

  it('pins the actions in its workflows to the commit that has their bundles', async () => {
    const { bundlesCommit } = await makeRelease(repository.root, quickWorkshop());
    expect(show('v1.3.0:.github/workflows/deploy.yml')).toContain(
      `uses: acme/actions/ecr-push@${bundlesCommit} # v1.3.0`,
    );
    expect(show(`${bundlesCommit}:ecr-push/action.yml`)).not.toBe('');
    expect(show('v1.3.0:README.md')).toContain(
      'uses: acme/actions/.github/workflows/deploy.yml@v1.3.0',
    );
    expect(show('v1.3.0:docs/adr/0002.md')).toContain('org/infra-actions/<action>@v1');
  });

  it('has the same SHAs when the same source is released elsewhere', async () => {
    const first = await makeRelease(repository.root, quickWorkshop());
    const clone = await repository.shallowClone(1_000);
    expect(await makeRelease(clone.root, quickWorkshop())).toEqual(first);
    await clone.remove();
  });

  it('takes up what an interrupted run left behind, and ends with the same SHAs', async () => {
    const workshop = quickWorkshop();
    for (const lost of ['commit-references', 'tag', 'move-major']) {
      const stop = (kind: string): void => {
        if (kind === lost) throw new Error('interrupted');
      };
      await expect(makeRelease(repository.root, workshop, {}, stop)).rejects.toThrow('interrupted');
    }
    const resumed = await makeRelease(repository.root, workshop);
    expect(workshop.built).toHaveLength(1);
    expect(repository.run('for-each-ref', 'refs/release-bundles')).toBe('');
    repository.run('tag', '--delete', 'v1', 'v1.3.0');
    expect(await makeRelease(repository.root, quickWorkshop())).toEqual(resumed);
  });

  it('does nothing when it stands already', async () => {
    const first = await makeRelease(repository.root, quickWorkshop());
    const kinds: string[] = [];
    const again = await makeRelease(repository.root, quickWorkshop(), {}, (kind) =>
      kinds.push(kind),
    );
    expect(again).toEqual(first);
    expect(kinds).toEqual([]);
  });

  it('is followed by the next one once its version is on main, and not before', async () => {
    const first = await makeRelease(repository.root, quickWorkshop());
    const note = { '.changeset/loud-dogs.md': '---\n"infra-actions": patch\n---\n\nDogs.\n' };
    await repository.commit(note);
    await expect(makeRelease(repository.root, quickWorkshop())).rejects.toThrow(UserError);
    repository.run('merge', '--quiet', '--no-edit', first.versionCommit);
    const second = await makeRelease(repository.root, quickWorkshop());
    expect(second.version).toBe('1.3.1');
    expect(sha('v1')).toBe(second.releaseCommit);
    expect(sha('v1.3.0')).toBe(first.releaseCommit);
  });

  it('changes nothing where anything is wrong', async () => {
    const before = repository.run('for-each-ref');
    await expect(
      makeRelease(repository.root, quickWorkshop(), { version: '1.2.4' }),
    ).rejects.toMatchObject({ problems: [{ code: 'version-below-notes' }] });
    await expect(
      makeRelease(repository.root, quickWorkshop(), { commit: 'nowhere' }),
    ).rejects.toMatchObject({ problems: [{ code: 'commit-unknown' }] });
    expect(repository.run('for-each-ref')).toBe(before);
  });

  describe('verified', () => {
    const verify = (tag = 'v1.3.0') => verifyRelease(gitIn(repository.root), quickWorkshop(), tag);
    /** Puts the tag on a commit with the same message that has another file. */
    const tamper = async (at: string, file: string): Promise<void> => {
      const message = repository.run('show', '-s', '--format=%B', at);
      repository.run('checkout', '--quiet', '--detach', at);
      await repository.commit({ [file]: 'tampered\n' });
      repository.run('add', '--force', file);
      repository.run('commit', '--quiet', '--amend', '--message', message);
    };

    it('is the same, byte for byte', async () => {
      const { releaseCommit } = await makeRelease(repository.root, quickWorkshop());
      expect(await verify()).toEqual({ kind: 'same', commit: releaseCommit });
    });

    it('names the bundle that was tampered with', async () => {
      await makeRelease(repository.root, quickWorkshop());
      await tamper('v1.3.0~1', 'actions/ecr-push/dist/main/index.js');
      const bundles = sha('HEAD');
      repository.run('checkout', '--quiet', 'v1.3.0');
      const message = repository.run('show', '-s', '--format=%B', 'v1.3.0');
      repository.run('checkout', '--quiet', bundles);
      await repository.commit({});
      repository.run('commit', '--quiet', '--amend', '--allow-empty', '--message', message);
      repository.run('tag', '--force', 'v1.3.0');
      expect(await verify()).toMatchObject({
        kind: 'different',
        files: ['actions/ecr-push/dist/main/index.js'],
      });
    });

    it('names a workflow that was tampered with after the bundles', async () => {
      await makeRelease(repository.root, quickWorkshop());
      const before = sha('v1.3.0');
      await tamper(before, '.github/workflows/deploy.yml');
      repository.run('reset', '--quiet', '--soft', `${before}~1`);
      const message = repository.run('show', '-s', '--format=%B', before);
      repository.run('commit', '--quiet', '--message', message);
      repository.run('tag', '--force', 'v1.3.0');
      expect(await verify()).toMatchObject({
        kind: 'different',
        files: ['.github/workflows/deploy.yml'],
      });
    });

    it('needs the tag of a release', async () => {
      await expect(verify('v9.9.9')).rejects.toMatchObject({ problems: [{ code: 'tag-unknown' }] });
      repository.run('tag', 'v0.1.0');
      await expect(verify('v0.1.0')).rejects.toMatchObject({
        problems: [{ code: 'not-a-release' }],
      });
    });
  });
});
