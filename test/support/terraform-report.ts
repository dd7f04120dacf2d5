import { envFrom } from '../../actions/shared/env.js';
import { readInputs } from '../../actions/terraform-layer/inputs.js';
import { planRun, type RunPlan } from '../../actions/terraform-layer/plan.js';
import type { Stack } from '../../actions/terraform-layer/stacks/workspace.js';
import { layeredTree, load, withoutHistory, type Tree } from './stacks.js';

/** The plan of a run over all stacks of `environments`. */
export async function runPlanOf(
  command: string,
  tree: Tree = layeredTree(['dev', 'production']),
  environment = 'dev, production',
): Promise<RunPlan> {
  const values: Record<string, string> = { command, environment };
  const workspace = await load(tree);
  return planRun(
    readInputs((name) => values[name] ?? '', envFrom({})),
    {
      workspace,
      affected: undefined,
      history: withoutHistory(workspace),
      declaredVariables: new Map(),
      missingVarFiles: [],
    },
  );
}

/** Its stacks, in the order in which they are reported. */
export function stacksOf(plan: RunPlan): readonly Stack[] {
  return plan.stages.flatMap(({ stacks }) => stacks.map(({ stack }) => stack));
}
