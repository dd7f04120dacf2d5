import { shortName, type ServiceDeployment } from '../model.js';
import { describePause } from './hooks.js';
import { primaryOf } from '../primary.js';
import type { Judgement, Sight } from './judge.js';
import { describeStage } from './stages.js';

/** One line about where the rollout stands; it changes only when something did. */
export function describeProgress(sight: Sight, judgement: Judgement): string {
  const { own, service, serviceDeployment } = sight;
  const mine = service.deployments.find(({ id }) => id === own.id);
  const definition = shortName(own.taskDefinitionArn);
  const counts = serviceDeployment?.target;
  const running = mine?.runningCount ?? counts?.running ?? 0;
  const wanted = mine?.desiredCount ?? counts?.requested ?? service.desiredCount;
  const pending = mine?.pendingCount ?? counts?.pending ?? 0;
  const old = service.deployments
    .filter(({ id }) => id !== own.id)
    .reduce((sum, deployment) => sum + deployment.runningCount, 0);
  const breaker = serviceDeployment?.breaker;
  const failed = Math.max(mine?.failedTasks ?? 0, breaker?.failureCount ?? 0);
  const limit =
    breaker?.threshold === undefined || breaker.status === 'DISABLED'
      ? ''
      : ` (circuit breaker at ${breaker.threshold})`;
  const parts = [
    `${running} of ${wanted} tasks running`,
    pending === 0 ? '' : `${pending} starting`,
    old === 0 ? '' : `${old} old`,
    failed === 0 ? '' : `${failed} failed${limit}`,
  ].filter((part) => part !== '');
  return `${definition} ${phaseName(judgement, sight)}: ${parts.join(', ')}`;
}

function phaseName(judgement: Judgement, { own, service, serviceDeployment }: Sight): string {
  if (judgement.kind === 'ended') return judgement.outcome;
  if (judgement.phase === 'paused') return `paused${describePause(judgement.hook)}`;
  if (judgement.phase === 'starting' || judgement.phase === 'rolling-out')
    return `${judgement.phase.replace('-', ' ')}${stageOf(serviceDeployment)}`;
  const primary = primaryOf(service);
  const verb = judgement.phase === 'stopping' ? 'stopped, rolling back' : 'rolling back';
  return primary === undefined || primary.id === own.id
    ? verb
    : `${verb} to ${shortName(primary.taskDefinitionArn)}`;
}

function stageOf(deployment: ServiceDeployment | undefined): string {
  const stage = deployment?.shift === undefined ? undefined : describeStage(deployment.shift);
  return stage === undefined ? '' : ` (${stage})`;
}
