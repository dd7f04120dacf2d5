import type { RolloutInputs } from '../inputs/rollout.js';
import { goBack } from '../strategies/code-deploy/way-back.js';
import type { Observed, Plan } from '../plan.js';
import { isPlaceholder } from '../placeholder.js';
import type { RegisteredDefinition } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { primaryTaskSet } from '../primary.js';
import { explainDiagnosis, type Diagnosis } from '../rollout/diagnosis.js';
import { rollBack, type RolledBack } from '../rollout/roll-back.js';
import { smokeCheck, type SmokeCheck, type SmokeResult } from '../rollout/smoke-check.js';
import type { AroundStep } from './around.js';
import { noContainer } from './explain.js';
import { updateTask, type TaskUpdateResult } from './live-families.js';
import { runOneOff, type OneOffResult } from './one-off.js';
import { overridesOf, startedByOf, taskTags } from './placement.js';

/** What the steps around a rollout have led to. */
export interface AroundResult {
  readonly oneOffs: readonly DeployTaskResult[];
  readonly smoke: SmokeResult | undefined;
  /** Present where a step undid the deploy, or ended it. */
  readonly setback: Setback | undefined;
  readonly updates: readonly TaskUpdateResult[];
}

export interface DeployTaskResult {
  readonly when: 'pre-deploy' | 'post-deploy';
  readonly result: OneOffResult;
}

export interface Setback {
  readonly by: 'pre-deploy' | 'post-deploy' | 'smoke-check';
  readonly outcome: 'failed' | 'rolled-back' | 'superseded' | 'cancelled';
  /** What went wrong, in one sentence. */
  readonly cause: string;
  readonly diagnosis: Diagnosis | undefined;
  /** Absent where the service was not touched, or has nothing to go back to. */
  readonly rolledBack: RolledBack | undefined;
}

export interface AroundRun {
  /** Carries one step out; false ends the deploy. */
  carryOut(step: AroundStep, taskDefinitionArn: string): Promise<boolean>;
  result(): AroundResult;
}

type FollowInputs = RolloutInputs & { readonly logLines: number };

/** Nothing was done around a rollout. */
export const nothingAround: AroundResult = {
  oneOffs: [],
  smoke: undefined,
  setback: undefined,
  updates: [],
};

export function openAround(
  ports: DeployPorts,
  inputs: FollowInputs,
  observed: Observed,
  plan: Plan,
): AroundRun {
  const oneOffs: DeployTaskResult[] = [];
  const updates: TaskUpdateResult[] = [];
  let smoke: SmokeResult | undefined;
  let setback: Setback | undefined;

  async function runTask(
    step: Extract<AroundStep, { kind: 'run-task' }>,
    taskDefinitionArn: string,
  ): Promise<boolean> {
    const { when, container, command, placement, timeoutMinutes } = step;
    const { definition } = plan;
    // Not folded: a group would hide the log while the task runs.
    ports.log.info(`${when} in container ${container}: ${JSON.stringify(command)}`);
    const result = await runOneOff(ports, {
      cluster: observed.target.cluster,
      taskDefinitionArn,
      definition,
      placement,
      overrides: overridesOf(definition, {
        container,
        command,
        roles: observed.target.contract?.taskRoles,
      }),
      startedBy: startedByOf(when, observed.origin),
      tags: taskTags(when, observed.origin),
      pollIntervalSeconds: inputs.pollIntervalSeconds,
      timeoutMinutes,
      logLines: inputs.logLines,
    });
    oneOffs.push({ when, result });
    if (result.outcome === 'succeeded') return true;
    const { diagnosis } = result;
    const cause = `${when} failed: ${diagnosis === undefined ? 'the job was cancelled' : explainDiagnosis(diagnosis)}`;
    setback = await undo(when, taskDefinitionArn, cause, diagnosis, result.outcome === 'cancelled');
    return false;
  }

  async function checkSmoke(check: SmokeCheck, taskDefinitionArn: string): Promise<boolean> {
    smoke = await smokeCheck(ports, check);
    if (smoke.outcome === 'passed') return true;
    const cause = `the smoke check failed: ${smoke.url} ${smoke.problem ?? ''}`;
    const diagnosis = noContainer({ code: 'smoke-check', cause });
    setback = await undo(
      'smoke-check',
      taskDefinitionArn,
      cause,
      diagnosis,
      smoke.outcome === 'cancelled',
    );
    return false;
  }

  async function undo(
    by: Setback['by'],
    taskDefinitionArn: string,
    cause: string,
    diagnosis: Diagnosis | undefined,
    cancelled: boolean,
  ): Promise<Setback> {
    const ended = { by, cause, diagnosis, rolledBack: undefined };
    // A cancelled job has no time for a way back, and the revision itself has proven to run.
    if (cancelled) return { ...ended, outcome: 'cancelled' };
    if (by === 'pre-deploy') return { ...ended, outcome: 'failed' };
    const previous = await previousRelease(ports, observed, taskDefinitionArn);
    if (previous === undefined) return { ...ended, outcome: 'failed' };
    const { cluster, serviceName } = observed.target;
    const { codeDeploy, origin } = observed;
    const rolledBack =
      codeDeploy === undefined
        ? await rollBack(ports, {
            ...{ cluster, serviceName, previous, reason: cause, fromArn: taskDefinitionArn },
            logLines: inputs.logLines,
            pollIntervalSeconds: inputs.pollIntervalSeconds,
            timeoutMinutes: inputs.timeoutMinutes,
          })
        : await goBack(ports, {
            ...{ cluster, serviceName, previous, reason: cause, inputs, origin },
            observed: codeDeploy,
            fromArn: taskDefinitionArn,
          });
    const outcomes = { done: 'rolled-back', superseded: 'superseded', failed: 'failed' } as const;
    return { ...ended, outcome: outcomes[rolledBack.kind], rolledBack };
  }

  return {
    carryOut(step, taskDefinitionArn) {
      switch (step.kind) {
        case 'run-task':
          return runTask(step, taskDefinitionArn);
        case 'smoke-check':
          return checkSmoke(step.check, taskDefinitionArn);
        case 'update-task':
          return updateTask(ports, step.update).then((result) => {
            updates.push(result);
            return true;
          });
      }
    },
    result: () => ({ oneOffs, smoke, setback, updates }),
  };
}

/**
 * What the service ran before this deploy, by a deployment that had been completed, or else by the
 * record of the last release; `undefined` for a first release, whose placeholder runs nothing.
 */
async function previousRelease(
  ports: Pick<DeployPorts, 'ecs'>,
  observed: Observed,
  ownArn: string,
): Promise<RegisteredDefinition | undefined> {
  const { running, service, target } = observed;
  const completed = service.deployments.find(({ rolloutState }) => rolloutState === 'COMPLETED');
  const recorded = target.release?.current;
  const arn = [
    completed?.taskDefinitionArn,
    primaryTaskSet(service)?.taskDefinitionArn,
    recorded?.status === 'succeeded' ? recorded.taskDefinition : undefined,
  ].find((candidate) => candidate !== undefined && candidate !== ownArn);
  if (arn === undefined) return undefined;
  const previous = arn === running.arn ? running : await ports.ecs.describeTaskDefinition(arn);
  return previous === undefined || isPlaceholder(previous, target.contract) ? undefined : previous;
}
