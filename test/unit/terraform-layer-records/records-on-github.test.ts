import { envFrom } from '../../../actions/shared/env.js';
import { findRecords, type SearchRequest } from '../../../actions/terraform-layer/records/find.js';
import {
  artifactSource,
  githubReviewRuns,
} from '../../../actions/terraform-layer/records/github-records.js';
import {
  artifactRecords,
  publishRecord,
} from '../../../actions/terraform-layer/records/publish.js';
import { formatRecordName } from '../../../actions/terraform-layer/records/record-name.js';
import { startGithub } from '../../../emulator/github/index.js';
import { withArtifactClient } from '../../support/actions-artifact.js';
import { clientOf } from '../../support/github-client.js';
import { seedInfra, sha } from '../../support/github.js';
import type { GithubEmulator } from '../../support/github.js';
import { callsPlan, parseWord, recordText } from '../../support/review-runs.js';
import { withDirectory } from '../../support/runner.js';
import { silentLogger } from '../../support/silent-logger.js';

const repository = 'acme/infra';
let github: GithubEmulator;

beforeAll(async () => {
  github = await startGithub();
});
beforeEach(() => {
  github.reset();
  seedInfra(github);
});
afterAll(async () => {
  await github.close();
});

/** A pull request that was squashed into 3…3, with the head 2…2. */
function seedMerged(method: 'merge' | 'squash' | 'rebase' = 'squash'): void {
  github.seedPull({
    repository,
    number: 1,
    head: { ref: 'feature', sha: sha('2') },
    base: { ref: 'main', sha: sha('1') },
    merged: { sha: sha('3'), method },
  });
}

/** Leaves a record as the action does in a run of the plan workflow, and lets the run end. */
async function publish(
  run: {
    readonly id: number;
    readonly subject?: string;
    readonly event?: string;
    readonly attempt?: number;
  },
  text = recordText(`run ${run.id}`, run.subject ?? sha('2')),
): Promise<void> {
  const seed = {
    repository,
    id: run.id,
    event: run.event ?? 'pull_request',
    path: '.github/workflows/infra.yml',
    headSha: run.subject ?? sha('2'),
    attempt: run.attempt ?? 1,
    referencedWorkflows: [{ path: `${callsPlan}@refs/tags/v1` }],
  };
  const runtimeToken = await github.registerResultsJob(seed);
  await withDirectory((directory) =>
    withArtifactClient(github, { runtimeToken, workspace: directory }, async () => {
      const store = artifactRecords({
        env: envFrom({ ACTIONS_RESULTS_URL: github.url, ACTIONS_RUNTIME_TOKEN: runtimeToken }),
        log: silentLogger,
        temporaryDirectory: directory,
      });
      const name = { subjectSha: run.subject ?? sha('2'), leg: 'all', attempt: run.attempt ?? 1 };
      await publishRecord(store, name, text);
    }),
  );
  github.seedRun(seed);
}

async function find(change: Partial<SearchRequest<string>> = {}) {
  const client = await clientOf(github);
  github.clearRequests();
  return findRecords(
    {
      commits: [sha('3')],
      applyAgain: undefined,
      workflow: { kind: 'calls', path: callsPlan },
      thisRun: { id: 99, event: 'push', sha: sha('3') },
      parse: parseWord,
      ...change,
    },
    { runs: githubReviewRuns(client, 'main'), source: artifactSource(client) },
  );
}

describe('a record, on GitHub,', () => {
  it.each(['merge', 'squash', 'rebase'] as const)(
    'is left by the plan of a pull request, and found after its %s',
    async (method) => {
      seedMerged(method);
      await publish({ id: 7 });
      const found = await find();
      expect(found.pulls).toMatchObject([{ number: 1, headSha: sha('2'), fromFork: false }]);
      expect(found.records).toMatchObject([
        {
          record: 'run 7',
          origin: 'pull-request',
          runId: 7,
          runUrl: 'https://github.com/acme/infra/actions/runs/7',
          digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
        },
      ]);
      expect(found.refused).toEqual([]);
    },
  );

  it('costs four questions of the API, and one to know that there is no merge queue', async () => {
    seedMerged();
    await publish({ id: 7 });
    await find();
    expect(github.requests().map(({ operationId }) => operationId)).toEqual([
      'repos/list-pull-requests-associated-with-commit',
      'actions/list-workflow-runs-for-repo',
      'actions/list-workflow-runs-for-repo',
      'actions/list-workflow-run-artifacts',
      'actions/download-artifact',
    ]);
  });

  it('of a second attempt is the one that counts', async () => {
    seedMerged();
    await publish({ id: 7 }, recordText('first', sha('2')));
    await publish({ id: 7, attempt: 2 }, recordText('second', sha('2')));
    expect((await find()).records).toMatchObject([{ record: 'second', attempt: 2 }]);
  });

  it('of a merge group is found at what the group became', async () => {
    seedMerged();
    await publish({ id: 7 });
    await publish({ id: 8, event: 'merge_group', subject: sha('3') });
    expect((await find()).records).toMatchObject([
      { origin: 'pull-request' },
      { origin: 'merge-group', subjectSha: sha('3') },
    ]);
  });

  it('of this very run is read while it goes on', async () => {
    const runtime = { id: 99, event: 'workflow_dispatch', subject: sha('1') };
    await publish(runtime);
    github.seedRun({
      repository,
      ...{ id: 99, event: 'workflow_dispatch', headSha: sha('1'), status: 'in_progress' },
      referencedWorkflows: [{ path: callsPlan.replace('terraform-plan', 'terraform-apply') }],
    });
    const thisRun = { id: 99, event: 'workflow_dispatch', sha: sha('1') };
    expect((await find({ commits: [], thisRun })).records).toMatchObject([
      { origin: 'this-run', record: 'run 99' },
    ]);
  });

  it('of two jobs with the same leg are both kept', async () => {
    seedMerged();
    await publish({ id: 7 }, recordText('one', sha('2')));
    await publish({ id: 7 }, recordText('two', sha('2')));
    expect((await find()).records.map(({ record }) => record)).toEqual(['one', 'two']);
  });
});

