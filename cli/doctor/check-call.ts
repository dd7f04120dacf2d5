import { nearest } from '../../actions/terraform-layer/config/nearest.js';
import type { CalledWorkflow, InputType } from '../workflows/definitions.js';
import type { WorkflowFile, WorkflowJob } from '../workflows/caller.js';
import { missingPermissions, type MissingPermission } from '../workflows/permissions.js';
import { groupCollisions } from './concurrency.js';
import type { Finding, FindingStatus } from './finding.js';
import { isExpression } from './values.js';

type Path = readonly (string | number)[];

/** Keys of a job that calls a workflow ("Reusing workflow configurations", supported keywords). */
const allowedKeys = new Set([
  ...['name', 'uses', 'with', 'secrets', 'strategy', 'needs', 'if', 'concurrency', 'permissions'],
]);

/** Whether a job grants and gives what the workflow that it calls asks for. */
export function checkCall(
  file: WorkflowFile,
  job: WorkflowJob,
  called: CalledWorkflow,
): readonly Finding[] {
  const finding = (
    status: FindingStatus,
    code: string,
    path: Path,
    message: string,
    hint: string,
  ): Finding => ({
    status,
    area: 'workflows',
    code,
    message,
    at: file.yaml.atKey(path),
    hint,
  });
  return [
    ...checkPermissions(job, called, finding),
    ...checkInputs(job, called, finding),
    ...checkSecrets(job, called, finding),
    ...checkKeys(job, finding),
    ...checkConcurrency(file, job, called, finding),
  ];
}

type Say = (
  status: 'warning' | 'problem',
  code: string,
  path: Path,
  message: string,
  hint: string,
) => Finding;

function checkPermissions(job: WorkflowJob, called: CalledWorkflow, say: Say): readonly Finding[] {
  const missing = missingPermissions(called.permissions, job.permissions);
  if (missing.length === 0) return [];
  const byDefault =
    job.permissions === undefined
      ? ' (neither the job nor the workflow names permissions, and what it then has is a setting of the repository)'
      : '';
  const path = inJob(job, ...(job.keys.includes('permissions') ? ['permissions'] : []));
  return [
    say(
      'problem',
      'permission-missing',
      path,
      `GitHub refuses to start: the job "${job.id}" grants ${levels(missing, 'granted')}, and ${called.name}.yml asks for ${levels(missing, 'wanted')}${byDefault}`,
      `give the job "permissions:" with ${Object.entries(called.permissions)
        .map(([scope, level]) => `"${scope}: ${level}"`)
        .join(', ')}`,
    ),
  ];
}

function levels(missing: readonly MissingPermission[], side: 'granted' | 'wanted'): string {
  return missing.map((one) => `"${one.scope}: ${one[side]}"`).join(', ');
}

function checkInputs(job: WorkflowJob, called: CalledWorkflow, say: Say): readonly Finding[] {
  const known = Object.keys(called.inputs);
  const missing = Object.entries(called.inputs)
    .filter(([name, { required }]) => required && !(name in job.with))
    .map(([name]) =>
      say(
        'problem',
        'input-missing',
        inJob(job, ...(job.keys.includes('with') ? ['with'] : [])),
        `the job "${job.id}" does not give the input "${name}", which ${called.name}.yml requires`,
        `add "${name}" below "with"`,
      ),
    );
  const given = Object.entries(job.with).flatMap(([name, value]) => {
    const input = called.inputs[name];
    const path = inJob(job, 'with', name);
    if (input === undefined) {
      return [say('problem', 'input-unknown', path, ...unknown('input', name, known, called.name))];
    }
    if (isExpression(value) || fits(input.type, value)) return [];
    return [
      say(
        'problem',
        'input-of-wrong-type',
        path,
        `the input "${name}" of ${called.name}.yml is a ${input.type}, and ${JSON.stringify(value)} is none`,
        input.type === 'string' ? 'write a text' : `write a ${input.type} without quotes`,
      ),
    ];
  });
  return [...missing, ...given];
}

/** GitHub takes a number or boolean for a text as well, and nothing else for the other types. */
function fits(type: InputType, value: unknown): boolean {
  if (type === 'string') return typeof value !== 'object' || value === null;
  return typeof value === type;
}

function checkSecrets(job: WorkflowJob, called: CalledWorkflow, say: Say): readonly Finding[] {
  const { secrets } = job;
  if (secrets === 'inherit') return [];
  const missing = Object.entries(called.secrets)
    .filter(([name, { required }]) => required && !(name in secrets))
    .map(([name]) =>
      say(
        'problem',
        'secret-missing',
        inJob(job, ...(job.keys.includes('secrets') ? ['secrets'] : [])),
        `the job "${job.id}" does not give the secret "${name}", which ${called.name}.yml requires`,
        `add "${name}" below "secrets", or write "secrets: inherit"`,
      ),
    );
  const known = Object.keys(called.secrets);
  const given = Object.keys(secrets)
    .filter((name) => !known.includes(name))
    .map((name) =>
      say(
        'problem',
        'secret-unknown',
        inJob(job, 'secrets', name),
        ...unknown('secret', name, known, called.name),
      ),
    );
  return [...missing, ...given];
}

function unknown(
  kind: 'input' | 'secret',
  name: string,
  known: readonly string[],
  called: string,
): readonly [message: string, hint: string] {
  const like = nearest(name, known);
  return [
    `GitHub refuses to start: ${called}.yml has no ${kind} "${name}"`,
    like === undefined ? `see docs/reference/${called}.md` : `did you mean "${like}"?`,
  ];
}

function checkKeys(job: WorkflowJob, say: Say): readonly Finding[] {
  return job.keys
    .filter((key) => !allowedKeys.has(key))
    .map((key) =>
      say(
        'problem',
        'key-not-allowed',
        inJob(job, key),
        `GitHub refuses to start: a job that calls a workflow has no "${key}"`,
        key === 'environment'
          ? 'drop it: the called workflow names the environments itself'
          : 'drop it',
      ),
    );
}

function checkConcurrency(
  file: WorkflowFile,
  job: WorkflowJob,
  called: CalledWorkflow,
  say: Say,
): readonly Finding[] {
  const collisions = groupCollisions(file, job, called);
  const found = collisions.map(({ group, calledJob, certain, level }) =>
    say(
      certain ? 'problem' : 'warning',
      'concurrency-deadlock',
      level === 'workflow' ? ['concurrency'] : inJob(job, 'concurrency'),
      `the concurrency group "${group}" of the ${level} ${certain ? 'is' : 'can become'} that of the job "${calledJob}" of ${called.name}.yml: GitHub cancels the run for a deadlock`,
      'drop "concurrency": the called jobs queue by themselves',
    ),
  );
  if (found.length > 0 || !waitsForApproval.has(called.name)) return found;
  const ofWorkflow = file.concurrencyGroup !== undefined;
  if (!ofWorkflow && job.concurrencyGroup === undefined) return [];
  return [
    say(
      'warning',
      'concurrency-around-approval',
      ofWorkflow ? ['concurrency'] : inJob(job, 'concurrency'),
      `the ${ofWorkflow ? 'workflow' : 'job'} has a concurrency group: a run that waits for an approval holds it, and of the runs behind it GitHub keeps only the newest`,
      'drop "concurrency": the called jobs queue by themselves',
    ),
  ];
}

function inJob({ id }: WorkflowJob, ...path: readonly string[]): Path {
  return ['jobs', id, ...path];
}

const waitsForApproval = new Set(['terraform-apply', 'deploy-service']);
