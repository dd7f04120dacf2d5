import { bullets, code, paragraph, type Block } from '../../shared/markdown.js';
import { shortName } from '../model.js';
import type { Plan, Step } from '../plan.js';
import { describeCodeDeployStep } from '../strategies/code-deploy/report.js';
import { describeAroundStep, isAroundStep } from '../tasks/around.js';

export function stepList(plan: Plan): Block {
  return plan.steps.length === 0
    ? paragraph('none')
    : bullets(plan.steps.map((step) => [code(describeStep(step))]));
}

/** One step in words, for the dry run and the summary. */
export function describeStep(step: Step): string {
  if (isAroundStep(step)) return describeAroundStep(step);
  switch (step.kind) {
    case 'write-release-starting':
    case 'write-release-current':
      return `${step.kind} ${step.path}: ${step.reason}`;
    case 'register-task-definition': {
      const changes = step.changes.slice(0, 20).map(({ kind, path }) => `${path} ${kind}`);
      const more = step.changes.length > 20 ? `, and ${step.changes.length - 20} more` : '';
      return `${step.kind} in family ${step.family}: ${step.reason} (${changes.join(', ')}${more})`;
    }
    case 'update-service': {
      const count = step.desiredCount === undefined ? '' : `, desired count ${step.desiredCount}`;
      const force = step.forceNewDeployment ? ', forced' : '';
      const settings =
        step.deploymentConfiguration === undefined ? '' : ', with the settings of the contract';
      return `${step.kind} to ${step.taskDefinitionArn === undefined ? 'the new revision' : shortName(step.taskDefinitionArn)}${count}${force}${settings}: ${step.reason}`;
    }
    case 'continue-service-deployment':
      return `${step.kind} with ${step.decision.toUpperCase()}, hook ${step.hookId}: ${step.reason}`;
    case 'stop-deployment':
    case 'follow':
      return `${step.kind}: ${step.reason}`;
    case 'create-deployment':
    case 'stop-code-deploy':
    case 'continue-code-deploy':
    case 'set-desired-count':
    case 'follow-code-deploy':
    case 'follow-tasks':
      return describeCodeDeployStep(step);
    case 'deregister-revisions': {
      const { revisions } = step;
      if (revisions === undefined) return `${step.kind} ${step.reason}`;
      const which = revisions.length === 0 ? 'none' : revisions.map(shortName).join(', ');
      return `${step.kind} ${which}: ${step.reason}`;
    }
  }
}
