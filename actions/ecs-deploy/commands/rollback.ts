import { UserError } from '../../shared/errors.js';
import type { InputReader } from '../../shared/inputs.js';
import { carryOutPlan } from '../carry-out-plan.js';
import type { CommonInputs } from '../inputs.js';
import { readCodeDeploy, type CodeDeployInputs } from '../inputs/code-deploy.js';
import { readRollout, type RolloutInputs } from '../inputs/rollout.js';
import { shortName, type RegisteredDefinition, type ServiceDeploymentBrief } from '../model.js';
import { observeRunning, withDefinition, type Origin } from '../observe.js';
import type { Observed, Plan, Step } from '../plan.js';
import { refuseUnsupported } from '../plan/guards.js';
import { releaseCurrent, releaseFacts } from '../release-steps.js';
import type { DeployPorts } from '../ports.js';
import { reportRollback, type Report } from '../report.js';
import { primaryOf } from '../primary.js';
import { leftAlone } from '../rollout/give-up.js';
import { isGoing } from '../rollout/judge.js';
import { longestRolloutMs } from '../rollout/longest-rollout.js';
import { lastGoodRevision, type GoodRevision } from '../rollout/release-history.js';
import { observeTasksToTakeBack, taskUpdateSteps } from '../tasks/around.js';
import { rollbackCodeDeploy } from './code-deploy/rollback.js';

export interface RollbackInputs extends CommonInputs, RolloutInputs {
  readonly command: 'rollback';
  readonly dryRun: boolean;
  readonly codeDeploy: CodeDeployInputs;
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
    codeDeploy: readCodeDeploy(reader),
    ...readRollout(reader),
  };
}

/** What a service goes back from, and to. */
export type RollbackWay =
  /** A rollout that goes on is stopped, unless it goes back already: ECS rolls back by itself. */
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
  const found = await observeRunning(ports, inputs.target, origin);
  refuseUnsupported(found.service, found.target);
  const around = await observeTasksToTakeBack(ports, found.target);
  const running: Observed = { ...found, around };
  const named = await findNamed(ports, inputs.revision);
  if (running.service.controller === 'CODE_DEPLOY') {
    return rollbackCodeDeploy(ports, inputs, running, named);
  }
  const way = await findWay(ports, named, running);
  const observed =
    way.kind === 'stop'
      ? running
      : withDefinition(running, way.to.definition, shortName(way.to.definition.arn));
  const plan = planRollback(observed, way, inputs);
  return carryOutPlan(ports, leftAlone(inputs), { observed, plan }, reportRollback);
}

/** @throws UserError `task-definition-missing` */
async function findNamed(
  { ecs }: Pick<DeployPorts, 'ecs'>,
  revision: string | undefined,
): Promise<RegisteredDefinition | undefined> {
  if (revision === undefined) return undefined;
  const found = await ecs.describeTaskDefinition(revision);
  if (found !== undefined && found.definition['status'] !== 'INACTIVE') return found;
  throw new UserError({
    code: 'task-definition-missing',
    message: `there is no active task definition "${revision}"`,
    at: { input: 'revision' },
  });
}

async function findWay(
  ports: DeployPorts,
  named: RegisteredDefinition | undefined,
  { target, service, running }: Observed,
): Promise<RollbackWay> {
  const { cluster, serviceName } = target;
  if (named !== undefined) {
    const reason = 'the revision that was asked for';
    return { kind: 'revision', to: { definition: named, reason } };
  }
  const sinceMs = ports.clock.now() - longestRolloutMs;
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

const goesBackAlready: ReadonlySet<string> = new Set([
  'STOP_REQUESTED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
]);

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
        ...(goesBackAlready.has(way.deployment.status)
          ? []
          : [
              {
                kind: 'stop-deployment' as const,
                serviceDeploymentArn: way.deployment.arn,
                reason: `the rollout of ${shortName(observed.running.arn)} is going on: ECS goes back to what ran before`,
              },
            ]),
        ...(primary === undefined
          ? []
          : follow({
              kind: 'follow',
              deployment: {
                id: primary.id,
                taskDefinitionArn: primary.taskDefinitionArn,
                createdAtMs: primary.createdAtMs,
              },
              // Once ECS goes back, the primary deployment is the old one: not what is followed.
              serviceDeploymentArn: way.deployment.arn,
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
      ...(wait ? taskUpdateSteps({ ...observed, definition: definition.definition }) : []),
    ],
  };
}
