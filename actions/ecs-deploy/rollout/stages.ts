import type { TrafficShift } from '../model.js';

/** One stage of a deployment that shifts traffic, by AWS's clock as far as looks at it tell. */
export interface StageSpan {
  readonly stage: string;
  /** Of the new revision. */
  readonly productionPercent: number | undefined;
  readonly fromMs: number;
}

const strategyNames: Readonly<Record<string, string>> = {
  BLUE_GREEN: 'blue-green',
  LINEAR: 'linear',
  CANARY: 'canary',
  ROLLING: 'rolling',
};

/** The name that contracts give a strategy of ECS; an unknown one stays as it is. */
export function strategyName(strategy: string): string {
  return strategyNames[strategy] ?? strategy;
}

/** What happens in the current stage: `canary: 5 % of traffic, bakes 10 min`. */
export function describeStage(shift: TrafficShift): string | undefined {
  if (shift.stage === undefined) return undefined;
  const text = stageText(shift, shift.stage);
  return `${strategyName(shift.strategy)}: ${text}`;
}

// The stages are described in the API reference, "ServiceDeployment", `lifecycleStage`.
function stageText(shift: TrafficShift, stage: string): string {
  const { productionPercent, bakeMinutes, stepBakeMinutes } = shift;
  switch (stage) {
    case 'RECONCILE_SERVICE':
      return 'clears away what an earlier deployment left';
    case 'PRE_SCALE_UP':
      return 'about to start the new tasks';
    case 'SCALE_UP':
      return 'starts the new tasks';
    case 'POST_SCALE_UP':
      return 'the new tasks are up, without traffic';
    case 'TEST_TRAFFIC_SHIFT':
      return 'test traffic shifts to the new tasks';
    case 'POST_TEST_TRAFFIC_SHIFT':
      return 'test traffic shifted';
    case 'PRE_PRODUCTION_TRAFFIC_SHIFT':
      return productionPercent === undefined
        ? 'about to shift production traffic'
        : `about to shift production traffic, at ${productionPercent} % now`;
    case 'PRODUCTION_TRAFFIC_SHIFT':
      if (productionPercent === undefined) return 'production traffic shifts';
      return productionPercent < 100 && stepBakeMinutes > 0
        ? `${productionPercent} % of traffic, bakes ${stepBakeMinutes} min`
        : `${productionPercent} % of traffic`;
    case 'POST_PRODUCTION_TRAFFIC_SHIFT':
      return 'production traffic shifted';
    case 'BAKE_TIME':
      return bakeMinutes > 0 ? `bakes ${bakeMinutes} min, the old tasks stay` : 'bakes';
    case 'CLEAN_UP':
      return 'removes the old tasks';
    default:
      return stage;
  }
}

const order = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
];

/** Whether a deployment in the stage `now` has been in the stage `earlier` and left it. */
export function hasPassed(earlier: string, now: string | undefined): boolean {
  const at = order.indexOf(earlier);
  return now !== undefined && at !== -1 && at < order.indexOf(now);
}

/** Adds the current stage where it is a new one. `atMs`: of the look, where AWS gives no time. */
export function noteStage(
  spans: readonly StageSpan[],
  shift: TrafficShift | undefined,
  atMs: number,
): readonly StageSpan[] {
  if (shift?.stage === undefined) return spans;
  const { stage, productionPercent, updatedAtMs } = shift;
  const last = spans.at(-1);
  if (last?.stage === stage && last.productionPercent === productionPercent) return spans;
  return [...spans, { stage, productionPercent, fromMs: updatedAtMs ?? atMs }];
}
