import { UserError } from '../../../actions/shared/errors.js';
import { repositoryOf, type Observed } from '../../../scripts/release/observe.js';
import { planRelease, type ReleasePlan } from '../../../scripts/release/plan.js';
import { dryRunReport } from '../../../scripts/release/report.js';
import { readRequest } from '../../../scripts/release/request.js';
import { usesLines, usesMarker, withUsesLines } from '../../../scripts/release/uses-lines.js';

const sourceCommit = 'c'.repeat(40);
const origin = { sourceCommit, repository: 'acme/actions' };
const observed: Observed = {
  sourceCommit,
  committedAtSeconds: 1_700_000_000,
  changedFiles: [],
  isShallow: false,
  defaultBranch: 'main',
  isOnDefaultBranch: true,
  repository: 'acme/actions',
  currentVersion: '1.2.3',
  notes: [{ id: 'quiet-cats', bump: 'minor', summary: 'Cats.' }],
  badNotes: [],
  released: [{ version: '1.2.3', commit: 'd'.repeat(40), origin: undefined }],
  majorTags: { v1: 'd'.repeat(40) },
  leftBundles: {},
  offered: { actions: ['ecr-push'], workflows: ['.github/workflows/deploy.yml'] },
  files: [
    { path: '.github/workflows/deploy.yml', text: 'uses: org/infra-actions/ecr-push@v1\n' },
    { path: 'README.md', text: 'nothing\n' },
  ],
};
const request = readRequest({});
const plan = (changed: Partial<Observed> = {}): ReleasePlan =>
  planRelease(request, { ...observed, ...changed });
const kinds = (changed: Partial<Observed> = {}): readonly string[] =>
  plan(changed).steps.map(({ kind }) => kind);
const codes = (changed: Partial<Observed>): readonly string[] => {
  try {
    plan(changed);
  } catch (thrown) {
    if (thrown instanceof UserError) return thrown.problems.map(({ code }) => code);
  }
  return [];
};

describe('the plan of a release', () => {
  it('is two commits off the version, the tag, then the major tag', () => {
    expect(kinds()).toEqual([
      'commit-version',
      'commit-bundles',
      'commit-references',
      'tag',
      'move-major',
    ]);
    expect(plan().tag).toBe('v1.3.0');
    expect(plan().steps.at(-1)).toEqual({ kind: 'move-major', tag: 'v1', from: 'd'.repeat(40) });
  });

  it('tells each reference that it would change', () => {
    expect(dryRunReport(plan())).toContain(
      '.github/workflows/deploy.yml:1  uses: acme/actions/ecr-push@<commit of the bundles> # v1.3.0',
    );
  });

  it('says all that is wrong at once', () => {
    expect(
      codes({
        changedFiles: [' M README.md'],
        isShallow: true,
        isOnDefaultBranch: false,
        repository: undefined,
        notes: [],
        badNotes: [{ file: '.changeset/x.md', reason: 'no front matter' }],
        released: [{ version: '1.4.0', commit: 'd'.repeat(40), origin: undefined }],
        files: [{ path: '.github/workflows/x.yml', text: 'uses: org/infra-actions/ecr-push@main' }],
      }),
    ).toEqual([
      'change-note-unreadable',
      'dirty-tree',
      'shallow-clone',
      'not-on-default-branch',
      'owner-unknown',
      'no-change-notes',
      'last-release-not-merged',
      'reference-not-pinnable',
    ]);
  });

  it('never makes a tag again that stands for something else', () => {
    const standing = { version: '1.3.0', commit: 'e'.repeat(40) };
    const other = { ...origin, sourceCommit: 'f'.repeat(40) };
    expect(codes({ released: [{ ...standing, origin: other }] })).toEqual([
      'tag-exists',
      'last-release-not-merged',
    ]);
    expect(
      codes({ released: [{ ...standing, origin: { ...origin, repository: 'other/actions' } }] }),
    ).toContain('tag-exists');
  });

  it('goes on after an interruption: bundles are not built again, a tag is not made again', () => {
    const left = { version: '1.3.0', commit: 'a'.repeat(40), origin };
    expect(kinds({ leftBundles: { '1.3.0': left } })).toEqual([
      'take-up-bundles',
      'commit-references',
      'tag',
      'move-major',
    ]);
    const tagged = { version: '1.3.0', commit: 'e'.repeat(40), origin };
    expect(kinds({ released: [tagged] })).toEqual(['move-major']);
    expect(kinds({ released: [tagged], majorTags: { v1: tagged.commit } })).toEqual([]);
  });

  it('builds anew where what was left behind is of another source', () => {
    const left = { version: '1.3.0', commit: 'a'.repeat(40) };
    const other = { ...origin, sourceCommit: 'f'.repeat(40) };
    expect(kinds({ leftBundles: { '1.3.0': { ...left, origin: other } } })[0]).toBe(
      'commit-version',
    );
  });
});

describe('what a release is made for', () => {
  it.each([
    ['https://github.com/acme/actions.git', 'acme/actions'],
    ['https://github.com/acme/actions', 'acme/actions'],
    ['git@github.com:acme/actions.git', 'acme/actions'],
    ['ssh://git@github.com/acme/actions.git', 'acme/actions'],
    ['ssh://git@github.example.com:2222/acme/actions.git', 'acme/actions'],
    ['/srv/git/actions', undefined],
    [undefined, undefined],
  ])('is told by the remote %s', (url, repository) => {
    expect(repositoryOf(url)).toBe(repository);
  });

  it('is what the variables say; an empty one is not set', () => {
    expect(
      readRequest({ VERSION: ' 1.2.3 ', COMMIT: '', GITHUB_REPOSITORY: 'acme/actions' }),
    ).toEqual({
      version: '1.2.3',
      commit: 'HEAD',
      repository: 'acme/actions',
      isDryRun: false,
    });
  });

  it.each([
    ['1', true],
    ['true', true],
    ['', false],
    ['0', false],
    ['false', false],
  ])('is only said with DRY_RUN=%s: %s', (value, isDryRun) => {
    expect(readRequest({ DRY_RUN: value }).isDryRun).toBe(isDryRun);
  });
});

describe('the exact lines for callers', () => {
  const release = { repository: 'acme/actions', tag: 'v1.3.0', actionsCommit: 'a'.repeat(40) };

  it('pin the actions by commit, and the workflows by tag inside their own commit', () => {
    expect(usesLines(observed.offered, release)).toEqual([
      `uses: acme/actions/ecr-push@${'a'.repeat(40)} # v1.3.0`,
      'uses: acme/actions/.github/workflows/deploy.yml@v1.3.0',
    ]);
    expect(usesLines(observed.offered, { ...release, workflowsCommit: 'b'.repeat(40) })[1]).toBe(
      `uses: acme/actions/.github/workflows/deploy.yml@${'b'.repeat(40)} # v1.3.0`,
    );
  });

  it('take the place of the marker in the README', () => {
    expect(withUsesLines(`a\n${usesMarker}\nb`, ['$& one'])).toBe('a\n```yaml\n$& one\n```\nb');
  });
});
