import type {
  DeploymentConfiguration,
  DeploymentLifecycleHookStage,
  ServiceDeploymentLifecycleStage,
} from '@aws-sdk/client-ecs';

/** A stage that a service deployment can be in, or that a hook can name. */
export type LifecycleStage = ServiceDeploymentLifecycleStage | DeploymentLifecycleHookStage;

/** One stage on the way of a deployment that shifts traffic. */
export interface StageStep {
  readonly stage: LifecycleStage;
  /** Percentage of production traffic that goes to the new revision from here on. */
  readonly production?: number;
  /** Percentage of test traffic that goes to the new revision from here on. */
  readonly test?: number;
  /** Minutes to wait in this stage once its work is done. */
  readonly holdMinutes?: number;
}

// Defaults: API reference, CanaryConfiguration and LinearConfiguration.
export const DEFAULT_CANARY = { canaryPercent: 5, canaryBakeTimeInMinutes: 10 } as const;
export const DEFAULT_LINEAR = { stepPercent: 10, stepBakeTimeInMinutes: 6 } as const;

/**
 * The stages of a deployment in AWS's order (API reference, ServiceDeployment, `lifecycleStage`;
 * Developer Guide, "Amazon ECS blue/green service deployments workflow").
 *
 * `PRE_PRODUCTION_TRAFFIC_SHIFT` and `PRODUCTION_TRAFFIC_SHIFT` come once for each step of a
 * linear or canary deployment (API reference, DeploymentLifecycleHook). That a step's bake time
 * passes in `PRODUCTION_TRAFFIC_SHIFT`, and that a first deployment, which has no old revision,
 * takes all traffic at once and does not bake, are assumptions.
 */
export function stagesOf(
  configuration: DeploymentConfiguration,
  facts: {
    /** There is an old revision. */
    readonly replaces: boolean;
    /** More than one old revision is active. */
    readonly reconciles: boolean;
  },
): readonly StageStep[] {
  const shifts: readonly TrafficStep[] = facts.replaces
    ? trafficSteps(configuration)
    : [{ production: 100 }];
  return [
    ...(facts.reconciles ? [{ stage: 'RECONCILE_SERVICE' } as const] : []),
    { stage: 'PRE_SCALE_UP' },
    { stage: 'SCALE_UP' },
    { stage: 'POST_SCALE_UP' },
    { stage: 'TEST_TRAFFIC_SHIFT', test: 100 },
    { stage: 'POST_TEST_TRAFFIC_SHIFT' },
    ...shifts.flatMap((step): readonly StageStep[] => [
      { stage: 'PRE_PRODUCTION_TRAFFIC_SHIFT' },
      { stage: 'PRODUCTION_TRAFFIC_SHIFT', ...step },
    ]),
    { stage: 'POST_PRODUCTION_TRAFFIC_SHIFT' },
    {
      stage: 'BAKE_TIME',
      holdMinutes: facts.replaces ? (configuration.bakeTimeInMinutes ?? 0) : 0,
    },
    { stage: 'CLEAN_UP' },
  ];
}

interface TrafficStep {
  readonly production: number;
  readonly holdMinutes?: number;
}

function trafficSteps(configuration: DeploymentConfiguration): readonly TrafficStep[] {
  switch (configuration.strategy) {
    case 'CANARY': {
      const {
        canaryPercent = DEFAULT_CANARY.canaryPercent,
        canaryBakeTimeInMinutes = DEFAULT_CANARY.canaryBakeTimeInMinutes,
      } = configuration.canaryConfiguration ?? {};
      if (canaryPercent >= 100) return [{ production: 100 }];
      return [
        { production: canaryPercent, holdMinutes: canaryBakeTimeInMinutes },
        { production: 100 },
      ];
    }
    case 'LINEAR': {
      const {
        stepPercent = DEFAULT_LINEAR.stepPercent,
        stepBakeTimeInMinutes = DEFAULT_LINEAR.stepBakeTimeInMinutes,
      } = configuration.linearConfiguration ?? {};
      // Percentages are multiples of 0.1: counted in tenths, they add up exactly.
      const tenths = Math.round(stepPercent * 10);
      const steps: TrafficStep[] = [];
      for (let sum = tenths; sum < 1000; sum += tenths) {
        steps.push({ production: sum / 10, holdMinutes: stepBakeTimeInMinutes });
      }
      // "This bake time is not applied after reaching 100 percent traffic."
      return [...steps, { production: 100 }];
    }
    default:
      return [{ production: 100 }];
  }
}
