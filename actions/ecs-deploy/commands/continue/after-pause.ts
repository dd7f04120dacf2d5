import type { JsonObject } from '../../model.js';
import type { Observed, Step } from '../../plan.js';
import { releaseCurrent, releaseFacts } from '../../release-steps.js';
import { cleanUp } from '../../revisions/clean-up.js';
import { planAround } from '../../tasks/around.js';

/**
 * What the deploy that paused had still to do once its rollout has succeeded: `definition` is what
 * the service runs then.
 *
 * @throws UserError as `planAround` does
 */
export function stepsAfterPause(
  observed: Observed,
  definition: JsonObject,
  keepRevisions: number | undefined,
): readonly Step[] {
  const around = planAround({ ...observed, definition, rollsOut: false, concludes: true });
  return [
    ...around.after,
    ...releaseCurrent(releaseFacts(observed), false),
    ...around.last,
    ...cleanUp(observed, new Set(), keepRevisions),
  ];
}
