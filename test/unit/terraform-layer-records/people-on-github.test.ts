import { githubPeople } from '../../../actions/terraform-layer/github/github-people.js';
import { observeLabels } from '../../../actions/terraform-layer/github/labels.js';
import {
  githubEnvironments,
  observeGate,
} from '../../../actions/terraform-layer/github/observe-gate.js';
import { observeApprovals } from '../../../actions/terraform-layer/github/reviews.js';
import {
  openReviewAccess,
  reviewedSha,
} from '../../../actions/terraform-layer/github/review-access.js';
import { aPullRequest, clientOf, githubContext } from '../../support/github-client.js';
import { sha, withGithubEmulator } from '../../support/github.js';
import type { GithubEmulator } from '../../support/github.js';
import { fakePeople, reviewedPull } from '../../support/people.js';
import { silentLogger } from '../../support/silent-logger.js';

const repository = 'acme/infra';

/** Opened by ann, pushed by paul; bob and paul may write, tom may label. */
function seedReviewed(github: GithubEmulator): void {
  github.seedPull({
    repository,
    number: 7,
    author: 'ann',
    head: { ref: 'feature', sha: sha('2') },
    base: { ref: 'main', sha: sha('1') },
    pushed: { by: 'paul', at: '2026-11-01T10:00:00Z' },
  });
  github.seedRepository({
    repository,
    roles: { bob: 'maintain', paul: 'write', ann: 'admin', tom: 'triage' },
    reviews: ['bob', 'paul', 'ann', 'tom', 'helper[bot]'].map((author) => ({
      ...{ pullNumber: 7, author, state: 'APPROVED' as const },
    })),
  });
}

describe('people, on GitHub,', () => {
  it('approve: only those count who may write and did not write it', async () => {
    await withGithubEmulator(async (github) => {
      seedReviewed(github);
      const found = await observeApprovals(githubPeople(await clientOf(github)), reviewedPull);
      expect(found.approvedBy).toEqual(['bob']);
      expect(found.notCounted).toEqual([
        { login: 'paul', reason: 'last-pusher' },
        { login: 'ann', reason: 'author' },
        { login: 'tom', reason: 'no-write-access' },
        { login: 'helper[bot]', reason: 'bot' },
      ]);
    });
  });

  it('label: the live label counts, by who put it on after the push', async () => {
    await withGithubEmulator(async (github) => {
      seedReviewed(github);
      const at = { createdAt: '2026-11-01T11:00:00Z' };
      github.seedRepository({
        repository,
        labelEvents: [
          { issueNumber: 7, label: 'allow-a', actor: 'bob', ...at },
          { issueNumber: 7, label: 'allow-b', actor: 'tom', ...at },
          { issueNumber: 7, label: 'allow-c', actor: 'bob', createdAt: '2026-11-01T09:00:00Z' },
          { issueNumber: 7, label: 'allow-d', actor: 'bob', ...at },
          { issueNumber: 7, label: 'allow-d', actor: 'bob', event: 'unlabeled' },
        ],
      });
      const found = await observeLabels(
        githubPeople(await clientOf(github)),
        reviewedPull,
        (label) => label.startsWith('allow-'),
      );
      expect(found).toEqual({
        counting: [{ label: 'allow-a', by: 'bob' }],
        notCounted: [
          { label: 'allow-b', by: 'tom', reason: 'no-write-access' },
          { label: 'allow-c', by: 'bob', reason: 'before-push' },
        ],
      });
    });
  });

  it('whose push is not known count as pushers where a commit names them', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({
        repository,
        commits: [{ sha: sha('2'), author: 'bob' }],
        roles: { bob: 'write', eve: 'write' },
      });
      github.seedPull({
        repository,
        number: 7,
        author: 'ann',
        head: { ref: 'feature', sha: sha('2') },
        base: { ref: 'main', sha: sha('1') },
        pushed: null,
      });
      github.seedRepository({
        repository,
        reviews: ['bob', 'eve'].map((author) => ({ pullNumber: 7, author, state: 'APPROVED' })),
      });
      const people = githubPeople(await clientOf(github));
      expect(await observeApprovals(people, reviewedPull)).toMatchObject({ approvedBy: ['eve'] });
    });
  });

  it('count for nothing where the token may not ask who has write access', async () => {
    await withGithubEmulator(async (github) => {
      seedReviewed(github);
      github.addFault({
        ...{ operation: 'repos/get-collaborator-permission-level', status: 403, times: 99 },
        message: 'Must have push access to view collaborator permission.',
      });
      await expect(
        observeApprovals(githubPeople(await clientOf(github)), reviewedPull),
      ).rejects.toMatchObject({ code: 'github-access-unknown' });
    });
  });

  it('cannot be asked for without the permission: an error says which', async () => {
    await withGithubEmulator(async (github) => {
      seedReviewed(github);
      github.addFault({ operation: 'pulls/list-reviews', status: 403, times: 9 });
      await expect(
        observeApprovals(githubPeople(await clientOf(github)), reviewedPull),
      ).rejects.toMatchObject({
        code: 'github-permission-missing',
        details: { permission: 'pull-requests: read' },
      });
    });
  });
});

