import { nearest } from '../../actions/terraform-layer/config/nearest.js';
import {
  ownReference,
  parseWorkflowFile,
  type WorkflowFile,
  type WorkflowJob,
} from '../workflows/caller.js';
import type { CalledWorkflow, Definitions } from '../workflows/definitions.js';
import { readYaml } from '../workflows/yaml-places.js';
import { checkCall } from './check-call.js';
import { checkStep } from './check-steps.js';
import { checkTriggers } from './check-triggers.js';
import type { Finding } from './finding.js';

/** A job of theirs that calls a workflow of ours. */
export interface Call {
  readonly file: WorkflowFile;
  readonly job: WorkflowJob;
  readonly called: CalledWorkflow;
  readonly owner: string;
  readonly ref: string;
}

export interface CheckedWorkflows {
  readonly findings: readonly Finding[];
  readonly calls: readonly Call[];
  /** Every step of those files, of jobs that use us or stand beside them. */
  readonly files: readonly WorkflowFile[];
}

/** Holds every workflow of a repository against what it uses of ours. */
export function checkWorkflows(
  files: readonly { readonly file: string; readonly text: string }[],
  definitions: Definitions,
  context: { readonly rolesInConfiguration: boolean },
): CheckedWorkflows {
  const findings: Finding[] = [];
  const calls: Call[] = [];
  const users: WorkflowFile[] = [];
  for (const { file, text } of files) {
    // What has nothing to do with us is somebody else's to judge.
    if (!text.includes('/infra-actions/')) continue;
    const read = readYaml(file, text);
    const workflow = read.ok ? parseWorkflowFile(read.yaml) : undefined;
    if (!read.ok || workflow === undefined) {
      findings.push({
        status: 'problem',
        area: 'workflows',
        code: 'workflow-unreadable',
        message: read.ok ? 'this is no workflow that GitHub would take' : read.message,
        at: read.ok ? { file } : read.at,
        hint: 'see the "Actions" tab for what GitHub says of it',
      });
      continue;
    }
    users.push(workflow);
    for (const job of workflow.jobs) {
      const call = job.uses === undefined ? undefined : callOf(workflow, job, definitions);
      if (call?.kind === 'call') calls.push(call.call);
      findings.push(...(call?.findings ?? []));
      findings.push(...stepFindings(workflow, job, definitions, context));
    }
  }
  if (users.length === 0 && findings.length === 0) {
    findings.push({
      status: 'warning',
      area: 'workflows',
      code: 'nothing-used',
      message: 'no workflow in .github/workflows uses infra-actions',
      hint: 'see "Use it" in the README of infra-actions',
    });
  }
  return { findings, calls, files: users };
}

type CallResult =
  | { readonly kind: 'call'; readonly call: Call; readonly findings: readonly Finding[] }
  | { readonly kind: 'none'; readonly findings: readonly Finding[] };

function callOf(file: WorkflowFile, job: WorkflowJob, definitions: Definitions): CallResult {
  const reference = ownReference(job.uses ?? '');
  if (reference?.kind !== 'workflow') return { kind: 'none', findings: [] };
  const at = file.yaml.at(['jobs', job.id, 'uses']);
  const { owner, name, ref } = reference;
  const called = definitions.workflows.get(name);
  if (called === undefined) {
    const names = [...definitions.workflows.keys()];
    const like = nearest(name, names);
    const hint = like === undefined ? `there are ${names.join(', ')}` : `did you mean "${like}"?`;
    const message = `infra-actions has no reusable workflow "${name}.yml"`;
    return {
      kind: 'none',
      findings: [{ ...problem, code: 'workflow-unknown', message, at, hint }],
    };
  }
  const found = [
    ...refFindings(ref, at),
    ...checkCall(file, job, called),
    ...checkTriggers(file, job, name),
  ];
  return {
    kind: 'call',
    call: { file, job, called, owner, ref },
    findings: found.length > 0 ? found : [fine(`job "${job.id}" calls ${name}.yml@${ref}`, at)],
  };
}

const problem = { status: 'problem', area: 'workflows' } as const;

function fine(what: string, at: Finding['at']): Finding {
  return {
    status: 'ok',
    area: 'workflows',
    code: 'use-fits',
    message: `${what}, and gives it what it needs`,
    ...(at === undefined ? {} : { at }),
  };
}

function refFindings(ref: string, at: Finding['at']): readonly Finding[] {
  if (ref !== 'main') return [];
  return [
    {
      ...problem,
      code: 'ref-without-bundles',
      message: '"@main" holds no bundles, so nothing there can run',
      ...(at === undefined ? {} : { at }),
      hint: 'use a release, such as "@v1" or the full SHA of one',
    },
  ];
}

function stepFindings(
  file: WorkflowFile,
  job: WorkflowJob,
  definitions: Definitions,
  context: { readonly rolesInConfiguration: boolean },
): readonly Finding[] {
  return job.steps.flatMap((step) => {
    const reference = ownReference(step.uses);
    if (reference?.kind !== 'action') return [];
    const at = file.yaml.at(['jobs', job.id, 'steps', step.index, 'uses']);
    const { name, ref } = reference;
    const action = definitions.actions.get(name);
    if (action === undefined) {
      const names = [...definitions.actions.keys()];
      const like = nearest(name, names);
      const hint = like === undefined ? `there are ${names.join(', ')}` : `did you mean "${like}"?`;
      const message = `infra-actions has no action "${name}"`;
      return [{ ...problem, code: 'action-unknown', message, at, hint }];
    }
    const found = [...refFindings(ref, at), ...checkStep(file, job, step, { action, ...context })];
    return found.length > 0 ? found : [fine(`job "${job.id}" uses ${name}@${ref}`, at)];
  });
}
