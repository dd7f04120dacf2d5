import type { Applied } from '../../effects.js';
import type { AnswerInputs } from '../../inputs/continue.js';
import type { Plan } from '../../plan.js';
import { failureOf, reportRollout, type Report, type Verdict } from '../../report.js';
import { messageOf, rolledBackAsAsked } from '../../report/message.js';
import { outcomeOf } from '../../result.js';
import type { PausedRollout } from './observe.js';

/**
 * Reports a rollout that was continued. A rollback that was asked for is a success, and one that
 * was asked for too late a failure.
 */
export function reportContinue(
  paused: PausedRollout,
  plan: Plan,
  applied: Applied,
  { decision }: Pick<AnswerInputs, 'decision'>,
): Report {
  const { observed } = paused;
  const late = applied.answeredTooLate || paused.hookId === undefined;
  return reportRollout(observed, plan, applied, verdictOf());

  function verdictOf(): Verdict {
    const outcome = outcomeOf(applied, plan.upToDate);
    const prefix = late ? 'somebody else had answered the pause: ' : '';
    const message = `${prefix}${messageOf(outcome, observed, applied)}`;
    if (decision === 'rollback' && (outcome === 'stopped' || outcome === 'rolled-back')) {
      return {
        outcome: 'rolled-back',
        message: `${prefix}${rolledBackAsAsked(observed, applied)}`,
        failure: undefined,
      };
    }
    if (decision === 'rollback' && outcome === 'succeeded') {
      return {
        outcome,
        message: `the rollback was asked for too late, ${message}`,
        failure: { code: 'rollback-too-late' },
      };
    }
    return { outcome, message, failure: failureOf(outcome, applied) };
  }
}
