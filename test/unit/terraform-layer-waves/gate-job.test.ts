import { createSecrets } from '../../../actions/shared/secrets.js';
import {
  proveApprovals,
  proveGateJob,
} from '../../../actions/terraform-layer/apply/prove-gate-job.js';
import type {
  OwnRun,
  RunApproval,
  RunJob,
} from '../../../actions/terraform-layer/github/gate-job.js';
import { githubOwnRun } from '../../../actions/terraform-layer/github/gate-job.js';
import { judgeWaveEnvironment } from '../../../actions/terraform-layer/waves/wave-environment.js';
import { sha, withGithubEmulator } from '../../support/github.js';
import { clientOf, githubContext } from '../../support/github-client.js';
import { problemCodes } from '../../support/problem-codes.js';
import { silentLogger } from '../../support/silent-logger.js';

const job = (name: string, conclusion?: string): RunJob => ({
  ...{ name, conclusion },
  status: conclusion === undefined ? 'waiting' : 'completed',
});

/** A run with these jobs, attempt by attempt. */
const runWith = (...attempts: readonly (readonly RunJob[])[]): OwnRun => ({
  jobsOf: (attempt) => Promise.resolve(attempts[attempt - 1] ?? []),
  approvals: () => Promise.resolve([]),
});

function proved(run: OwnRun, attempt = 1, token: string | undefined = 'gh-token') {
  const ports = {
    github: githubContext({ runAttempt: String(attempt) }),
    secrets: createSecrets(() => undefined),
    log: silentLogger,
  };
  return problemCodes(
    proveGateJob({ gateJob: 'gate production', githubToken: token }, ports, () =>
      Promise.resolve(run),
    ),
  );
}

describe('the gate job of a run', () => {
  const passed = job('infra / gate production', 'success');

  it('lets an apply begin once it has passed', async () => {
    expect(await proved(runWith([job('infra / plan', 'success'), passed]))).toEqual([]);
    expect(await proved(runWith([job('gate production', 'success')]))).toEqual([]);
  });

  it('keeps it where it waits, was rejected, or was skipped', async () => {
    for (const conclusion of [undefined, 'failure', 'cancelled', 'skipped']) {
      expect(await proved(runWith([job('infra / gate production', conclusion)]))).toEqual([
        'gate-job-not-passed',
      ]);
    }
  });

  it('is not one of another environment, or of another name', async () => {
    const others = ['infra / gate staging', 'gate production / x', 'mitigate production'];
    expect(await proved(runWith(others.map((name) => job(name, 'success'))))).toEqual([
      'gate-job-missing',
    ]);
  });

  it('is asked anew where the whole run is run again, and stands where only failed jobs are', async () => {
    const waiting = job('infra / gate production');
    expect(await proved(runWith([passed], [waiting]), 2)).toEqual(['gate-job-not-passed']);
    expect(await proved(runWith([passed], [job('infra / wave 1', 'failure')]), 2)).toEqual([]);
    expect(await proved(runWith([waiting], [passed]), 1)).toEqual(['gate-job-not-passed']);
  });

  it('counts as not passed where it cannot be seen', async () => {
    expect(await proved(runWith([]))).toEqual(['gate-job-missing']);
    expect(await proved(runWith([passed]), 1, '')).toEqual([]);
    const ports = {
      ...{ secrets: createSecrets(() => undefined), log: silentLogger },
      github: githubContext(),
    };
    expect(
      await problemCodes(proveGateJob({ gateJob: 'gate dev', githubToken: undefined }, ports)),
    ).toEqual(['gate-job-unseen']);
  });

  it('is no matter of runs that name none', async () => {
    const ports = {
      ...{ secrets: createSecrets(() => undefined), log: silentLogger },
      github: undefined,
    };
    expect(
      await problemCodes(proveGateJob({ gateJob: undefined, githubToken: undefined }, ports)),
    ).toEqual([]);
  });
});

describe('the approval of a person', () => {
  const gated = [
    { name: 'production', gate: 'environment' as const },
    { name: 'live', gate: 'reviews' as const },
  ];
  const codes = (...approvals: readonly RunApproval[]) =>
    problemCodes(proveApprovals(gated, { approvals: () => Promise.resolve(approvals) }));

  it('is listed for each environment whose gate is on GitHub', async () => {
    expect(await codes({ state: 'approved', environments: ['Production'] })).toEqual([]);
  });

  it('is not a rejection, nor one of another environment', async () => {
    expect(await codes()).toEqual(['gate-not-approved']);
    expect(await codes({ state: 'rejected', environments: ['production'] })).toEqual([
      'gate-not-approved',
    ]);
    expect(await codes({ state: 'approved', environments: ['production-waves'] })).toEqual([
      'gate-not-approved',
    ]);
  });
});

it('GitHub is asked for the jobs of an attempt and for who has approved', async () => {
  await withGithubEmulator(async (github) => {
    github.seedRun({
      ...{ repository: 'acme/infra', id: 99, headSha: sha('2'), status: 'in_progress' },
      jobs: [{ name: 'infra / gate production' }, { name: 'infra / wave', status: 'queued' }],
      approvals: [{ environments: ['production'], user: 'ann' }],
    });
    const run = githubOwnRun(await clientOf(github), 99);
    expect(await run.jobsOf(1)).toEqual([
      { name: 'infra / gate production', status: 'completed', conclusion: 'success' },
      { name: 'infra / wave', status: 'queued', conclusion: undefined },
    ]);
    expect(await run.jobsOf(2)).toEqual([]);
    expect(await run.approvals()).toEqual([{ state: 'approved', environments: ['production'] }]);
  });
});

describe('the environment that legs run in', () => {
  const found = {
    ...{ kind: 'found' as const, name: 'production-waves', reviewers: 0, preventSelfReview: false },
    branches: { kind: 'named' as const, patterns: [{ name: 'main', type: 'branch' as const }] },
  };
  const codes = (observed: Parameters<typeof judgeWaveEnvironment>[1]) =>
    judgeWaveEnvironment('production', observed, 'main').map(({ code }) => code);

  it('has no reviewers, and admits the default branch alone', () => {
    expect(codes(found)).toEqual([]);
    expect(codes({ ...found, reviewers: 1, branches: { kind: 'any' } })).toEqual([
      'wave-environment-with-reviewers',
      'wave-environment-open-to-branches',
    ]);
    expect(codes({ ...found, branches: { kind: 'protected' } })).toEqual([
      'wave-environment-open-to-branches',
    ]);
  });

  it('must be there, and be seen', () => {
    expect(codes({ kind: 'missing' })).toEqual(['wave-environment-missing']);
    expect(codes({ kind: 'denied', status: 403 })).toEqual(['wave-environment-unreadable']);
  });
});
