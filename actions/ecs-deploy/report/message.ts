import type { Applied } from '../effects.js';
import { shortName } from '../model.js';
import type { Observed } from '../plan.js';
import type { Outcome } from '../result.js';
import { explainDiagnosis, type Diagnosis } from '../rollout/diagnosis.js';
import { takenBackMessage } from '../rollout/first-release.js';
import type { Followed } from '../rollout/follow.js';
import { describePause } from '../rollout/hooks.js';
import { codeDeployMessage } from '../strategies/code-deploy/report.js';
import { broughtAlong, describeSetback, failedUpdates } from '../tasks/report-around.js';
import { primaryDefinitionArn } from '../primary.js';

/** The outcome in one sentence where a rollback was what was asked for. */
export function rolledBackAsAsked(observed: Observed, applied: Applied): string {
  const revision = shortName(applied.taskDefinitionArn);
  return `${observed.service.name} was rolled back from ${revision} to ${nowRunning(applied, observed)}, as asked`;
}

/** The outcome of a deploy in one sentence. */
export function messageOf(outcome: Outcome, observed: Observed, applied: Applied): string {
  const { setback } = applied.around;
  if (setback !== undefined) {
    return describeSetback(setback, {
      service: observed.service.name,
      revision: shortName(applied.taskDefinitionArn),
      running: shortName(observed.running.arn),
    });
  }
  const takenBack = takenBackMessage(applied.takenBack, observed.target);
  return `${rolloutMessage(outcome, observed, applied)}${takenBack}${tasksMessage(applied)}`;
}

/** What became of the tasks of the contract, to be put behind what became of the service. */
export function tasksMessage({ around }: Pick<Applied, 'around'>): string {
  const brought = broughtAlong(around);
  const behind = failedUpdates(around);
  const left =
    behind.length === 0
      ? ''
      : `; but ${behind.join(', ')} could not be brought to it and keep their revision`;
  const tasks = brought.length === 0 ? '' : `; so do ${brought.join(', ')}`;
  return `${tasks}${left}`;
}

function rolloutMessage(outcome: Outcome, observed: Observed, applied: Applied): string {
  const { service, target } = observed;
  const { followed, proof, supersededBy } = applied;
  const revision = shortName(applied.taskDefinitionArn);
  if (supersededBy !== undefined) {
    return `${service.name} was brought to ${supersededBy} meanwhile, by somebody else: it was not brought to ${revision}, and nothing was changed`;
  }
  const cause = because(followed?.diagnosis);
  const byCodeDeploy =
    applied.codeDeploy === undefined || proof?.kind === 'different'
      ? undefined
      : codeDeployMessage(
          outcome,
          { serviceName: service.name, revision, before: shortName(observed.running.arn) },
          applied.codeDeploy,
        );
  if (byCodeDeploy !== undefined) return byCodeDeploy;
  const stop = `aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn ${followed?.serviceDeployment?.arn ?? '<arn>'}`;
  switch (outcome) {
    case 'succeeded': {
      const took = Math.round(followed?.durationSeconds ?? 0);
      return followed?.service.desiredCount === 0
        ? `${service.name} is set to ${revision}, but its desired count is 0: no task ran, so this verifies nothing`
        : `${service.name} runs ${revision} after ${took} s`;
    }
    case 'no-op':
      return `${service.name} runs this already (${revision})`;
    case 'started':
      return `${service.name} is being rolled out to ${revision}; "wait: false" does not follow it${observed.around.tasks.length === 0 ? '' : ', and its tasks keep their revision'}`;
    case 'failed':
      if (proof?.kind === 'different') {
        const wrong = proof.differences.map(
          (one) => `container ${one.container} runs ${one.running} instead of ${one.wanted}`,
        );
        return `${service.name} was rolled out, but not with the image that was asked for: ${wrong.join('; ')}; nothing was rolled back, command "rollback" does that`;
      }
      return `${service.name} failed to roll out ${revision}${cause}`;
    case 'rolled-back':
      return `${service.name} failed to roll out ${revision} and ${followed?.gaveUp === undefined ? 'ECS' : 'was'} rolled back to ${nowRunning(applied, observed)}${cause}`;
    case 'paused':
      return `the rollout of ${revision} to ${service.name} is paused${followed?.pause === undefined ? '' : describePause(followed.pause)}; to go on: command "continue"`;
    case 'superseded':
      return `the rollout of ${revision} was superseded by ${followed?.supersededBy ?? 'another one'}: its own verdict is unknown`;
    case 'stopped':
      return `the rollout of ${revision} was stopped by hand${followed?.statusReason === undefined ? '' : `: ${followed.statusReason}`}; ${service.name} runs ${nowRunning(applied, observed)}`;
    case 'timed-out':
      return `${service.name} has not rolled out ${revision} within the time limit${cause}. ${afterwards(followed, `${service.name} runs ${nowRunning(applied, observed)}`, stop)}`;
    case 'unknown':
      return `what becomes of the rollout of ${revision} to ${service.name} is not known, for ECS cannot be asked any more: ${followed?.statusReason ?? ''}${cause}. ${afterwards(followed, undefined, stop)}. Command "status" tells what the service runs`;
    case 'cancelled':
      return applied.cancelledEarly || applied.own === undefined
        ? `cancelled before ${target.serviceName} was touched`
        : `cancelled: nobody follows the rollout of ${revision} any more. ${afterwards(followed, undefined, stop)}`;
    case 'dry-run':
      return 'dry run';
  }
}

/** What became of a rollout that nobody waits for any more. */
function afterwards(
  followed: Followed | undefined,
  rolledBack: string | undefined,
  stop: string,
): string {
  switch (followed?.gaveUp?.answer.kind) {
    case 'stopping':
      return followed.serviceDeployment?.status === 'ROLLBACK_SUCCESSFUL' &&
        rolledBack !== undefined
        ? `It was rolled back: ${rolledBack}`
        : 'ECS was asked to roll it back, and does so by itself';
    case 'too-late':
      return 'ECS had ended it already';
    case 'refused':
    case undefined:
      return `ECS goes on with it; to stop it: ${stop}`;
  }
}

function because(diagnosis: Diagnosis | undefined): string {
  return diagnosis === undefined ? '' : `: ${explainDiagnosis(diagnosis)}`;
}

export function nowRunning(applied: Applied, observed: Observed): string {
  const service = applied.followed?.service;
  return shortName((service && primaryDefinitionArn(service)) ?? observed.running.arn);
}