describe('a record is not accepted, on GitHub,', () => {
  const name = formatRecordName({ subjectSha: sha('2'), leg: 'all', attempt: 1 });

  /** Seeds a run and an artifact of it without the action. */
  function forge(
    run: Partial<Parameters<GithubEmulator['seedRun']>[0]>,
    artifact: { readonly expired?: boolean; readonly digest?: string } = {},
  ): void {
    github.seedRun({
      ...{ repository, id: 7, event: 'pull_request', headSha: sha('2') },
      referencedWorkflows: [{ path: callsPlan }],
      ...run,
    });
    github.seedRepository({
      repository,
      artifacts: [
        {
          runId: run.id ?? 7,
          name,
          text: recordText('forged', sha('2')),
          headSha: sha('2'),
          ...artifact,
        },
      ],
    });
  }

  it.each<readonly [string, Parameters<typeof forge>[0], string]>([
    ['of a workflow that calls another one', { referencedWorkflows: [] }, 'other-workflow'],
    ['of a fork', { headRepository: 'mallory/infra' }, 'from-fork'],
    ['of a run that goes on', { status: 'in_progress' }, 'not-completed'],
  ])('where it is one %s', async (_what, run, reason) => {
    github.seedRepository({ repository: 'mallory/infra' });
    seedMerged();
    forge(run);
    const found = await find();
    expect(found.records).toEqual([]);
    expect(found.refused).toMatchObject([{ reason, runId: 7, pullNumber: 1 }]);
  });

  it('of a run at the same commit that no pull request has started', async () => {
    seedMerged();
    forge({ event: 'push' });
    expect(await find()).toMatchObject({ records: [], refused: [] });
  });

  it('where it has expired', async () => {
    seedMerged();
    forge({}, { expired: true });
    expect((await find()).refused).toMatchObject([{ reason: 'expired', name }]);
  });

  it('where it is not what was uploaded', async () => {
    seedMerged();
    forge({}, { digest: `sha256:${'0'.repeat(64)}` });
    const found = await find();
    expect(found.records).toEqual([]);
    expect(found.refused).toMatchObject([{ reason: 'digest-differs', name }]);
  });

  it('of a pull request into another branch', async () => {
    github.seedPull({
      repository,
      head: { ref: 'feature', sha: sha('2') },
      base: { ref: 'release', sha: sha('1') },
      merged: { sha: sha('3') },
    });
    await publish({ id: 7 });
    expect(await find()).toMatchObject({ pulls: [], commitsWithoutPull: [sha('3')] });
  });

  it('of a commit that GitHub does not know, which is a direct push', async () => {
    expect((await find({ commits: [sha('8')] })).commitsWithoutPull).toEqual([sha('8')]);
  });
});

describe('apply-again, on GitHub,', () => {
  it('names a pull request that was merged', async () => {
    seedMerged();
    await publish({ id: 7 });
    const again = (number: number) =>
      find({ commits: [], applyAgain: { kind: 'pull-request', number } });
    expect((await again(1)).records).toMatchObject([{ record: 'run 7' }]);
    await expect(again(5)).rejects.toMatchObject({
      problems: [{ code: 'apply-again-not-merged' }],
    });
  });
});

describe('GitHub', () => {
  it('is asked again where it limits or fails in passing', async () => {
    seedMerged();
    await publish({ id: 7 });
    github.addFault({ operation: 'actions/list-workflow-run-artifacts', status: 502 });
    expect((await find()).records).toHaveLength(1);
  });

  it('is asked again where the file itself is not given, or its connection breaks', async () => {
    seedMerged();
    await publish({ id: 7 });
    github.addFault({ operation: 'results/blob', status: 503 });
    github.addFault({ operation: 'results/blob', kind: 'connection-reset' });
    expect((await find()).records).toMatchObject([{ record: 'run 7' }]);
    github.addFault({ operation: 'results/blob', status: 503, times: 9 });
    await expect(find()).rejects.toMatchObject({ code: 'record-not-fetched' });
  });

  it('without actions: read gives no answer, which is not taken for "no record"', async () => {
    seedMerged();
    github.addFault({
      ...{ operation: 'actions/list-workflow-runs-for-repo', status: 403, times: 9 },
      message: 'Resource not accessible by integration',
    });
    await expect(find()).rejects.toMatchObject({ code: 'github-permission-missing' });
  });
});
