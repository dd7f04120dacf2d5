import { UserError } from '../../../shared/errors.js';
import type { AnswerInputs } from '../../inputs/continue.js';
import { shortName, type ServiceDeployment } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import { describeStage, hasPassed } from '../../rollout/stages.js';
import type { Target } from '../../target.js';

/** The deployment that pauses, or has paused. */
export interface FoundPause {
  readonly deployment: ServiceDeployment;
  /** Absent: the pause has been answered already. */
  readonly hookId: string | undefined;
}

/** "View service history using Amazon ECS service deployments": the history of 90 days. */
const historyMs = 90 * 86_400_000;

/**
 * Finds the pause that the inputs mean: the one named, or the only one that awaits an action.
 *
 * @throws UserError `nothing-awaiting`, with what the deployment does now, `hook-ambiguous`,
 * `service-deployment-missing`, `service-deployment-foreign`
 */
export async function findPause(
  ports: Pick<DeployPorts, 'ecs' | 'clock'>,
  target: Target,
  inputs: AnswerInputs,
): Promise<FoundPause> {
  const deployment = await findDeployment(ports, target, inputs);
  const awaiting = awaitingHooks(deployment);
  if (inputs.hookId !== undefined) {
    const { hookId } = inputs;
    return { deployment, hookId: awaiting.includes(hookId) ? hookId : undefined };
  }
  const [only, ...more] = awaiting;
  if (more.length > 0) {
    throw new UserError({
      code: 'hook-ambiguous',
      message: `several pauses of ${deployment.arn} await an action`,
      at: { input: 'hook-id' },
      hint: `one of ${awaiting.join(', ')}`,
    });
  }
  const answered = inputs.serviceDeploymentArn !== undefined || hasPaused(deployment);
  if (only === undefined && !answered) throw nothingAwaiting(target, deployment);
  return { deployment, hookId: only };
}

async function findDeployment(
  { ecs, clock }: Pick<DeployPorts, 'ecs' | 'clock'>,
  target: Target,
  inputs: AnswerInputs,
): Promise<ServiceDeployment> {
  const { cluster, serviceName } = target;
  const given = inputs.serviceDeploymentArn;
  if (given !== undefined) {
    const [ofCluster, ofService] = given.split('/').slice(1);
    if (ofCluster !== shortName(cluster) || ofService !== serviceName) {
      throw new UserError({
        code: 'service-deployment-foreign',
        message: `${given} belongs to another service than ${serviceName} of cluster ${shortName(cluster)}`,
        at: { input: 'service-deployment-arn' },
      });
    }
    const found = await ecs.describeServiceDeployment(given);
    if (found !== undefined) return found;
    throw missing(`there is no service deployment ${given}`);
  }
  const all = await ecs.listServiceDeployments(cluster, serviceName, clock.now() - historyMs);
  const brief = all.find(({ status }) => status === 'IN_PROGRESS') ?? all[0];
  const found = brief && (await ecs.describeServiceDeployment(brief.arn));
  if (found !== undefined) return found;
  throw missing(`service ${serviceName} has no service deployment`);
}

function missing(message: string): UserError {
  return new UserError({
    code: 'service-deployment-missing',
    message,
    hint: 'ECS keeps them for 90 days',
  });
}

function awaitingHooks({ status, shift }: ServiceDeployment): readonly string[] {
  if (status !== 'IN_PROGRESS') return [];
  return (shift?.hooks ?? [])
    .filter((hook) => hook.kind === 'pause' && hook.status === 'AWAITING_ACTION')
    .map(({ id }) => id);
}

/** Whether the deployment, which still goes on, is past a pause: somebody has answered that. */
function hasPaused({ status, shift }: ServiceDeployment): boolean {
  if (status !== 'IN_PROGRESS' || shift === undefined) return false;
  const { stage, hooks, configuredHooks } = shift;
  return (
    hooks.some(({ kind }) => kind === 'pause') ||
    configuredHooks.some(
      ({ kind, stages }) => kind === 'pause' && stages.some((at) => hasPassed(at, stage)),
    )
  );
}

function nothingAwaiting({ serviceName }: Target, deployment: ServiceDeployment): UserError {
  const { arn, status, shift } = deployment;
  const stage = shift === undefined ? 'a rolling update' : describeStage(shift);
  const now = status === 'IN_PROGRESS' && stage !== undefined ? `${status}, ${stage}` : status;
  const pauses = shift?.configuredHooks.filter(({ kind }) => kind === 'pause') ?? [];
  return new UserError({
    code: 'nothing-awaiting',
    message: `no pause of service ${serviceName} awaits an action; its last deployment ${arn} is ${now}`,
    hint:
      pauses.length === 0
        ? 'that deployment has no PAUSE hook'
        : `it pauses in ${pauses.flatMap(({ stages }) => stages).join(', ')}`,
  });
}
