import { UserError } from '../../shared/errors.js';
import type { InputReader } from '../../shared/inputs.js';
import { apply } from '../effects.js';
import type { CommonInputs } from '../inputs.js';
import { readRollout, type RolloutInputs } from '../inputs/rollout.js';
import { shortName, type ServiceDeploymentBrief } from '../model.js';
import { observeRunning, withDefinition, type Origin } from '../observe.js';
import {
  refuseCodeDeploy,
  refuseUnsupported,
  releaseFacts,
  type Observed,
  type Plan,
  type Step,
} from '../plan.js';
import { releaseCurrent } from '../release-steps.js';
import type { DeployPorts } from '../ports.js';
import { reportDryRun, reportRollback, type Report } from '../report.js';
import { isGoing, primaryOf } from '../rollout/judge.js';
import { lastGoodRevision, type GoodRevision } from '../rollout/release-history.js';
import { tellPlan } from '../tell-plan.js';

export interface RollbackInputs extends CommonInputs, RolloutInputs {
  readonly command: 'rollback';
  readonly dryRun: boolean;
  /** A family with its revision, or an ARN; absent: the last that was rolled out with success. */
  readonly revision: string | undefined;
}

export function readRollback(reader: InputReader, common: CommonInputs): RollbackInputs {
  return {
    command: 'rollback',
    ...common,
    revision: reader.matching(
      'revision',
      /^(?:arn:[^\s]+:task-definition\/)?[A-Za-z0-9_-]+:\d+$/,
      'a revision such as web:7, or its ARN',
    ),
    dryRun: reader.boolean('dry-run', false),
    ...readRollout(reader),
  };
}

/** What a service goes back from, and to. */
export type RollbackWay =
  /** A rollout that goes on is stopped: ECS then rolls back by itself. */
  | { readonly kind: 'stop'; readonly deployment: ServiceDeploymentBrief }
  | { readonly kind: 'revision'; readonly to: GoodRevision };

/**
 * Takes a service back: stops the rollout that is going on, or rolls out the last revision that was
 * rolled out with success before the one that runs.
 */
export async function rollback(
  ports: DeployPorts,
  inputs: RollbackInputs,
  origin: Origin,
): Promise<Report> {
  const running = await observeRunning(ports, inputs.target, origin);
  refuseUnsupported(running.service, running.target);
  refuseCodeDeploy(
    running.service,
    'stop its deployment with "aws deploy stop-deployment --auto-rollback-enabled", or deploy the image of the earlier release',
  );
  const way = await findWay(ports, inputs, running);
  const observed =
    way.kind === 'stop'
      ? running
      : withDefinition(running, way.to.definition, shortName(way.to.definition.arn));
  const plan = planRollback(observed, way, inputs);
  if (inputs.dryRun) return reportDryRun(observed, plan);
  await tellPlan(ports, plan);
  return reportRollback(observed, plan, await apply(ports, leftAlone(inputs), observed, plan));
}

/** What is stopped on its way back would go forward again. */
function leftAlone(inputs: RollbackInputs): RollbackInputs {
  return { ...inputs, onCancel: 'leave' };
}

async function findWay(
  ports: DeployPorts,
  { revision }: RollbackInputs,
  { target, service, running }: Observed,
): Promise<RollbackWay> {
  const { cluster, serviceName } = target;
  if (revision !== undefined) {
    const definition = await ports.ecs.describeTaskDefinition(revision);
    if (definition !== undefined && definition.definition['status'] !== 'INACTIVE') {
      return { kind: 'revision', to: { definition, reason: 'the revision that was asked for' } };
    }
    throw new UserError({
      code: 'task-definition-missing',
      message: `there is no active task definition "${revision}"`,
      at: { input: 'revision' },
    });
  }
  // A day more than the longest bake and pause; older ones have ended.
  const sinceMs = ports.clock.now() - 31 * 24 * 3_600_000;
  const [newest] = await ports.ecs.listServiceDeployments(cluster, serviceName, sinceMs);
  if (newest !== undefined && isGoing(newest.status)) return { kind: 'stop', deployment: newest };
  const to = await lastGoodRevision(ports, {
    cluster,
    name: service.name,
    runningArn: running.arn,
    placeholderFamily: target.contract?.templateFamily,
  });
  return { kind: 'revision', to };
}

/** Pure; the dry run prints its steps. */
export function planRollback(
  observed: Observed,
  way: RollbackWay,
  { wait }: { readonly wait: boolean },
): Plan {
  const follow = (step: Extract<Step, { kind: 'follow' }>): readonly Step[] => (wait ? [step] : []);
  if (way.kind === 'stop') {
    const primary = primaryOf(observed.service);
    return {
      definition: observed.running.definition,
      upToDate: false,
      steps: [
        {
          kind: 'stop-deployment',
          serviceDeploymentArn: way.deployment.arn,
          reason: `the rollout of ${shortName(observed.running.arn)} is going on: ECS goes back to what ran before`,
        },
        ...(primary === undefined
          ? []
          : follow({
              kind: 'follow',
              deployment: {
                id: primary.id,
                taskDefinitionArn: primary.taskDefinitionArn,
                createdAtMs: primary.createdAtMs,
              },
              reason: 'to the end of the rollback',
            })),
      ],
    };
  }
  const { definition, reason } = way.to;
  return {
    definition: definition.definition,
    upToDate: false,
    steps: [
      {
        kind: 'update-service',
        taskDefinitionArn: definition.arn,
        desiredCount: undefined,
        forceNewDeployment: definition.arn === observed.running.arn,
        reason,
      },
      ...follow({
        kind: 'follow',
        deployment: undefined,
        reason: 'to the end of our own deployment',
      }),
      ...(wait ? releaseCurrent(releaseFacts(observed), false) : []),
    ],
  };
}
