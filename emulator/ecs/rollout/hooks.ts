import { randomBytes } from 'node:crypto';
import type { DeploymentConfiguration, DeploymentLifecycleHook } from '@aws-sdk/client-ecs';
import type { Context } from '../context.js';
import type { HookRecord, TrafficShift } from '../model.js';
import { hookFateOf } from './hook-fates.js';
import type { LifecycleStage } from './stages.js';

// API reference, DeploymentLifecycleHookTimeoutConfiguration.
const DEFAULT_TIMEOUT_MINUTES = 1440;

/** What a hook's end leads to. */
export interface HookListener {
  resolved(): void;
  /** The deployment must roll back. */
  failed(hook: HookRecord): void;
}

export function isResolved(hook: HookRecord): boolean {
  return hook.status !== 'IN_PROGRESS' && hook.status !== 'AWAITING_ACTION';
}

/**
 * Starts every hook that names the stage; they run side by side, and all must end before the
 * deployment goes on (Developer Guide, "Lifecycle hooks for Amazon ECS service deployments").
 */
export function startHooks(
  context: Context,
  shift: TrafficShift,
  configuration: DeploymentConfiguration,
  stage: LifecycleStage,
  listener: HookListener,
): HookRecord[] {
  return (configuration.lifecycleHooks ?? [])
    .filter(({ lifecycleStages }) => lifecycleStages?.some((name) => name === stage))
    .map((hook) => startHook(context, shift, hook, stage, listener));
}

function startHook(
  context: Context,
  shift: TrafficShift,
  hook: DeploymentLifecycleHook,
  stage: LifecycleStage,
  listener: HookListener,
): HookRecord {
  const { timeoutInMinutes = DEFAULT_TIMEOUT_MINUTES, action = 'ROLLBACK' } =
    hook.timeoutConfiguration ?? {};
  const pauses = hook.targetType === 'PAUSE';
  const timeoutMs = timeoutInMinutes * 60_000;
  const record: HookRecord = {
    // The form of the id of a pause hook: Developer Guide, "Pause hooks for Amazon ECS service
    // deployments". That of a Lambda hook is ours.
    id: `ecs-${pauses ? 'pause' : 'lambda'}-${randomBytes(32).toString('base64url')}`,
    targetType: pauses ? 'PAUSE' : 'AWS_LAMBDA',
    targetArn: pauses ? undefined : hook.hookTargetArn,
    stage,
    status: pauses ? 'AWAITING_ACTION' : 'IN_PROGRESS',
    expiresAtMs: context.clock.now() + timeoutMs,
    timeoutAction: action,
  };
  const later = (delayMs: number, run: () => void): void => {
    shift.cancels.push(context.after(delayMs, run));
  };
  later(timeoutMs, () => {
    if (isResolved(record)) return;
    record.status = 'TIMED_OUT';
    if (record.timeoutAction === 'CONTINUE') listener.resolved();
    else listener.failed(record);
  });
  if (!pauses) invoke(context, record, later, listener);
  return record;
}

/**
 * Lets the function answer by its fate. IN_PROGRESS is asked again after 30 s, the default delay;
 * FAILED rolls back (Developer Guide, "Lambda hooks for Amazon ECS service deployments").
 */
function invoke(
  context: Context,
  hook: HookRecord,
  later: (delayMs: number, run: () => void) => void,
  listener: HookListener,
): void {
  let asked = 0;
  const ask = (): void => {
    if (isResolved(hook)) return;
    const fate = hookFateOf(context.state.hookFates, hook.targetArn ?? '');
    asked += 1;
    if (fate.then === 'never' || asked <= fate.inProgress) {
      later(context.timings.hookCallbackMs, ask);
      return;
    }
    hook.status = fate.then;
    if (fate.then === 'FAILED') listener.failed(hook);
    else listener.resolved();
  };
  later(context.timings.hookCallMs, ask);
}
