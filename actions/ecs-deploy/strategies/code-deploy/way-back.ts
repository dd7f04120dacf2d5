import type { RegisteredDefinition, Service } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import { primaryTaskSet } from '../../primary.js';
import type { RolledBack } from '../../rollout/roll-back.js';
import { shortName } from '../../model.js';
import { OperationError } from '../../../shared/errors.js';
import type { IfBusy } from '../../inputs/code-deploy.js';
import type { AppSpecDraft } from './app-spec.js';
import type { DeploymentGroup } from './model.js';
import { findInFlight, type InFlight, type ObservedCodeDeploy } from './observe.js';
import { describeOrigin, type CodeDeployPlanRequest } from './plan.js';
import { openCodeDeployRun, type CodeDeployRunRequest } from './run.js';
import type { CodeDeployStep, Termination } from './steps.js';
import { openFirstRelease } from '../../rollout/first-release.js';
import { byItself } from '../../rollout/give-up.js';

/** How a service of CodeDeploy comes to another revision than the one that was deployed last. */
export type CodeDeployWay =
  /** The deployment in flight is stopped: CodeDeploy then goes back to what ran before. */
  | {
      readonly kind: 'stop';
      readonly deploymentId: string;
      readonly fromArn: string | undefined;
      readonly toArn: string;
    }
  /** CodeDeploy goes back already. */
  | { readonly kind: 'join'; readonly deploymentId: string }
  /** A deployment of its own. */
  | {
      readonly kind: 'deploy';
      readonly toArn: string;
      readonly appSpec: AppSpecDraft;
      readonly ifBusy: IfBusy;
      /** The deployment in flight that is stopped before. */
      readonly stopFirst?: Extract<CodeDeployWay, { readonly kind: 'stop' }>;
      readonly config?: string | undefined;
      readonly termination?: Termination;
    };

/** Pure. The steps of a way, whose last one follows it. */
export function stepsOfWay(
  way: CodeDeployWay,
  { application, name }: DeploymentGroup,
  origin: CodeDeployPlanRequest<never>['origin'],
  reason: string,
): readonly CodeDeployStep[] {
  const follow = {
    ...{ kind: 'follow-code-deploy' as const, application, group: name },
    termination: 'leave' as const,
  };
  const stop = ({ deploymentId, fromArn, toArn }: typeof way & { kind: 'stop' }) => ({
    ...{ kind: 'stop-code-deploy' as const, deploymentId, fromArn, toArn },
    reason,
  });
  const toTheEnd = 'to the end of the rollback';
  switch (way.kind) {
    case 'stop':
      return [stop(way), { ...follow, deploymentId: undefined, goesBack: true, reason: toTheEnd }];
    case 'join':
      return [{ ...follow, deploymentId: way.deploymentId, goesBack: true, reason: toTheEnd }];
    case 'deploy':
      return [
        ...(way.stopFirst === undefined ? [] : [stop(way.stopFirst)]),
        {
          ...{ kind: 'create-deployment', application, group: name },
          ...{ config: way.config, appSpec: way.appSpec, taskDefinitionArn: way.toArn },
          ...{ description: describeOrigin(origin), ifBusy: way.ifBusy, reason },
        },
        {
          ...follow,
          deploymentId: undefined,
          termination: way.termination ?? 'leave',
          reason: 'to the end of our own deployment',
        },
      ];
  }
}

/**
 * The way back from a deployment of ours: while CodeDeploy still has the old tasks, traffic is
 * moved back to them; later, the previous revision is deployed anew. Where somebody else brings it back
 * already, that is joined.
 */
export async function findWayBack(
  ports: Pick<DeployPorts, 'codeDeploy' | 'ecs' | 'log'>,
  { group, appSpec }: Pick<ObservedCodeDeploy, 'group' | 'appSpec'>,
  service: Pick<Service, 'taskSets'>,
  { fromArn, toArn }: { readonly fromArn: string; readonly toArn: string },
): Promise<CodeDeployWay> {
  const inFlight = await findInFlight(ports, group, service);
  return chooseWayBack(inFlight, appSpec, service, { fromArn, toArn });
}

