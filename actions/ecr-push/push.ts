import { writeSummary } from '../shared/summary.js';
import { apply, dryRunResult, observe, type Ports } from './effects.js';
import type { PushInputs } from './inputs.js';
import { plan } from './plan.js';
import { describeSteps, dryRunMarkdown, report } from './report.js';
import type { Source } from './source.js';

/** The whole push from what was found on the machine on: returns the step's outputs. */
export async function push(
  ports: Ports,
  inputs: PushInputs,
  source: Source,
  accountId: string,
): Promise<Readonly<Record<string, string>>> {
  const observed = await observe(ports, inputs, source, accountId);
  const steps = plan(inputs, observed);
  await ports.log.group('Plan', () => {
    for (const line of describeSteps(steps)) ports.log.info(line);
    return Promise.resolve();
  });
  const result = inputs.dryRun
    ? dryRunResult(inputs, source, observed)
    : await apply(ports, inputs, source, observed, steps);
  const { outputs, markdown, headline } = report(result);
  await writeSummary(inputs.dryRun ? `${markdown}\n${dryRunMarkdown(steps)}` : markdown);
  ports.log.info(headline);
  return outputs;
}
