import { mergedSince } from '../../../actions/terraform-layer/apply/merged-since.js';
import { reviewJudge } from '../../../actions/terraform-layer/apply/review-judge.js';
import type { FoundRecord } from '../../../actions/terraform-layer/records/found.js';
import { RecordKeeper } from '../../../actions/terraform-layer/records/record-keeper.js';
import type { RecordSources } from '../../../actions/terraform-layer/review/record-context.js';
import {
  recordVersion,
  type ReviewRecord,
} from '../../../actions/terraform-layer/review/record.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';
import { mergedPull } from '../../support/review-runs.js';
import { aPlan, entry, testKey } from '../../support/plan-documents.js';
import { runPlanOf, stacksOf } from '../../support/terraform-report.js';
import { changesOf } from '../../support/terraform.js';

const address = 'data.terraform_remote_state.network';

/** A plan that makes a resource, and reads an output of another stack for it. */
function planReading(vpc: string): unknown {
  return aPlan([entry('x.a', ['create'], null, { size: 5 })], {
    relevant_attributes: [{ resource: address, attribute: ['outputs', 'vpc'] }],
    prior_state: {
      values: {
        root_module: {
          resources: [
            {
              ...{ address, mode: 'data', type: 'terraform_remote_state' },
              values: { outputs: { vpc } },
            },
          ],
        },
      },
    },
  });
}

function sources(change: Partial<RecordSources> = {}): RecordSources {
  return {
    keyOf: () => Promise.resolve(undefined),
    volatile: [],
    publicOutputsOf: () => Promise.resolve((data, output) => data === address && output === 'vpc'),
    providersOf: () => Promise.resolve({ aws: '5.100.0' }),
    ...change,
  };
}

let stack: Stack;
beforeAll(async () => {
  const [first] = stacksOf(await runPlanOf('plan'));
  if (first === undefined) throw new Error('no stack');
  stack = first;
});

/** What the pull request's plan has left. */
async function recorded(json: unknown, from = sources()): Promise<FoundRecord<ReviewRecord>> {
  const keeper = new RecordKeeper(from);
  await keeper.hooks.judge({ stack, json, changes: changesOf(), alsoSensitive: [] });
  const record: ReviewRecord = {
    ...{ version: recordVersion, repository: 'acme/infra', pullNumber: 4 },
    ...{ plannedSha: '9'.repeat(40), parents: ['8'.repeat(40)], treeSha: '7'.repeat(40) },
    stacks: [...keeper.records.values()],
  };
  return {
    ...{ record, name: 'r', origin: 'pull-request', pullNumber: 4, subjectSha: '2'.repeat(40) },
    ...{ runId: 1, attempt: 1, runUrl: 'https://github.example/run', createdAt: '2026-11-01' },
    ...{ artifactId: 1, digest: undefined },
  };
}

async function judged(
  records: readonly FoundRecord<ReviewRecord>[],
  json: unknown,
  change: {
    readonly sources?: RecordSources;
    readonly mergedSince?: Parameters<typeof reviewJudge>[0]['range']['mergedSince'];
  } = {},
) {
  const { judge } = reviewJudge({
    range: {
      ...{ records, allowedDestroys: [], treeSha: '6'.repeat(40), notes: [] },
      mergedSince: change.mergedSince ?? (() => Promise.resolve([])),
    },
    environments: [],
    sources: change.sources ?? sources(),
  });
  const { review } = await judge({ stack, json, changes: changesOf(), alsoSensitive: [] });
  if (review === undefined) throw new Error('not judged');
  return review;
}

describe('without a review key', () => {
  it('an output of another stack that is public is compared', async () => {
    const then = await recorded(planReading('vpc-1'));
    expect((await judged([then], planReading('vpc-1'))).verdict).toBe('equivalent');
    expect(await judged([then], planReading('vpc-2'))).toMatchObject({
      verdict: 'different',
      differences: [{ kind: 'upstream', address, attributes: ['vpc'] }],
    });
  });

  it('one that may be a secret is not, and no digest of it is kept', async () => {
    const hidden = sources({ publicOutputsOf: () => Promise.resolve(() => false) });
    const then = await recorded(planReading('vpc-1'), hidden);
    expect(then.record.stacks).toMatchObject([{ upstreams: [{ outputs: { vpc: '*' } }] }]);
    const now = await judged([then], planReading('vpc-2'), { sources: hidden });
    expect(now.verdict).toBe('equivalent');
  });

  it('with one, what may be a secret is compared too', async () => {
    const keyed = sources({
      keyOf: () => Promise.resolve(testKey),
      publicOutputsOf: () => Promise.resolve(() => false),
    });
    const then = await recorded(planReading('vpc-1'), keyed);
    const now = await judged([then], planReading('vpc-2'), { sources: keyed });
    expect(now.verdict).toBe('different');
  });
});

describe('what is told besides', () => {
  it('is another version of a provider', async () => {
    const then = await recorded(planReading('vpc-1'));
    expect(then.record.stacks).toMatchObject([{ providers: { aws: '5.100.0' } }]);
    const newer = sources({ providersOf: () => Promise.resolve({ aws: '6.0.0' }) });
    const { notes, verdict } = await judged([then], planReading('vpc-1'), { sources: newer });
    expect(verdict).toBe('equivalent');
    expect(notes.filter((note) => /aws 5\.100\.0.*6\.0\.0/.test(note))).toHaveLength(1);
  });

  it('is what was merged in between, the newest few of it by name', async () => {
    const then = await recorded(planReading('vpc-1'));
    const commits = Array.from({ length: 7 }, (_, index) => ({
      ...{ sha: String(index).repeat(40), subject: `change ${index} ${'x'.repeat(200)}` },
    }));
    const { notes } = await judged([then], planReading('vpc-1'), {
      mergedSince: () => Promise.resolve(commits),
    });
    const said = notes.find((note) => note.includes('another tree')) ?? '';
    expect(said).toContain('0000000 change 0');
    expect(said).toContain('4444444 change 4');
    expect(said).toMatch(/and 2 more$/);
    expect(said).not.toContain('5555555');
    expect(said.length).toBeLessThan(500);
  });
});

describe('what was merged between a plan and its apply', () => {
  let repository: TestRepository;
  beforeAll(async () => {
    repository = await gitRepository({ 'a.tf': '' });
  });
  afterAll(() => repository.remove());

  it('is the default branch since its base, without the pull request itself', async () => {
    const { git, run, commit } = repository;
    const base = run('rev-parse', 'HEAD');
    const other = await commit({ 'b.tf': '' });
    run('checkout', '--quiet', '-b', 'topic', base);
    await commit({ 'c.tf': '' });
    run('checkout', '--quiet', 'main');
    run('merge', '--quiet', '--no-ff', '-m', 'Merge #4', 'topic');
    const merge = run('rev-parse', 'HEAD');
    const head = await commit({ 'd.tf': '' });
    const found = await recorded(planReading('vpc-1'));
    const record = { ...found, record: { ...found.record, parents: [base, other] } };
    const pulls = [mergedPull({ number: 4, mergeCommitSha: merge })];
    const since = await mergedSince({ git, head, pulls })(record);
    expect(since.map(({ sha }) => sha)).toEqual([head, other]);
    expect(since[0]?.subject).toBe('change');
    // A clone that is too shallow, and a record that names no commit.
    expect(await mergedSince({ git, head, pulls })(found)).toEqual([]);
    const forged = { ...found, record: { ...found.record, parents: ['--all'] } };
    expect(await mergedSince({ git, head, pulls })(forged)).toEqual([]);
  });
});
