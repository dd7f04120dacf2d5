import type { InputReader } from '../../shared/inputs.js';
import type { CommonInputs } from '../inputs.js';
import { readRollout, type RolloutInputs } from '../inputs/rollout.js';
import { shortName } from '../model.js';
import { apply } from '../effects.js';
import { observeRunning, type Origin } from '../observe.js';
import { refuseCodeDeploy, refuseUnsupported, type Observed, type Plan } from '../plan.js';
import type { DeployPorts } from '../ports.js';
import { reportDeploy, reportDryRun, type Report } from '../report.js';
import { tellPlan } from '../tell-plan.js';

export interface RestartInputs extends CommonInputs, RolloutInputs {
  readonly command: 'restart';
  readonly dryRun: boolean;
}

export function readRestart(reader: InputReader, common: CommonInputs): RestartInputs {
  return {
    command: 'restart',
    ...common,
    dryRun: reader.boolean('dry-run', false),
    ...readRollout(reader),
  };
}

/** Replaces the tasks of a service with new ones of the same revision, and follows that. */
export async function restart(
  ports: DeployPorts,
  inputs: RestartInputs,
  origin: Origin,
): Promise<Report> {
  const observed = await observeRunning(ports, inputs.target, origin);
  const plan = planRestart(observed, inputs);
  if (inputs.dryRun) return reportDryRun(observed, plan);
  await tellPlan(ports, plan);
  return reportDeploy(observed, plan, await apply(ports, inputs, observed, plan));
}

/** Pure. @throws UserError `service-unsupported` */
export function planRestart(observed: Observed, { wait }: { readonly wait: boolean }): Plan {
  refuseUnsupported(observed.service, observed.target);
  refuseCodeDeploy(
    observed.service,
    'stop its tasks one by one with "aws ecs stop-task": the service replaces them',
  );
  const { running } = observed;
  return {
    definition: running.definition,
    upToDate: false,
    steps: [
      {
        kind: 'update-service',
        taskDefinitionArn: running.arn,
        desiredCount: undefined,
        forceNewDeployment: true,
        reason: `new tasks of ${shortName(running.arn)}`,
      },
      ...(wait
        ? [
            {
              kind: 'follow' as const,
              deployment: undefined,
              reason: 'to the end of our own deployment',
            },
          ]
        : []),
    ],
  };
}
