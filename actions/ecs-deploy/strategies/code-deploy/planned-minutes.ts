import { OperationError } from '../../../shared/errors.js';
import { isAccessDenied } from '../../aws/calls.js';
import type { DeployPorts } from '../../ports.js';
import { linearWaits } from '../../rollout/shift-settings.js';
import type { CodeDeployment, TrafficRouting } from './model.js';
import type { Termination } from './steps.js';

/** Minutes that a deployment waits between its shifts of traffic: the first comes at once. */
export function shiftMinutes(routing: TrafficRouting): number {
  switch (routing.kind) {
    case 'all-at-once':
      return 0;
    case 'canary':
      return routing.intervalMinutes;
    case 'linear':
      return linearWaits(routing.percent) * routing.intervalMinutes;
  }
}

/**
 * The routing of a configuration that AWS made, whose name says it; `undefined` for any other
 * (User Guide, "Predefined deployment configurations for an Amazon ECS compute platform").
 */
export function predefinedRouting(config: string): TrafficRouting | undefined {
  const found =
    /^CodeDeployDefault\.ECS(?:AllAtOnce|(Canary|Linear)(\d+)Percent(?:Every)?(\d+)Minutes)$/.exec(
      config,
    );
  if (found === null) return undefined;
  const [, kind, percent, minutes] = found;
  return kind === undefined
    ? { kind: 'all-at-once' }
    : {
        kind: kind === 'Canary' ? 'canary' : 'linear',
        percent: Number(percent),
        intervalMinutes: Number(minutes),
      };
}

/**
 * Minutes that a deployment waits by its own settings, while we wait for it: between its shifts of
 * traffic, and for the end of the old tasks where that is waited for. A configuration that cannot
 * be read counts as none; that the role may not is told once.
 */
export function openPlannedMinutes(
  { codeDeploy, log }: Pick<DeployPorts, 'codeDeploy' | 'log'>,
  termination: Termination,
): (deployment: CodeDeployment) => Promise<number> {
  const known = new Map<string, number>();
  const shift = async (config: string): Promise<number> => {
    const before = known.get(config);
    if (before !== undefined) return before;
    try {
      const routing = predefinedRouting(config) ?? (await codeDeploy.routing(config));
      known.set(config, shiftMinutes(routing));
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      if (!isAccessDenied(thrown)) return 0;
      log.warning(
        `${thrown.message}; the time that ${config} takes is not added to the time limit`,
      );
      known.set(config, 0);
    }
    return known.get(config) ?? 0;
  };
  return async ({ config, terminationWaitMinutes }) =>
    (config === undefined ? 0 : await shift(config)) +
    (termination === 'wait' ? terminationWaitMinutes : 0);
}
