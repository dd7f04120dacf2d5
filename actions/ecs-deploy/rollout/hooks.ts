import type { LifecycleHook, ServiceDeployment } from '../model.js';

/** A lifecycle hook with the stage that it runs in, as far as that is known. */
export interface SeenHook extends LifecycleHook {
  readonly stage: string | undefined;
  /** It was started by a rollback, and so is not the reason of that. */
  readonly ofRollback: boolean;
}

/**
 * Adds what a look at the deployment shows of its hooks to what was known of them: AWS shows a
 * hook only while its stage lasts, and a rollback leaves the stage.
 */
export function rememberHooks(
  known: readonly SeenHook[],
  { status, shift }: Pick<ServiceDeployment, 'status' | 'shift'>,
): readonly SeenHook[] {
  if (shift === undefined) return known;
  const seen = new Map(known.map((hook) => [hook.id, hook]));
  for (const hook of shift.hooks) {
    const configured = shift.configuredHooks
      .filter(({ kind, targetArn }) => kind === hook.kind && targetArn === hook.targetArn)
      .flatMap(({ stages }) => stages);
    const only = configured.length === 1 ? configured[0] : undefined;
    const forward = status === 'IN_PROGRESS';
    const known = seen.get(hook.id);
    seen.set(hook.id, {
      ...hook,
      stage: known?.stage ?? (forward ? shift.stage : only),
      // One that made ECS roll back has ended before that.
      ofRollback: known?.ofRollback ?? (!forward && hook.status === 'IN_PROGRESS'),
    });
  }
  return [...seen.values()];
}

/**
 * Whether ECS rolls back because of this hook. A pause that a person ends with a rollback is no
 * failure, and some hooks run during a rollback too (Developer Guide, "Lifecycle hooks for Amazon ECS service deployments").
 */
export function isFailedHook({ kind, status, timeoutAction, ofRollback }: SeenHook): boolean {
  if (ofRollback) return false;
  if (status === 'TIMED_OUT') return timeoutAction !== 'CONTINUE';
  return kind === 'lambda' && status === 'FAILED';
}

/**
 * Whether a service event says that a hook of this deployment failed: words seen in
 * aws/containers-roadmap#2664, for when ECS shows the hook no more.
 */
export function saysHookFailed(message: string, deploymentId: string): boolean {
  return message.includes(deploymentId) && message.includes('hook execution failure');
}

/** The pause that waits for somebody to continue or to roll back. */
export function awaitingPause(
  hooks: readonly SeenHook[],
  deployment: ServiceDeployment,
): SeenHook | undefined {
  if (deployment.status !== 'IN_PROGRESS') return undefined;
  const current = new Set(deployment.shift?.hooks.map(({ id }) => id));
  return hooks.find(
    ({ id, kind, status }) => current.has(id) && kind === 'pause' && status === 'AWAITING_ACTION',
  );
}

/** ` in STAGE until TIME, when ECS rolls back`, as far as it is known. */
export function describePause({ stage, expiresAtMs, timeoutAction }: SeenHook): string {
  const where = stage === undefined ? '' : ` in ${stage}`;
  if (expiresAtMs === undefined) return where;
  const then = timeoutAction === 'CONTINUE' ? 'goes on by itself' : 'rolls back';
  return `${where} until ${new Date(expiresAtMs).toISOString()}, when ECS ${then}`;
}

/** What went wrong with a hook, and where to look. */
export function describeFailedHook(hook: SeenHook): {
  readonly cause: string;
  readonly hint?: string;
} {
  const where = hook.stage === undefined ? '' : ` in ${hook.stage}`;
  const expired =
    hook.expiresAtMs === undefined ? '' : ` (${new Date(hook.expiresAtMs).toISOString()})`;
  if (hook.kind === 'pause') {
    return {
      cause: `nobody answered the pause${where} before it expired${expired}`,
      hint: 'continue it in time, or give the PAUSE hook a longer timeoutConfiguration',
    };
  }
  const name = functionName(hook.targetArn ?? '');
  return {
    cause:
      hook.status === 'TIMED_OUT'
        ? `the lifecycle hook ${name}${where} gave no verdict before it expired${expired}`
        : `the lifecycle hook ${name} failed${where}`,
    hint: `what the function logged is in /aws/lambda/${name}`,
  };
}

/** `arn:aws:lambda:region:account:function:NAME[:qualifier]` */
function functionName(arn: string): string {
  return arn.split(':')[6] ?? arn;
}