/** Pure. */
function chooseWayBack(
  inFlight: InFlight | undefined,
  appSpec: AppSpecDraft,
  service: Pick<Service, 'taskSets'>,
  { fromArn, toArn }: { readonly fromArn: string; readonly toArn: string },
): CodeDeployWay {
  const isOurs =
    inFlight?.definition?.arn === fromArn && inFlight.deployment.rollsBackId === undefined;
  if (isOurs && originalOf(inFlight, service) === toArn) {
    return { kind: 'stop', deploymentId: inFlight.deployment.id, fromArn, toArn };
  }
  if (inFlight?.definition?.arn === toArn) {
    return { kind: 'join', deploymentId: inFlight.deployment.id };
  }
  // What somebody else has begun meanwhile is neither waited for nor undone.
  return { kind: 'deploy', toArn, appSpec, ifBusy: isOurs ? 'end-termination' : 'fail' };
}

/** What a deployment in flight replaces, as far as that can be known. */
export function originalOf(
  { originalArn, definition }: Pick<InFlight, 'originalArn' | 'definition'>,
  service: Pick<Service, 'taskSets'>,
): string | undefined {
  const other = service.taskSets.find(
    ({ status, taskDefinitionArn }) =>
      status !== 'DRAINING' && taskDefinitionArn !== definition?.arn,
  );
  return originalArn ?? other?.taskDefinitionArn ?? primaryTaskSet(service)?.taskDefinitionArn;
}

export interface WayBackRequest extends Omit<
  CodeDeployRunRequest,
  'definition' | 'images' | 'service' | 'known' | 'firstRelease'
> {
  readonly observed: ObservedCodeDeploy;
  readonly origin: CodeDeployPlanRequest<never>['origin'];
  /** What was deployed, and what the service ran before. */
  readonly fromArn: string;
  readonly previous: RegisteredDefinition;
  /** Why, in one sentence. */
  readonly reason: string;
}

/**
 * Takes a service of CodeDeploy back to the revision that it ran before, and follows that to its
 * end. What goes wrong on the way is in the result.
 */
export async function goBack(ports: DeployPorts, request: WayBackRequest): Promise<RolledBack> {
  const { cluster, serviceName, observed, origin, fromArn, previous, reason } = request;
  const to = previous.arn;
  const failed = (why: string): RolledBack => ({
    ...{ kind: 'failed', to, followed: undefined, reason: why },
  });
  try {
    const lookup = await ports.ecs.lookUpService(cluster, serviceName);
    if (lookup.kind !== 'found') return failed(`service ${serviceName} is gone`);
    const { service } = lookup;
    const inFlight = await findInFlight(ports, observed.group, service);
    const isThere = primaryTaskSet(service)?.taskDefinitionArn === to;
    if (inFlight === undefined && isThere) {
      ports.log.error(`${reason}: somebody else has taken it back to ${shortName(to)}`);
      return { kind: 'done', to, followed: undefined };
    }
    ports.log.error(`${reason}: rolling back to ${shortName(to)}`);
    const arns = { fromArn, toArn: to };
    const way = chooseWayBack(inFlight, observed.appSpec, service, arns);
    const run = openCodeDeployRun(ports, {
      ...{ cluster, serviceName, definition: previous.definition, images: {} },
      service,
      known: {
        group: observed.group,
        definitions: new Set([fromArn]),
        ...{ inFlightId: undefined, anyDefinition: false },
      },
      // A way back gives no count.
      firstRelease: openFirstRelease(ports, { cluster, serviceName, release: undefined }),
      inputs: byItself(request.inputs),
    });
    let followed;
    for (const step of stepsOfWay(way, observed.group, origin, reason)) {
      const state = await run.step(step, to);
      if (state.supersededBy !== undefined) {
        return { kind: 'superseded', to, by: state.supersededBy };
      }
      ({ followed } = state);
    }
    if (followed === undefined) return failed('the job was cancelled');
    return followed.outcome === 'succeeded' ||
      (way.kind === 'stop' && followed.outcome === 'stopped')
      ? { kind: 'done', to, followed }
      : { kind: 'failed', to, followed, reason: `the way back ended as ${followed.outcome}` };
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    return failed(thrown.message);
  }
}
