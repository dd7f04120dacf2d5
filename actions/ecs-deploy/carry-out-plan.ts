import { apply, type Applied } from './effects.js';
import type { CommonInputs } from './inputs.js';
import type { RolloutInputs } from './inputs/rollout.js';
import type { Observed, Plan } from './plan.js';
import type { DeployPorts } from './ports.js';
import { reportDryRun, type Report } from './report.js';
import { tellPlan } from './tell-plan.js';

/** Carries a plan out and reports what became of it; a dry run only reports the plan. */
export async function carryOutPlan(
  ports: DeployPorts,
  inputs: RolloutInputs & Pick<CommonInputs, 'logLines'> & { readonly dryRun: boolean },
  { observed, plan }: { readonly observed: Observed; readonly plan: Plan },
  report: (observed: Observed, plan: Plan, applied: Applied) => Report,
): Promise<Report> {
  if (inputs.dryRun) return reportDryRun(observed, plan);
  await tellPlan(ports, plan);
  return report(observed, plan, await apply(ports, inputs, observed, plan));
}
