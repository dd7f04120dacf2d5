import {
  expectedWorkflow,
  judgeRun,
  type ExpectedWorkflow,
  type WorkflowRun,
} from '../../../actions/terraform-layer/records/provenance.js';
import { sha } from '../../support/github.js';
import { actionsRepository, callsPlan, planRun } from '../../support/review-runs.js';

const calls: ExpectedWorkflow = { kind: 'calls', path: callsPlan };

function judge(change: Partial<WorkflowRun> = {}, workflow: ExpectedWorkflow = calls) {
  return judgeRun(planRun({ id: 7, ...change }), {
    events: ['pull_request'],
    workflow,
    subjectSha: sha('2'),
    thisRunId: 99,
  });
}

describe('the run of a record', () => {
  it('counts where it is of this repository, event, commit and workflow, and has ended', () => {
    expect(judge()).toBeUndefined();
    expect(judge({ calls: ['acme/other/.github/workflows/x.yml', callsPlan] })).toBeUndefined();
  });

  it.each<readonly [string, Partial<WorkflowRun>, string]>([
    ['of a fork', { headRepositoryId: 2 }, 'from-fork'],
    ['of a fork that is gone', { headRepositoryId: undefined }, 'from-fork'],
    [
      'that runs code of a pull request with rights',
      { event: 'pull_request_target' },
      'other-event',
    ],
    ['of a push', { event: 'push' }, 'other-event'],
    ['of a workflow that calls nothing', { calls: [] }, 'other-workflow'],
    [
      "of a workflow that calls a file of the same name in somebody's repository",
      { calls: ['mallory/infra-actions/.github/workflows/terraform-plan.yml'] },
      'other-workflow',
    ],
    [
      'of a workflow that calls a file whose name ends alike',
      { calls: [`${actionsRepository}/.github/workflows/not-terraform-plan.yml`] },
      'other-workflow',
    ],
    [
      'of a workflow that calls such a file in another folder',
      { calls: [`${actionsRepository}/x/.github/workflows/terraform-plan.yml`] },
      'other-workflow',
    ],
    ['at another commit', { headSha: sha('4') }, 'other-commit'],
    ['that goes on', { status: 'in_progress' }, 'not-completed'],
  ])('does not count where it is one %s', (_what, change, reason) => {
    expect(judge(change)).toBe(reason);
  });

  it('counts while it goes on where it is this very run', () => {
    expect(judge({ id: 99, status: 'in_progress' })).toBeUndefined();
  });

  it('counts where it is this very run, which plans for itself in the apply workflow', () => {
    const own = { id: 99, calls: [callsPlan.replace('terraform-plan', 'terraform-apply')] };
    expect(judge(own)).toBeUndefined();
    expect(judge({ ...own, id: 98 })).toBe('other-workflow');
    expect(judge({ ...own, event: 'push' })).toBe('other-event');
  });

  it('is of the workflow that the user named, and of no other', () => {
    const named: ExpectedWorkflow = { kind: 'path', path: '.github/workflows/infra.yml' };
    expect(judge({ calls: [] }, named)).toBeUndefined();
    expect(judge({ path: '.github/workflows/infra.yml.yml' }, named)).toBe('other-workflow');
    expect(judge({ path: '.github/workflows/other.yml' }, named)).toBe('other-workflow');
  });
});

describe('the workflow that leaves records', () => {
  it('is the one named, else ours, else that of a repository that uses itself', () => {
    expect(expectedWorkflow('.github/workflows/p.yml', 'a/b', 'c/d')).toEqual({
      kind: 'path',
      path: '.github/workflows/p.yml',
    });
    expect(expectedWorkflow(undefined, actionsRepository, 'c/d')).toEqual(calls);
    expect(expectedWorkflow(undefined, undefined, 'c/d')).toEqual({
      kind: 'calls',
      path: 'c/d/.github/workflows/terraform-plan.yml',
    });
  });

  it('is found whatever the case of its owner', () => {
    expect(judge({ calls: [callsPlan.replace('acme', 'Acme')] })).toBeUndefined();
  });
});
