import { findRecords, type SearchRequest } from '../../../actions/terraform-layer/records/find.js';
import { sha } from '../../support/github.js';
import {
  callsPlan,
  fakeReviewRuns,
  mergedPull,
  parseWord,
  planRun,
  recordText,
  type FakeRepository,
} from '../../support/review-runs.js';

async function find(repository: FakeRepository, change: Partial<SearchRequest<string>> = {}) {
  const ports = fakeReviewRuns(repository);
  const search = await findRecords(
    {
      commits: [sha('3')],
      applyAgain: undefined,
      workflow: { kind: 'calls', path: callsPlan },
      thisRun: { id: 99, event: 'push', sha: sha('3') },
      parse: parseWord,
      ...change,
    },
    ports,
  );
  return { ...search, words: search.records.map(({ record }) => record), asked: ports.asked() };
}

/** One pull request, squashed into 3…3. */
const onePull = { pulls: { [sha('3')]: [mergedPull({ number: 1 })] } };

describe('the records of an apply', () => {
  it('are those of every pull request in the range, however it was merged', async () => {
    const found = await find(
      {
        pulls: {
          [sha('3')]: [mergedPull({ number: 1 })],
          // A rebase puts several commits of one pull request on the branch.
          [sha('5')]: [mergedPull({ number: 2, headSha: sha('4'), mergeCommitSha: sha('6') })],
          [sha('6')]: [mergedPull({ number: 2, headSha: sha('4'), mergeCommitSha: sha('6') })],
        },
        runs: [planRun({ id: 10 }), planRun({ id: 11, headSha: sha('4') })],
        records: { 10: [{}], 11: [{}] },
      },
      { commits: [sha('6'), sha('5'), sha('3'), sha('7')] },
    );
    expect(found.pulls.map(({ number }) => number)).toEqual([1, 2]);
    expect(found.records).toMatchObject([
      { record: 'run 10', pullNumber: 1, origin: 'pull-request', subjectSha: sha('2') },
      { record: 'run 11', pullNumber: 2, subjectSha: sha('4') },
    ]);
    expect(found.commitsWithoutPull).toEqual([sha('7')]);
  });

  it('are the newest of each leg, over runs and their attempts', async () => {
    const found = await find({
      ...onePull,
      runs: [planRun({ id: 12, attempt: 2 }), planRun({ id: 11 })],
      records: {
        11: [{ leg: 'dev' }, { leg: 'production' }],
        12: [
          { leg: 'dev', attempt: 1, name: 'first attempt' },
          { leg: 'dev', attempt: 2, name: 'second attempt' },
        ],
      },
    });
    expect(found.records).toMatchObject([
      { runId: 11, record: 'run 11' },
      { runId: 12, name: 'second attempt', attempt: 2 },
    ]);
  });

  it('are those of a later attempt of an older run, where it is the last word', async () => {
    const found = await find({
      ...onePull,
      runs: [planRun({ id: 12 }), planRun({ id: 11, attempt: 2 })],
      records: { 11: [{ createdAt: '2026-11-09T00:00:00Z' }], 12: [{}] },
    });
    expect(found.words).toEqual(['run 11']);
  });

  it('of two workflows stand beside one another', async () => {
    const found = await find({
      ...onePull,
      runs: [planRun({ id: 11 }), planRun({ id: 12, path: '.github/workflows/other.yml' })],
      records: { 11: [{}], 12: [{}] },
    });
    expect(found.words).toEqual(['run 11', 'run 12']);
  });

  it('come of the merge group as well, which holds what was really merged', async () => {
    const found = await find({
      ...onePull,
      runs: [planRun({ id: 11 }), planRun({ id: 12, event: 'merge_group', headSha: sha('3') })],
      records: { 11: [{}], 12: [{}] },
    });
    expect(found.records).toMatchObject([
      { origin: 'pull-request', subjectSha: sha('2') },
      { origin: 'merge-group', subjectSha: sha('3'), pullNumber: 1 },
    ]);
  });

  it('of a fork come of the run that a maintainer has started over its head', async () => {
    const repository = {
      pulls: { [sha('3')]: [mergedPull({ number: 1, fromFork: true })] },
      runs: [
        planRun({ id: 11, headRepositoryId: 2 }),
        planRun({ id: 12, event: 'workflow_dispatch', headSha: sha('1') }),
      ],
      records: { 11: [{}], 12: [{}] },
    };
    expect((await find(repository)).records).toMatchObject([{ origin: 'dispatch', runId: 12 }]);
  });

  it('of this very run count where a person started it', async () => {
    const repository = {
      runs: [
        planRun({ id: 99, event: 'workflow_dispatch', status: 'in_progress', headSha: sha('3') }),
      ],
      records: { 99: [{}] },
    };
    const thisRun = { id: 99, event: 'workflow_dispatch', sha: sha('3') };
    expect((await find(repository, { thisRun })).records).toMatchObject([{ origin: 'this-run' }]);
    expect((await find(repository)).records).toEqual([]);
  });
});

