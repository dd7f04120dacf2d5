import { writeSummary } from '../../shared/summary.js';
import { apply, dryRunResult } from '../apply.js';
import type { PushInputs } from '../inputs.js';
import { observe } from '../observe.js';
import { plan } from '../plan.js';
import type { Ports } from '../ports.js';
import { describeSteps, dryRunMarkdown, report } from '../report.js';
import type { Prepared } from '../source.js';

/** The whole push from what was found on the machine on: returns the step's outputs. */
export async function push(
  ports: Ports,
  inputs: PushInputs,
  prepared: Prepared,
  accountId: string,
): Promise<Readonly<Record<string, string>>> {
  const observed = await observe(ports.ecr, inputs, prepared, accountId);
  const steps = plan(inputs, observed);
  await ports.log.group('Plan', () => {
    for (const line of [...prepared.notes, ...describeSteps(steps)]) ports.log.info(line);
    return Promise.resolve();
  });
  const result = inputs.dryRun
    ? dryRunResult(prepared, observed)
    : await apply(ports, inputs, prepared, observed, steps);
  const { outputs, markdown, headline } = report(result);
  await writeSummary(inputs.dryRun ? `${markdown}\n${dryRunMarkdown(steps)}` : markdown);
  ports.log.info(headline);
  return outputs;
}
