import { nearest } from '../../actions/terraform-layer/config/nearest.js';
import type { ActionDefinition } from '../workflows/definitions.js';
import type { UsedStep, WorkflowFile, WorkflowJob } from '../workflows/caller.js';
import { missingPermissions } from '../workflows/permissions.js';
import type { Finding } from './finding.js';
import { isGiven, literalText } from './values.js';

/** Whether a step that uses one of our actions gets what the action needs. */
export function checkStep(
  file: WorkflowFile,
  job: WorkflowJob,
  step: UsedStep,
  context: { readonly action: ActionDefinition; readonly rolesInConfiguration: boolean },
): readonly Finding[] {
  const { action, rolesInConfiguration } = context;
  const place = ['jobs', job.id, 'steps', step.index];
  const problem = (
    code: string,
    path: readonly (string | number)[],
    message: string,
    hint: string,
  ): Finding => ({
    status: 'problem',
    area: 'workflows',
    code,
    message,
    at: file.yaml.atKey([...place, ...path]),
    hint,
  });
  const findings: Finding[] = [];
  const known = Object.keys(action.inputs);
  for (const name of Object.keys(step.with)) {
    if (known.includes(name)) continue;
    const like = nearest(name, known);
    findings.push(
      problem(
        'input-unknown',
        ['with', name],
        `the action ${action.name} has no input "${name}": GitHub only warns, and it does nothing`,
        like === undefined ? `see actions/${action.name}/README.md` : `did you mean "${like}"?`,
      ),
    );
  }
  for (const [name, { required }] of Object.entries(action.inputs)) {
    if (!required || isGiven(step.with[name])) continue;
    findings.push(
      problem(
        'input-missing',
        ['uses'],
        `the step does not give the input "${name}", which ${action.name} requires`,
        `add "${name}" below "with"`,
      ),
    );
  }
  const takesRolesFromConfiguration =
    action.name === 'terraform-layer' &&
    !['check', 'graph'].includes(literalText(step.with['command']) ?? '');
  const assumes =
    isGiven(step.with['role-to-assume']) || (takesRolesFromConfiguration && rolesInConfiguration);
  const missing = missingPermissions({ 'id-token': 'write' }, job.permissions);
  if (assumes && missing.length > 0) {
    findings.push(
      problem(
        'permission-missing',
        ['uses'],
        `${action.name} assumes a role by OIDC, and the job "${job.id}" grants "id-token: none"`,
        'give the job "permissions:" with "id-token: write"',
      ),
    );
  }
  if (action.name === 'terraform-layer') findings.push(...checkCheckout(file, job, step, problem));
  return findings;
}

function checkCheckout(
  file: WorkflowFile,
  job: WorkflowJob,
  step: UsedStep,
  problem: (
    code: string,
    path: readonly (string | number)[],
    message: string,
    hint: string,
  ) => Finding,
): readonly Finding[] {
  const checkout = job.steps
    .filter(({ index, uses }) => index < step.index && uses.startsWith('actions/checkout@'))
    .at(-1);
  if (checkout === undefined) {
    return [
      problem(
        'checkout-missing',
        ['uses'],
        'terraform-layer works in the checkout, and no step before it makes one',
        'add a step with actions/checkout',
      ),
    ];
  }
  const command = literalText(step.with['command']);
  const byChange =
    'layers' in step.with
      ? literalText(step.with['layers']) === 'changed'
      : file.triggers.has('pull_request');
  // Absent is 1 (README of actions/checkout).
  const depth = literalText(checkout.with['fetch-depth'] ?? 1);
  if (depth === undefined) return [];
  const isShallow = command === 'apply' ? depth !== '0' : depth === '1';
  const looksBack = command === 'apply' || (command === 'plan' && byChange);
  if (!looksBack || !isShallow) return [];
  return [
    problem(
      'checkout-too-shallow',
      ['uses'],
      `the checkout has "fetch-depth: ${depth}": ${command === 'apply' ? 'an apply looks back to the last one of each environment' : 'a plan looks at what the change is against its base'}`,
      `give actions/checkout "fetch-depth: ${command === 'apply' ? '0' : '2'}"`,
    ),
  ];
}
