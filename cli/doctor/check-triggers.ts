import type { WorkflowFile, WorkflowJob } from '../workflows/caller.js';
import type { Finding } from './finding.js';

type Say = (
  status: 'warning' | 'problem',
  code: string,
  event: string | undefined,
  message: string,
  hint: string,
) => void;

/** Whether a workflow starts when what it calls is meant to run, and at no other time. */
export function checkTriggers(
  file: WorkflowFile,
  job: WorkflowJob,
  called: string,
): readonly Finding[] {
  const findings: Finding[] = [];
  const say: Say = (status, code, event, message, hint) => {
    const at = file.yaml.atKey(event === undefined ? ['on'] : ['on', event]);
    findings.push({ status, area: 'workflows', code, message, at, hint });
  };
  if (file.triggers.has('pull_request_target')) {
    say(
      'problem',
      'trigger-pull-request-target',
      'pull_request_target',
      `${called}.yml runs on pull_request_target: what a fork brings would run with this repository's rights`,
      'use pull_request; a fork is planned by hand with terraform-plan-fork.yml',
    );
  }
  checks[called]?.(file, job, say);
  return findings;
}

const checks: Readonly<Record<string, (file: WorkflowFile, job: WorkflowJob, say: Say) => void>> = {
  'terraform-plan': (file, job, say) => {
    checkPlanEvents(file, say);
    checkThatResultIsAlwaysThere(file, job, say);
  },
  'terraform-apply': (file, _job, say) => {
    if (file.triggers.has('pull_request')) {
      say(
        'problem',
        'trigger-not-fitting',
        'pull_request',
        'terraform-apply.yml runs on pull_request: it would apply what nobody has merged',
        'run it on push to the default branch; pull requests get terraform-plan.yml',
      );
    }
    if (!file.triggers.has('push')) {
      say(
        'warning',
        'trigger-missing',
        undefined,
        'terraform-apply.yml does not run on push: a merge is not applied',
        'add push with branches: [main]',
      );
    }
    if (!file.triggers.has('workflow_dispatch')) {
      say(
        'warning',
        'trigger-dispatch-missing',
        undefined,
        'terraform-apply.yml cannot be started by hand, which a rejected or failed apply needs',
        'add workflow_dispatch with the input apply-again',
      );
    }
    checkBranches(file, 'terraform-apply', 'problem', say);
  },
  'terraform-plan-fork': (file, _job, say) => onlyByHand(file, 'terraform-plan-fork', say),
  'operate-service': (file, _job, say) => {
    if (file.triggers.has('workflow_dispatch')) return;
    say(
      'warning',
      'trigger-dispatch-missing',
      undefined,
      'operate-service.yml cannot be started by hand',
      'add workflow_dispatch',
    );
  },
  'deploy-service': (file, _job, say) => checkBranches(file, 'deploy-service', 'warning', say),
};

function checkPlanEvents(file: WorkflowFile, say: Say): void {
  if (!file.triggers.has('pull_request')) {
    say(
      'problem',
      'trigger-missing',
      undefined,
      'terraform-plan.yml does not run on pull_request: nobody sees a plan before the merge',
      'add pull_request',
    );
  }
  if (!file.triggers.has('merge_group')) {
    say(
      'warning',
      'trigger-merge-group-missing',
      undefined,
      'terraform-plan.yml does not run on merge_group: in a merge queue its check stays pending',
      'add merge_group',
    );
  }
}

/** GitHub docs, "Troubleshooting required status checks": filtered is pending, skipped is passed. */
function checkThatResultIsAlwaysThere(file: WorkflowFile, job: WorkflowJob, say: Say): void {
  for (const event of ['pull_request', 'merge_group']) {
    for (const filter of ['paths', 'paths-ignore']) {
      if (!keysOf(file.triggers.get(event)).includes(filter)) continue;
      say(
        'warning',
        'trigger-filtered',
        event,
        `"${filter}" filters ${event}: as a required check, "${job.name} / result" stays pending where no path fits`,
        `drop "${filter}": stacks that a change does not touch are not planned anyway`,
      );
    }
  }
  if (job.condition === undefined) return;
  say(
    'warning',
    'result-can-be-skipped',
    undefined,
    `the job "${job.id}" has an "if": where it is skipped, the required check counts as passed`,
    'drop the "if"',
  );
}

function checkBranches(
  file: WorkflowFile,
  called: string,
  status: 'warning' | 'problem',
  say: Say,
): void {
  if (!file.triggers.has('push')) return;
  const filters = keysOf(file.triggers.get('push'));
  if (filters.some((filter) => ['branches', 'tags', 'branches-ignore'].includes(filter))) return;
  say(
    status,
    'trigger-any-branch',
    'push',
    `${called}.yml runs on a push to any branch`,
    'add branches: [main] below push',
  );
}

function onlyByHand(file: WorkflowFile, called: string, say: Say): void {
  for (const event of file.triggers.keys()) {
    if (event === 'workflow_dispatch' || event === 'pull_request_target') continue;
    say(
      'problem',
      'trigger-not-fitting',
      event,
      `${called}.yml refuses every run that a person did not start, and this one runs on ${event}`,
      'run it on workflow_dispatch alone',
    );
  }
}

function keysOf(settings: unknown): readonly string[] {
  return typeof settings === 'object' && settings !== null ? Object.keys(settings) : [];
}
