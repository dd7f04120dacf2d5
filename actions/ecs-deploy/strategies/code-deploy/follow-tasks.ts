import type { DeployPorts } from '../../ports.js';
import { primaryTaskSet } from '../../primary.js';
import { diagnose, type Diagnosis } from '../../rollout/diagnosis.js';
import { collectEvidence, type Evidence } from '../../rollout/evidence.js';
import type { Followed } from '../../rollout/follow.js';
import { eventsSince, lookAtService } from '../../rollout/looks.js';
import { createCodeDeployNarrator } from './narrator.js';
import { outcomeOfPoll, poll } from './polling.js';
import type { CodeDeployFollowRequest } from './follow.js';

type Request = Pick<
  CodeDeployFollowRequest,
  | 'cluster'
  | 'serviceName'
  | 'taskDefinitionArn'
  | 'definition'
  | 'logLines'
  | 'knownEventIds'
  | 'pollIntervalSeconds'
  | 'timeoutMinutes'
  | 'service'
>;
type Ports = Pick<DeployPorts, 'ecs' | 'logs' | 'log' | 'clock' | 'random' | 'signal'>;

/**
 * Follows the tasks of the primary task set until all run and are healthy. Nothing else judges
 * them: the deployment is over, and a CODE_DEPLOY service has no circuit breaker. As many failures
 * as would trip one are a failure (Developer Guide, "How the Amazon ECS deployment circuit breaker
 * detects failures").
 */
export async function followTasks(
  ports: Ports,
  request: Request,
  desiredCount: number,
): Promise<Followed> {
  const startedMs = ports.clock.now();
  const narrator = createCodeDeployNarrator(ports);
  const threshold = Math.min(200, Math.max(3, Math.ceil(desiredCount / 2)));
  let evidence: Evidence | undefined;
  let line = '';

  const { pollIntervalSeconds, timeoutMinutes } = request;
  const deadlineMs = (): number => startedMs + timeoutMinutes * 60_000;
  const look = () => lookAtService(ports, request);
  const polled = await poll(ports, { pollIntervalSeconds, deadlineMs }, look, async (service) => {
    const primary = primaryTaskSet(service);
    if (primary === undefined) return undefined;
    const { runningCount, steady } = primary;
    const now = `${runningCount} of ${desiredCount} tasks running`;
    if (now !== line) ports.log.info(now);
    line = now;
    if (steady && primary.desiredCount === desiredCount && runningCount === desiredCount) {
      return 'succeeded';
    }
    evidence ??= collectEvidence(ports, { ...request, deploymentId: primary.id });
    narrator.failedTasks(await evidence.gather(false));
    return evidence.failedTasks.length >= threshold ? 'failed' : undefined;
  });

  const outcome = outcomeOfPoll(polled);
  if (outcome !== 'cancelled') await evidence?.complete();
  const service = polled.sight ?? request.service;
  const events = eventsSince(service, request.knownEventIds);
  const failedTasks = evidence?.failedTasks ?? [];
  const explain = (): Diagnosis =>
    diagnose({
      definition: request.definition,
      failedTasks,
      events,
      serviceDeployment: undefined,
      statusReason: undefined,
    });
  return {
    outcome,
    service,
    serviceDeployment: undefined,
    diagnosis: outcome === 'failed' || outcome === 'timed-out' ? explain() : undefined,
    failedTasks,
    events,
    statusReason: polled.kind === 'lost' ? polled.error.message : undefined,
    supersededBy: undefined,
    durationSeconds: (ports.clock.now() - startedMs) / 1000,
    pause: undefined,
    stages: [],
    gaveUp: undefined,
  };
}
