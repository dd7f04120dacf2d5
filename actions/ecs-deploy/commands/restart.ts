import { carryOutPlan } from '../carry-out-plan.js';
import type { InputReader } from '../../shared/inputs.js';
import type { CommonInputs } from '../inputs.js';
import { readCodeDeploy, type CodeDeployInputs } from '../inputs/code-deploy.js';
import { readRollout, type RolloutInputs } from '../inputs/rollout.js';
import { shortName } from '../model.js';
import { observeRunning, type Origin } from '../observe.js';
import type { Observed, Plan } from '../plan.js';
import { refuseUnsupported } from '../plan/guards.js';
import type { DeployPorts } from '../ports.js';
import { reportDeploy, type Report } from '../report.js';
import { restartCodeDeploy } from './code-deploy/restart.js';

export interface RestartInputs extends CommonInputs, RolloutInputs {
  readonly command: 'restart';
  readonly dryRun: boolean;
  readonly codeDeploy: CodeDeployInputs;
}

export function readRestart(reader: InputReader, common: CommonInputs): RestartInputs {
  return {
    command: 'restart',
    ...common,
    dryRun: reader.boolean('dry-run', false),
    codeDeploy: readCodeDeploy(reader),
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
  if (observed.service.controller === 'CODE_DEPLOY') {
    refuseUnsupported(observed.service, observed.target);
    return restartCodeDeploy(ports, inputs, observed);
  }
  const plan = planRestart(observed, inputs);
  return carryOutPlan(ports, inputs, { observed, plan }, reportDeploy);
}

/** Pure. @throws UserError `service-unsupported` */
export function planRestart(observed: Observed, { wait }: { readonly wait: boolean }): Plan {
  refuseUnsupported(observed.service, observed.target);
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
