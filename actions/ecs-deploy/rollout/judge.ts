import type { Deployment, Service, ServiceDeployment, ServiceDeploymentBrief } from '../model.js';
import { primaryOf } from '../primary.js';
import { awaitingPause, isFailedHook, saysHookFailed, type SeenHook } from './hooks.js';

/** The deployment that our own update created. */
export interface OwnDeployment {
  /** `ecs-svc/…` */
  readonly id: string;
  readonly taskDefinitionArn: string;
  readonly createdAtMs: number;
}

/** One look at the service. */
export interface Sight {
  readonly own: OwnDeployment;
  readonly service: Service;
  /** Ours; absent until it is found, or where the role may not read service deployments. */
  readonly serviceDeployment: ServiceDeployment | undefined;
  /** A service deployment that began after ours. */
  readonly newer: ServiceDeploymentBrief | undefined;
  /** Our deployment has been seen to fail, in this look or an earlier one. */
  readonly failedBefore: boolean;
  /** Looks since it was seen to fail while ECS does not go back, this one included. */
  readonly looksSinceFailure: number;
  /** Lifecycle hooks seen so far, in this look or an earlier one. */
  readonly hooks: readonly SeenHook[];
  /** DescribeServices has shown our deployment: ECS answers are eventually consistent. */
  readonly ownSeen: boolean;
}

export type RolloutOutcome = 'succeeded' | 'failed' | 'rolled-back' | 'superseded' | 'stopped';

export type Judgement =
  | {
      readonly kind: 'going';
      /** `stopping`: by hand; `rolling-back`: ECS found a failure. */
      readonly phase: 'starting' | 'rolling-out' | 'rolling-back' | 'stopping';
    }
  /** A PAUSE hook waits for somebody to continue or to roll back. */
  | { readonly kind: 'going'; readonly phase: 'paused'; readonly hook: SeenHook }
  | { readonly kind: 'ended'; readonly outcome: RolloutOutcome; readonly statusReason?: string };

/**
 * Judges our own deployment by its service deployment, or by DescribeServices where that cannot
 * be read. The count of deployments or tasks is no evidence: another deployment, a rollback or a
 * scale to 0 makes a failed one look stable.
 *
 * Source: ECS API reference, "ServiceDeployment"; Developer Guide, "View service history using
 * Amazon ECS service deployments" and "How the Amazon ECS deployment circuit breaker detects
 * failures".
 */
export function judge(sight: Sight): Judgement {
  return sight.serviceDeployment === undefined
    ? judgeByService(sight)
    : judgeByServiceDeployment(sight, sight.serviceDeployment);
}

/**
 * A failure that ECS itself detected. A deployment has no other way back than this and a decision
 * by hand.
 */
function failureDetected(deployment: ServiceDeployment, { hooks, own, service }: Sight): boolean {
  const { breaker, triggeredAlarms, rollback } = deployment;
  return (
    breaker.status === 'TRIGGERED' ||
    triggeredAlarms.length > 0 ||
    hooks.some(isFailedHook) ||
    service.events.some(({ message }) => saysHookFailed(message, own.id)) ||
    /circuit breaker|alarm|hook/i.test(rollback?.reason ?? '')
  );
}

function judgeByServiceDeployment(sight: Sight, deployment: ServiceDeployment): Judgement {
  const ended = (outcome: RolloutOutcome): Judgement => ({
    kind: 'ended',
    outcome,
    ...(deployment.statusReason === undefined ? {} : { statusReason: deployment.statusReason }),
  });
  const detected = failureDetected(deployment, sight);
  switch (deployment.status) {
    case 'SUCCESSFUL':
      return ended('succeeded');
    case 'ROLLBACK_SUCCESSFUL':
      return ended(detected ? 'rolled-back' : 'stopped');
    case 'ROLLBACK_FAILED':
      return ended('failed');
    case 'STOPPED':
      if (detected) return ended('failed');
      return ended(sight.newer === undefined ? 'stopped' : 'superseded');
    case 'ROLLBACK_REQUESTED':
    case 'ROLLBACK_IN_PROGRESS':
    case 'STOP_REQUESTED':
      return { kind: 'going', phase: detected ? 'rolling-back' : 'stopping' };
    default: {
      if (sight.newer !== undefined && primaryOf(sight.service)?.id !== sight.own.id) {
        return ended('superseded');
      }
      // Whether ECS ends the service deployment of a breaker without rollback is not documented.
      if (deployment.breaker.status === 'TRIGGERED' || sight.failedBefore) {
        return mayYetGoBack(sight) ? { kind: 'going', phase: 'rolling-back' } : ended('failed');
      }
      const pause = awaitingPause(sight.hooks, deployment);
      if (pause !== undefined) return { kind: 'going', phase: 'paused', hook: pause };
      return {
        kind: 'going',
        phase: deployment.status === 'PENDING' ? 'starting' : 'rolling-out',
      };
    }
  }
}

/** How many looks ECS may take to begin a rollback. */
const patience = 12;

/**
 * Whether a rollback may still come. Without a completed deployment to go back to the failed one is
 * stalled (Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures").
 */
function mayYetGoBack({ service, looksSinceFailure }: Sight): boolean {
  return service.rollsBack && looksSinceFailure <= patience;
}

function judgeByService(sight: Sight): Judgement {
  const { own, service, failedBefore, ownSeen, newer } = sight;
  const mine = service.deployments.find(({ id }) => id === own.id);
  const primary = primaryOf(service);
  const ended = (outcome: RolloutOutcome, from: Deployment | undefined): Judgement => ({
    kind: 'ended',
    outcome,
    ...(from?.rolloutStateReason === undefined ? {} : { statusReason: from.rolloutStateReason }),
  });
  if (mine?.rolloutState === 'COMPLETED') return ended('succeeded', mine);
  if (mine?.rolloutState === 'FAILED' || failedBefore) {
    if (primary === undefined || primary.id === own.id) {
      return mayYetGoBack(sight) ? { kind: 'going', phase: 'rolling-back' } : ended('failed', mine);
    }
    if (!service.rollsBack) return ended('failed', mine);
    if (primary.rolloutState === 'COMPLETED') return ended('rolled-back', mine ?? primary);
    if (primary.rolloutState === 'FAILED') return ended('failed', primary);
    return { kind: 'going', phase: 'rolling-back' };
  }
  if (newer !== undefined) return ended('superseded', primary);
  if (primary === undefined || primary.id === own.id)
    return { kind: 'going', phase: 'rolling-out' };
  if (primary.createdAtMs > own.createdAtMs) return ended('superseded', primary);
  // An older one is primary again without a failure: by hand, or an answer from before our update.
  return ownSeen ? ended('stopped', primary) : { kind: 'going', phase: 'starting' };
}

/** Whether a service deployment has not ended; `hasEnded` of the API's statuses. */
export function isGoing(status: string): boolean {
  return !['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'].includes(status);
}
