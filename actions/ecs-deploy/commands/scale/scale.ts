import { OperationError } from '../../../shared/errors.js';
import { isAccessDenied } from '../../aws/calls.js';
import type { ScaleInputs } from '../../inputs.js';
import type { Service } from '../../model.js';
import type { Origin } from '../../observe.js';
import type { DeployPorts } from '../../ports.js';
import type { Report } from '../../report.js';
import { collectEvidence, type Evidence } from '../../rollout/evidence.js';
import { primaryOf } from '../../primary.js';
import { findService, resolveTarget, type Target } from '../../target.js';
import { followCount, type FollowedCount } from './follow-count.js';
import { describeScaleStep, planScale, type ScaleObserved, type ScalePlan } from './plan.js';
import type { ScalingLimits } from './ports.js';
import { reportScale, reportScaleDryRun } from './report.js';

/**
 * Changes the number of tasks that a service is asked for.
 *
 * @throws UserError before anything is changed
 */
export async function scale(
  ports: DeployPorts,
  inputs: ScaleInputs,
  origin: Origin,
): Promise<Report> {
  const target = await resolveTarget(ports, inputs.target);
  const [service, limits] = await Promise.all([
    findService(ports, target),
    readLimits(ports, target),
  ]);
  const arn = primaryOf(service)?.taskDefinitionArn ?? service.taskDefinitionArn;
  const running = (await ports.ecs.describeTaskDefinition(arn)) ?? {
    arn,
    definition: {},
    tags: [],
  };
  const observed = { target, service, running, limits, origin, atMs: ports.clock.now() };
  const plan = planScale(observed, inputs.change, inputs);
  if (inputs.dryRun) return reportScaleDryRun(observed, plan);
  const followed = await apply(ports, inputs, observed, plan);
  return reportScale(observed, inputs.change, plan, followed);
}

async function readLimits(
  ports: Pick<DeployPorts, 'counts' | 'log'>,
  { cluster, serviceName }: Target,
): Promise<ScalingLimits | 'none' | 'unreadable'> {
  try {
    return (await ports.counts.limitsOf(cluster, serviceName)) ?? 'none';
  } catch (thrown) {
    if (!isAccessDenied(thrown)) throw thrown;
    ports.log.warning(
      `${(thrown as OperationError).message}: whether autoscaling allows the count, and leaves it, is unknown`,
    );
    return 'unreadable';
  }
}

async function apply(
  ports: DeployPorts,
  inputs: ScaleInputs,
  observed: ScaleObserved,
  plan: ScalePlan,
): Promise<FollowedCount | undefined> {
  const { cluster, serviceName } = observed.target;
  const evidence = inputs.wait ? await openEvidence(ports, inputs, observed) : undefined;
  let followed: FollowedCount | undefined;
  for (const step of plan.steps) {
    ports.log.info(describeScaleStep(step));
    switch (step.kind) {
      case 'set-limits':
        await ports.counts.setLimits(cluster, serviceName, step);
        break;
      case 'suspend-policies':
        await ports.counts.suspendPolicies(cluster, serviceName);
        break;
      case 'set-count':
        await ports.counts.setDesiredCount(cluster, serviceName, step.count);
        break;
      case 'tag-service':
        await tagService(ports, observed.service, step.tags);
        break;
      case 'follow':
        if (evidence === undefined) break;
        followed = await followCount(ports, {
          cluster,
          serviceName,
          count: step.count,
          before: observed.service,
          running: observed.running,
          evidence,
          knownEventIds: new Set(observed.service.events.map(({ id }) => id)),
          pollIntervalSeconds: inputs.pollIntervalSeconds,
          timeoutMinutes: inputs.timeoutMinutes,
        });
        break;
    }
  }
  return followed;
}

/** What failed before the change is not its doing. */
async function openEvidence(
  ports: DeployPorts,
  inputs: ScaleInputs,
  { target, service, running }: ScaleObserved,
): Promise<Evidence> {
  const evidence = collectEvidence(ports, {
    cluster: target.cluster,
    serviceName: target.serviceName,
    taskDefinitionArn: running.arn,
    deploymentId: primaryOf(service)?.id ?? '',
    definition: running.definition,
    logLines: inputs.logLines,
  });
  await evidence.gather(true);
  return evidence;
}

/** The count matters more than its record: the summary holds it too. */
async function tagService(
  ports: Pick<DeployPorts, 'ecs' | 'log'>,
  service: Service,
  tags: Parameters<DeployPorts['ecs']['tagResource']>[1],
): Promise<void> {
  try {
    await ports.ecs.tagResource(service.arn, tags);
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    ports.log.warning(`the count is changed, but not its record: ${thrown.message}`);
  }
}
