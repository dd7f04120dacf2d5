import { apply, type Applied } from '../effects.js';
import type { DeployInputs } from '../inputs.js';
import { observe, type Origin } from '../observe.js';
import { plan, type Observed, type Plan } from '../plan.js';
import type { DeployPorts } from '../ports.js';
import { reportDeploy, reportDryRun, type Report } from '../report.js';
import { tellPlan } from '../tell-plan.js';
import { deploySeveral } from './deploy-several.js';

/** A deploy of one service that nothing speaks against. */
export interface Prepared {
  readonly inputs: DeployInputs;
  readonly observed: Observed;
  readonly plan: Plan;
}

/** What became of it. */
export interface CarriedOut extends Prepared {
  readonly applied: Applied;
  readonly report: Report;
}

/** Rolls an image out to the service that the inputs name, or to all of them together. */
export async function deploy(
  ports: DeployPorts,
  inputs: DeployInputs,
  origin: Origin,
): Promise<Report> {
  if (inputs.targets.length > 1) {
    return deploySeveral(ports, inputs, { prepare: (p, i) => prepare(p, i, origin), carryOut });
  }
  const prepared = await prepare(ports, inputs, origin);
  if (inputs.dryRun) return reportDryRun(prepared.observed, prepared.plan);
  return (await carryOut(ports, prepared)).report;
}

async function prepare(
  ports: DeployPorts,
  inputs: DeployInputs,
  origin: Origin,
): Promise<Prepared> {
  const observed = await observe(ports, inputs, origin);
  return { inputs, observed, plan: plan(observed, inputs) };
}

async function carryOut(ports: DeployPorts, prepared: Prepared): Promise<CarriedOut> {
  const { inputs, observed } = prepared;
  await tellPlan(ports, prepared.plan);
  const applied = await apply(ports, inputs, observed, prepared.plan);
  return { ...prepared, applied, report: reportDeploy(observed, prepared.plan, applied) };
}
