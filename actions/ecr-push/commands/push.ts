import { writeSummary } from '../../shared/summary.js';
import { apply, dryRunResult } from '../apply.js';
import type { CommandResult } from '../command-result.js';
import type { PushInputs } from '../inputs.js';
import { observe } from '../observe.js';
import { plan } from '../plan.js';
import type { Ports } from '../ports.js';
import { describeSteps, dryRunMarkdown, report } from '../report.js';
import type { PushResult } from '../result.js';
import { reportGate, type GateReport } from '../scan/gate-report.js';
import { judge } from '../scan/judge.js';
import type { Prepared } from '../source.js';

/** The whole push from what was found on the machine on. */
export async function push(
  ports: Ports,
  inputs: PushInputs,
  prepared: Prepared,
  accountId: string,
): Promise<CommandResult> {
  const observed = await observe(ports.ecr, inputs, prepared, accountId);
  const steps = plan(inputs, observed);
  await ports.log.group('Plan', () => {
    for (const line of [...prepared.notes, ...describeSteps(steps)]) ports.log.info(line);
    return Promise.resolve();
  });
  const result = inputs.dryRun
    ? dryRunResult(prepared, observed)
    : await apply(ports, inputs, prepared, observed, steps);
  const gate = gateOf(ports, inputs, result);
  const { outputs, markdown, headline } = report(result, gate);
  await writeSummary(inputs.dryRun ? `${markdown}\n${dryRunMarkdown(steps)}` : markdown);
  ports.log.info(headline);
  for (const warning of gate?.warnings ?? []) ports.log.warning(warning);
  return { outputs, failure: gate?.failure };
}

function gateOf(
  { clock }: Ports,
  { scan, dryRun }: PushInputs,
  { repositories }: PushResult,
): GateReport | undefined {
  if (scan === undefined || dryRun) return undefined;
  const images = repositories.flatMap(({ scans }) => scans);
  return reportGate(judge(scan, images, clock.now()));
}
