import type { EnvironmentConfig } from '../../../actions/terraform-layer/config/infra-config.js';
import {
  judgeGate,
  type DeploymentBranches,
  type GatedRun,
  type GithubEnvironment,
  type ObservedGate,
} from '../../../actions/terraform-layer/github/gate.js';
import { sha } from '../../support/github.js';

const production: EnvironmentConfig = {
  name: 'production',
  apply: 'approval',
  after: [],
  unreviewed: 'stop',
  gate: 'environment',
  approvals: 2,
  guards: { preventDestroy: [], maxDestroys: 20 },
  variables: {},
  shared: false,
  stateNameAliases: [],
};
const push: GatedRun = { eventName: 'push', ref: 'refs/heads/main', confirm: undefined };
const mainOnly: DeploymentBranches = {
  kind: 'named',
  patterns: [{ name: 'main', type: 'branch' }],
};

function codes(
  observed: ObservedGate,
  options: { readonly config?: Partial<EnvironmentConfig>; readonly run?: Partial<GatedRun> } = {},
) {
  const judged = judgeGate({ ...production, ...options.config }, observed, 'main', {
    ...push,
    ...options.run,
  });
  return judged.problems.map(({ code }) => code);
}

function environment(change: Partial<Extract<GithubEnvironment, { kind: 'found' }>> = {}) {
  return {
    gate: 'environment',
    environment: {
      kind: 'found',
      name: 'production',
      reviewers: 1,
      preventSelfReview: true,
      branches: mainOnly,
      ...change,
    },
  } as const;
}

describe('the gate of a GitHub environment', () => {
  it('holds with reviewers, and the default branch alone', () => {
    expect(judgeGate(production, environment(), 'main', push)).toEqual({ problems: [], notes: [] });
  });

  it.each<readonly [string, GithubEnvironment, readonly string[]]>([
    ['is missing', { kind: 'missing' }, ['gate-environment-missing']],
    ['cannot be read', { kind: 'denied', status: 403 }, ['gate-environment-unreadable']],
    [
      'asks nobody',
      environment({ reviewers: 0 }).environment,
      ['gate-environment-without-reviewers'],
    ],
    [
      'asks nobody and admits every branch',
      environment({ reviewers: 0, branches: { kind: 'any' } }).environment,
      ['gate-environment-without-reviewers', 'gate-environment-open-to-branches'],
    ],
  ])('does not hold where it %s', (_what, given, expected) => {
    expect(codes({ gate: 'environment', environment: given })).toEqual(expected);
  });

  it.each<readonly [string, DeploymentBranches]>([
    ['every branch', { kind: 'any' }],
    ['every protected branch', { kind: 'protected' }],
    ['a pattern', { kind: 'named', patterns: [{ name: 'ma*', type: 'branch' }] }],
    ['a tag of that name', { kind: 'named', patterns: [{ name: 'main', type: 'tag' }] }],
    [
      'another branch too',
      {
        kind: 'named',
        patterns: [
          { name: 'main', type: 'branch' },
          { name: 'release/*', type: 'branch' },
        ],
      },
    ],
    ['nothing', { kind: 'named', patterns: [] }],
  ])('does not hold where it admits %s', (_what, branches) => {
    expect(codes(environment({ branches }))).toEqual(['gate-environment-open-to-branches']);
  });

  it('holds, with a note, where whoever starts a run may approve it', () => {
    const judged = judgeGate(production, environment({ preventSelfReview: false }), 'main', push);
    expect(judged.problems).toEqual([]);
    expect(judged.notes).toHaveLength(1);
  });
});

describe('any gate', () => {
  it('holds on the default branch only, and where that is known', () => {
    expect(codes(environment(), { run: { ref: 'refs/heads/feature' } })).toEqual([
      'gate-not-on-default-branch',
    ]);
    expect(codes(environment(), { run: { ref: 'refs/tags/main' } })).toEqual([
      'gate-not-on-default-branch',
    ]);
    const unknown = judgeGate(production, { gate: 'dispatch' }, undefined, push);
    expect(unknown.problems.map(({ code }) => code)).toContain('gate-not-on-default-branch');
  });

  it('that was not looked at does not hold', () => {
    expect(codes({ gate: 'none' })).toEqual(['gate-not-observed']);
    expect(codes({ gate: 'dispatch' })).toEqual(['gate-not-observed']);
  });

  it('is not asked for where an environment is applied by itself', () => {
    expect(codes({ gate: 'none' }, { config: { apply: 'auto' } })).toEqual([]);
  });
});

describe('the gate of reviews', () => {
  const config = { gate: 'reviews' } as const;
  const pull = (
    number: number,
    approvedBy: readonly string[],
    changesRequestedBy: string[] = [],
  ) => ({
    number,
    headSha: sha('2'),
    approvals: { approvedBy, changesRequestedBy, notCounted: [] },
  });
  const reviews = (change: Partial<Extract<ObservedGate, { gate: 'reviews' }>>): ObservedGate => ({
    gate: 'reviews',
    pulls: [pull(1, ['bob', 'eve'])],
    commitsWithoutPull: [],
    ...change,
  });

  it('holds where every pull request has the approvals that it takes', () => {
    expect(codes(reviews({}), { config })).toEqual([]);
  });

  it('does not hold where one of them has too few, or is asked to change', () => {
    expect(
      codes(reviews({ pulls: [pull(1, ['bob', 'eve']), pull(2, ['bob'])] }), { config }),
    ).toEqual(['gate-approvals-missing']);
    expect(codes(reviews({ pulls: [pull(1, ['bob', 'eve'], ['kim'])] }), { config })).toEqual([
      'gate-changes-requested',
    ]);
  });

  it('does not hold for what was pushed directly, or where nothing is known', () => {
    expect(codes(reviews({ commitsWithoutPull: [sha('5')] }), { config })).toEqual([
      'gate-commit-without-pull-request',
    ]);
    expect(codes(reviews({ pulls: [] }), { config })).toEqual(['gate-approvals-missing']);
  });
});

describe('the gate of a typed confirmation', () => {
  const config = { gate: 'dispatch' } as const;
  const of = (run: Partial<GatedRun>) => codes({ gate: 'dispatch' }, { config, run });

  it('holds for a run that a person starts with the environment’s name', () => {
    expect(of({ eventName: 'workflow_dispatch', confirm: 'production' })).toEqual([]);
  });

  it('does not hold for any other name, event or none', () => {
    expect(of({ eventName: 'workflow_dispatch', confirm: 'Production' })).toEqual([
      'gate-not-confirmed',
    ]);
    expect(of({ eventName: 'workflow_dispatch' })).toEqual(['gate-not-confirmed']);
    expect(of({ confirm: 'production' })).toEqual(['gate-not-dispatched']);
  });
});
