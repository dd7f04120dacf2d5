import { applyCaller, deployCaller, faultsOf, planCaller } from '../../support/callers.js';

const on = (text: string, events: string): string =>
  text.replace(/on:\n( .*\n)+/, `on:\n${events}`);

describe('a plan', () => {
  it('runs on pull requests, and in a merge queue', async () => {
    expect(await faultsOf(on(planCaller, '  push:\n'))).toEqual([
      'problem trigger-missing 2',
      'warning trigger-merge-group-missing 2',
    ]);
    expect(
      await faultsOf(planCaller.replace(/on:\n( .*\n)+/, 'on: [pull_request, merge_group]\n')),
    ).toEqual([]);
  });

  it('with filtered paths never ends as a required check', async () => {
    const filtered = on(planCaller, '  pull_request:\n    paths: [layers/**]\n  merge_group:\n');
    expect(await faultsOf(filtered)).toEqual(['warning trigger-filtered 3']);
  });

  it('that can be skipped counts as passed', async () => {
    expect(await faultsOf(`${planCaller}    if: github.actor != 'x'\n`)).toEqual([
      'warning result-can-be-skipped 2',
    ]);
  });
});

describe('an apply', () => {
  it('runs after the merge and by hand', async () => {
    expect(await faultsOf(on(applyCaller, '  schedule:\n'))).toEqual([
      'warning trigger-missing 2',
      'warning trigger-dispatch-missing 2',
    ]);
  });

  it('of a pull request, or of any branch, is a problem', async () => {
    const events = '  pull_request:\n  push:\n  workflow_dispatch:\n';
    expect(await faultsOf(on(applyCaller, events))).toEqual([
      'problem trigger-not-fitting 3',
      'problem trigger-any-branch 4',
    ]);
  });
});

describe('other workflows', () => {
  it('warn where any branch deploys', async () => {
    expect(await faultsOf(on(deployCaller, '  push:\n'))).toEqual(['warning trigger-any-branch 3']);
    expect(await faultsOf(on(deployCaller, '  push:\n    tags: [v*]\n'))).toEqual([]);
  });

  it('never run on pull_request_target', async () => {
    for (const text of [planCaller, applyCaller, deployCaller]) {
      const faults = await faultsOf(text.replace('on:\n', 'on:\n  pull_request_target:\n'));
      expect(faults).toContain('problem trigger-pull-request-target 3');
    }
  });

  it('of forks are started by a person alone', async () => {
    const fork = `on:
  issue_comment:
  workflow_dispatch:
jobs:
  fork:
    permissions: {contents: read, id-token: write, actions: read, pull-requests: read}
    uses: acme/infra-actions/.github/workflows/terraform-plan-fork.yml@v1
    with: {pull-request: "1", head-sha: x, role-to-assume: y}
`;
    expect(await faultsOf(fork)).toEqual(['problem trigger-not-fitting 2']);
    expect(await faultsOf(fork.replace('  issue_comment:\n', ''))).toEqual([]);
  });

  it('that operate a service are started by hand', async () => {
    const operate = `on: push
jobs:
  service:
    permissions: {id-token: write}
    uses: org/infra-actions/.github/workflows/operate-service.yml@v1
    with: {command: status, project: shop, service: a, environment: dev, aws-region: eu-west-1}
`;
    expect(await faultsOf(operate)).toEqual(['warning trigger-dispatch-missing 1']);
  });
});