describe('environments, on GitHub,', () => {
  it('are read with reviewers and branches, whatever their name', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({
        repository,
        environments: [
          { name: 'dev' },
          {
            name: 'prod/eu west',
            reviewers: ['bob', 'eve'],
            preventSelfReview: true,
            branchPolicy: 'custom',
            branchPatterns: [{ name: 'main' }],
          },
          { name: 'staging', branchPolicy: 'protected-branches' },
        ],
      });
      const environments = githubEnvironments(await clientOf(github));
      expect(await environments.read('prod/eu west')).toEqual({
        kind: 'found',
        name: 'prod/eu west',
        reviewers: 2,
        preventSelfReview: true,
        adminsBypass: true,
        branches: { kind: 'named', patterns: [{ name: 'main', type: 'branch' }] },
      });
      expect(await environments.read('dev')).toMatchObject({
        reviewers: 0,
        preventSelfReview: false,
        branches: { kind: 'any' },
      });
      expect(await environments.read('staging')).toMatchObject({ branches: { kind: 'protected' } });
      expect(await environments.read('none')).toEqual({ kind: 'missing' });
    });
  });

  it('that may not be read are not taken for open ones', async () => {
    await withGithubEmulator(async (github) => {
      github.addFault({ operation: 'repos/get-environment', status: 403, times: 9 });
      const environments = githubEnvironments(await clientOf(github));
      expect(await environments.read('dev')).toEqual({ kind: 'denied', status: 403 });
    });
  });

  it('are asked for only by the gate that needs them', async () => {
    const covered = { pulls: [reviewedPull], commitsWithoutPull: ['a'], commitsNotLookedAt: ['b'] };
    const asked: string[] = [];
    const ports = {
      people: fakePeople({}),
      environments: {
        read: (name: string) => {
          asked.push(name);
          return Promise.resolve({ kind: 'missing' as const });
        },
      },
    };
    const observe = (apply: 'auto' | 'approval', gate: 'environment' | 'reviews' | 'dispatch') =>
      observeGate(
        {
          ...{ name: 'p', after: [], unreviewed: 'stop', approvals: 1, variables: {} },
          ...{ guards: { preventDestroy: [], maxDestroys: 1 }, shared: false },
          ...{ stateNameAliases: [], apply, gate },
        },
        covered,
        ports,
      );
    expect(await observe('auto', 'environment')).toEqual({ gate: 'none' });
    expect(await observe('approval', 'dispatch')).toEqual({ gate: 'dispatch' });
    expect(await observe('approval', 'reviews')).toMatchObject({
      gate: 'reviews',
      pulls: [{ number: 7 }],
      commitsWithoutPull: ['a', 'b'],
    });
    expect(asked).toEqual([]);
    expect(await observe('approval', 'environment')).toMatchObject({ gate: 'environment' });
    expect(asked).toEqual(['p']);
  });
});

describe('the default branch', () => {
  it('is asked for where the event does not say it', async () => {
    await withGithubEmulator(async (github) => {
      const open = (defaultBranch: string | undefined) =>
        openReviewAccess(
          github.token,
          githubContext({ apiUrl: github.url, defaultBranch }),
          silentLogger,
        );
      expect((await open('trunk')).defaultBranch).toBe('trunk');
      expect(github.requests()).toEqual([]);
      expect((await open(undefined)).defaultBranch).toBe('main');
    });
  });
});

describe('the commit that is reviewed', () => {
  it('is the head of the pull request or the merge group, else the run’s own', () => {
    const pullRequest = aPullRequest();
    const mergeGroup = { headSha: sha('5'), baseSha: sha('1'), baseRef: 'main', pullNumber: 7 };
    expect(reviewedSha(githubContext({ pullRequest }))).toBe(sha('2'));
    expect(reviewedSha(githubContext({ mergeGroup }))).toBe(sha('5'));
    expect(reviewedSha(githubContext())).toBe(sha('1'));
  });
});