describe('a record is not accepted, and the search says why,', () => {
  it('where its run is none that may leave records', async () => {
    const found = await find({
      ...onePull,
      runs: [
        planRun({ id: 11, calls: ['mallory/x/.github/workflows/terraform-plan.yml'] }),
        planRun({ id: 12, headRepositoryId: 2 }),
        planRun({ id: 13, event: 'push' }),
        planRun({ id: 14, status: 'in_progress' }),
      ],
      records: { 11: [{}], 12: [{}], 13: [{}], 14: [{}] },
    });
    expect(found.records).toEqual([]);
    expect(found.refused.map(({ runId, reason }) => [runId, reason])).toEqual([
      [11, 'other-workflow'],
      [12, 'from-fork'],
      [14, 'not-completed'],
    ]);
  });

  it('where it cannot be fetched as it was uploaded, or read', async () => {
    const found = await find({
      ...onePull,
      runs: [planRun({ id: 11 })],
      records: {
        11: [
          { leg: 'a', read: () => Promise.resolve({ refusal: 'digest-differs' }) },
          { leg: 'b', read: () => Promise.resolve({ refusal: 'expired' }) },
          { leg: 'c', read: () => Promise.resolve({ text: 'PK\u0003' }) },
        ],
      },
    });
    expect(found.records).toEqual([]);
    expect(found.refused.map(({ reason }) => reason)).toEqual([
      'digest-differs',
      'expired',
      'unreadable',
    ]);
  });

  it('where it says of itself that it is about another commit', async () => {
    const found = await find({
      ...onePull,
      runs: [planRun({ id: 11 })],
      records: { 11: [{ read: () => Promise.resolve({ text: recordText('x', sha('8')) }) }] },
    });
    expect(found.records).toEqual([]);
    expect(found.refused).toMatchObject([{ reason: 'about-another-commit', pullNumber: 1 }]);
  });

  it('and an older one does not take its place', async () => {
    const found = await find({
      ...onePull,
      runs: [planRun({ id: 11 }), planRun({ id: 12 })],
      records: { 11: [{}], 12: [{ read: () => Promise.resolve({ refusal: 'digest-differs' }) }] },
    });
    expect(found.records).toEqual([]);
    expect(found.refused).toMatchObject([{ runId: 12, reason: 'digest-differs' }]);
  });
});

describe('a run', () => {
  it('whose calls the list does not tell is asked by itself', async () => {
    const listed = planRun({ id: 11, calls: [] });
    const ports = fakeReviewRuns({ ...onePull, runs: [listed], records: { 11: [{}] } });
    const search = await findRecords(
      {
        commits: [sha('3')],
        applyAgain: undefined,
        workflow: { kind: 'calls', path: callsPlan },
        thisRun: { id: 99, event: 'push', sha: sha('3') },
        parse: parseWord,
      },
      {
        source: ports.source,
        runs: { ...ports.runs, run: () => Promise.resolve({ ...listed, calls: [callsPlan] }) },
      },
    );
    expect(search.records).toMatchObject([{ record: 'run 11' }]);
    expect(search.refused).toEqual([]);
  });
});

describe('apply-again', () => {
  it('takes a pull request up that the range does not hold', async () => {
    const found = await find(
      { ...onePull, runs: [planRun({ id: 11 })], records: { 11: [{}] } },
      { commits: [], applyAgain: { kind: 'pull-request', number: 1 } },
    );
    expect(found.words).toEqual(['run 11']);
  });

  it('takes the pull requests of a commit up', async () => {
    const found = await find(
      { ...onePull, runs: [planRun({ id: 11 })], records: { 11: [{}] } },
      { commits: [], applyAgain: { kind: 'commit', sha: sha('3') } },
    );
    expect(found.words).toEqual(['run 11']);
  });

  it('of a pull request that was not merged is a mistake of the user', async () => {
    const applyAgain = { kind: 'pull-request', number: 5 } as const;
    await expect(find(onePull, { applyAgain })).rejects.toMatchObject({
      problems: [{ code: 'apply-again-not-merged', at: { input: 'apply-again' } }],
    });
  });
});

describe('the search', () => {
  const hex = (number: number): string => number.toString(16).padStart(40, '0');

  it('asks at most four questions a squashed pull request, and one more', async () => {
    const count = 50;
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const found = await find(
      {
        pulls: Object.fromEntries(
          numbers.map((number) => [
            hex(number),
            [mergedPull({ number, headSha: hex(1000 + number) })],
          ]),
        ),
        runs: numbers.map((number) => planRun({ id: number, headSha: hex(1000 + number) })),
        records: Object.fromEntries(numbers.map((number) => [number, [{}]])),
      },
      { commits: numbers.map(hex) },
    );
    expect(found.records).toHaveLength(count);
    // The pull request, its runs, their artifacts; and the record itself, which the fake reads unasked.
    expect(found.asked + count).toBeLessThanOrEqual(4 * count + 1);
  });

  it('looks at so many commits, and names those that it left out', async () => {
    const found = await find(
      { ...onePull, runs: [] },
      { commits: [sha('3'), sha('4'), sha('5')], limits: { commits: 2 } },
    );
    expect(found.commitsNotLookedAt).toEqual([sha('5')]);
    expect(found.commitsWithoutPull).toEqual([sha('4')]);
  });

  it('lists the records of the newest runs only', async () => {
    const runs = [1, 2, 3, 4, 5].map((id) => planRun({ id }));
    const records = Object.fromEntries(runs.map(({ id }) => [id, [{ leg: `leg ${id}` }]]));
    expect((await find({ ...onePull, runs, records })).words).toEqual(['run 3', 'run 4', 'run 5']);
  });
});
