import type { AffectedReason } from '../graph/affected.js';
import type { StackReason } from '../choose-stacks.js';
import type { RunPlan } from '../plan.js';

/** What a run would do, wave by wave, with the reason for each stack. */
export function describePlan(plan: RunPlan): readonly string[] {
  const labels = new Map(plan.workspace.stacks.map(({ id, displayId }) => [id, displayId]));
  return plan.waves.flatMap(({ environment, stacks }) =>
    stacks.length === 0
      ? [`${environment}: nothing`]
      : [
          `${environment}:`,
          ...stacks.flatMap((wave, index) =>
            wave.map((id) => {
              const reason = plan.reasons.get(id);
              const why = reason === undefined ? '' : ` (${reasonText(reason)})`;
              return `  ${index + 1}. ${labels.get(id) ?? id}${why}`;
            }),
          ),
        ],
  );
}

function reasonText(reason: StackReason): string {
  switch (reason.kind) {
    case 'all':
      return 'all';
    case 'glob':
      return `matches ${reason.glob}`;
    case 'leg':
      return 'in this leg';
    case 'dependent':
      return 'reads a stack that is affected';
    case 'affected': {
      const [first] = reason.reasons;
      const more = reason.reasons.length > 1 ? ` and ${reason.reasons.length - 1} more` : '';
      return first === undefined ? 'affected' : `${affectedText(first)}${more}`;
    }
  }
}

function affectedText(reason: AffectedReason): string {
  switch (reason.kind) {
    case 'module':
      return `module ${reason.module} changed: ${reason.file}`;
    case 'never-applied':
      return 'never applied';
    case 'baseline-unknown':
      return reason.why === 'missing'
        ? `${reason.sha}, last applied, is not here`
        : `${reason.sha}, last applied, did not lead to this commit`;
    case 'state-changed':
      return stateChange(reason.by);
    case 'applied-again':
      return `taken up once more: ${reason.sha}`;
    default:
      return `${reason.kind.replaceAll('-', ' ')} changed: ${reason.file}`;
  }
}

function stateChange(by: string): string {
  switch (by) {
    case 'destroy':
      return 'destroyed since it was last applied';
    case 'apply':
      return 'an apply since has not reached its end';
    default:
      return 'its state was changed by hand since it was last applied';
  }
}
